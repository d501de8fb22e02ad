"""The part of a model that a measure depends on, and whether rare events can be estimated on it."""

from dataclasses import replace

from simulation.chain_states import check_markov
from simulation.errors import NotApplicable
from simulation.laws import Exponential
from simulation.model import Measure, Model


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
