"""The variants that tell a scenario's gap to the formula: with more and more effects, and the whole without each."""

from dataclasses import dataclass, replace

from simulation.cluster_model import lower
from simulation.cluster_plan import ClusterPlan
from simulation.gap_effects import CLUSTER_EFFECTS, SYSTEM_EFFECTS, SystemEffect, without_effects
from simulation.model import Measure, Model
from simulation.scenario import Scenario, read_scenario
from simulation.variants import FRESH_READS

WRITES = "writes"
BASE = "masters alone"
BASE_OF_SYSTEM = "every unit by itself"


@dataclass(frozen=True, slots=True)
class Variants:
    """What is to be worked out: the scenario with more and more effects, and without each."""

    names: tuple[str, ...]
    details: tuple[str, ...]
    are_present: tuple[bool, ...]
    adding: tuple[Model, ...]
    """The base, then one more effect each; equal to the one before where an effect is absent."""
    lacking: tuple[Model | None, ...]
    """The whole scenario without each effect; None where it is absent."""


def variants_of(scenario: Scenario) -> Variants:
    """Return the variants of a cluster, or of a system."""
    return _of_cluster(scenario, scenario.plan) if isinstance(scenario.plan, ClusterPlan) else _of_system(scenario)


def _of_cluster(scenario: Scenario, plan: ClusterPlan) -> Variants:
    plan = replace(plan, measures=())  # those of the scenario's own may speak of groups that are left out
    effects = CLUSTER_EFFECTS
    plans = [without_effects(plan, effects[place:]) for place in range(len(effects) + 1)]
    there = [effect.without(plan) != plan for effect in effects]
    with_writes = plan.relay is not None

    def lowered(each: ClusterPlan) -> Model:
        model = replace(lower(each), title=scenario.title)
        return _with_writes(model) if with_writes else model

    pairs = list(zip(effects, there, strict=True))
    return Variants(
        names=(BASE, *(effect.name for effect in effects)),
        details=("", *(effect.describe(plan) if is_there else "" for effect, is_there in pairs)),
        are_present=(True, *there),
        adding=tuple(map(lowered, plans)),
        lacking=(None, *(lowered(without_effects(plan, (each,))) if is_there else None for each, is_there in pairs)),
    )


def _with_writes(model: Model) -> Model:
    """Return a model that has writes also without relays: perfect ones send wherever fresh reads are served."""
    if any(measure.name == WRITES for measure in model.measures):
        return model
    fresh = next(measure for measure in model.measures if measure.name == FRESH_READS)
    return replace(model, measures=(*model.measures, Measure(WRITES, fresh.expression, counts_stale=False)))


def _of_system(scenario: Scenario) -> Variants:
    effects = SYSTEM_EFFECTS

    def left(without: tuple[SystemEffect, ...]) -> Model:
        tables = dict(scenario.tables)
        for effect in without:
            tables = effect.without(tables)
        return read_scenario(tables, scenario.name, scenario.folder).model()

    whole = scenario.model()
    lacking = [left((effect,)) for effect in effects]
    there = [model != whole for model in lacking]
    return Variants(
        names=(BASE_OF_SYSTEM, *(effect.name for effect in effects)),
        details=("",) * (len(effects) + 1),
        are_present=(True, *there),
        adding=tuple(left(effects[place:]) for place in range(len(effects) + 1)),
        lacking=(None, *(model if is_there else None for model, is_there in zip(lacking, there, strict=True))),
    )
