"""The part of a model that a measure depends on; whether it fails at all, and rare events can be estimated on it."""

from dataclasses import replace

from simulation.chain_states import check_markov
from simulation.decompose import is_monotone, node_of
from simulation.errors import NotApplicable
from simulation.laws import Exponential, Law
from simulation.model import Group, Measure, Model, Shows


def relevant_part(model: Model, measure: Measure) -> Model:
    """Return what a measure depends on: the groups it names, those that share crews with them, and their shocks."""
    names = set(measure.expression.names)
    while True:
        crews = {group.crew for group in model.groups if group.name in names} - {None}
        more = {group.name for group in model.groups if group.crew in crews}
        if more <= names:
            break
        names |= more
    shocks = [replace(shock, groups=tuple(name for name in shock.groups if name in names)) for shock in model.shocks]
    return replace(
        model,
        groups=tuple(group for group in model.groups if group.name in names),
        shocks=tuple(shock for shock in shocks if shock.groups),
        measures=(measure,),
    )


def never_fails(model: Model, measure: Measure) -> bool:
    """Say whether a measure holds whatever happens: also with every unit away that can be, none is too few."""
    if not is_monotone(node_of(measure.expression)):
        return False
    groups = [group for group in model.groups if group.name in measure.expression.names]
    return measure.expression.holds({group.name: _fewest(model, group, measure) for group in groups})


def _fewest(model: Model, group: Group, measure: Measure) -> int:
    """Return how many units of a group are good at the worst of times."""

    def harms(shows: Shows, law: Law) -> bool:
        return law.mean_hours > 0 and (shows is Shows.DOWN or not measure.counts_stale)

    shocks = [shock for shock in model.shocks if group.name in shock.groups]
    outages = [*group.outages, *(outage for shock in shocks for outage in shock.outages)]
    if any(harms(stage.shows, stage.law) for outage in outages for stage in outage.stages):
        return 0
    refresh = group.refresh
    return group.count - 1 if refresh is not None and harms(refresh.shows, refresh.law) else group.count


def check_rare(model: Model) -> None:
    """Raise NotApplicable where the part of any measure is no Markov chain that begins anew when all units are up."""
    for measure in model.measures:
        _check(relevant_part(model, measure))


def _check(part: Model) -> None:
    try:
        check_markov(part)
    except NotApplicable as error:
        raise NotApplicable(str(error).replace("exact chain", "rare events")) from error
    for group in part.groups:
        if not isinstance(group.failure, Exponential):
            law = type(group.failure).__name__.lower()
            raise NotApplicable(f"rare events: failure of {group.name!r} has law {law}, expected exponential")
    counts = {group.name: group.count for group in part.groups}
    (measure,) = part.measures
    if not measure.expression.holds(counts):
        raise NotApplicable(f"rare events: {measure.name} is not available even with every unit up")
