"""Which engine can take a model, and the exact answers of the two that need no samples."""

import math
from dataclasses import dataclass
from enum import StrEnum

from simulation import analytic, ctmc
from simulation.chain_states import check_markov
from simulation.errors import NotApplicable
from simulation.model import HOURS_A_YEAR, Measure, Model
from simulation.rare_part import check_rare

CHAIN_STATES_MAX = 5_000
"""Above, `best_engine` prefers simulating: solving takes minutes."""


class Engine(StrEnum):
    """How a scenario is worked out, the best first; RARE is for what the simulating ones hardly ever see."""

    FORM = "form"
    """Closed form: independent units, any laws."""
    CHAIN = "chain"
    """Exact Markov chain: exponential steps, and any dependence."""
    FAST = "fast"
    """Compiled simulation: anything."""
    SIMPY = "simpy"
    """Readable simulation: anything; what the others are held to."""
    RARE = "rare"
    """Importance sampling of a Markov chain's cycles: rare outages, chains of any size."""


EXACT = (Engine.FORM, Engine.CHAIN)
SIMULATING = (Engine.FAST, Engine.SIMPY)


@dataclass(frozen=True, slots=True)
class ExactResult:
    """What is known of one measure in the long run."""

    measure: str
    engine: Engine
    availability: float
    unavailability: float
    """Exact also where availability rounds to 1."""
    mtbf_hours: float
    """Mean time from the end of an outage to the next one; infinite if there is none."""
    mttr_hours: float
    """Mean length of an outage; 0 if there is none."""
    mean_hours_to_failure: float | None
    """From all units new and up; None where only the long run is known."""
    outages_a_year: float
    downtime_minutes_a_year: float


def applicable(model: Model) -> dict[Engine, str]:
    """Return each engine with the reason why it can't take a model, empty where it can."""
    return {engine: _why_not(model, engine) for engine in Engine}


def best_engine(model: Model) -> Engine:
    """Return the first engine that can take a model and is not slow on it."""
    return next(engine for engine, reason in applicable(model).items() if not reason)


def exact_results(model: Model, engine: Engine) -> tuple[ExactResult, ...]:
    """Return the exact answers about every measure.

    Raises:
        NotApplicable: the engine samples, or can't take the model.
    """
    if engine is Engine.FORM:
        return tuple(
            _result(engine, measure, analytic.unavailability(model, measure), analytic.failures_an_hour(model, measure))
            for measure in model.measures
        )
    if engine is not Engine.CHAIN:
        raise NotApplicable(f"engine {engine} gives samples, expected one of {', '.join(EXACT)} for exact answers")
    chain = ctmc.build_chain(model)
    shares = ctmc.steady_state(chain)
    return tuple(
        _result(
            engine,
            measure,
            ctmc.unavailability(chain, measure, shares),
            ctmc.failures_an_hour(chain, measure, shares),
            ctmc.mean_hours_to_failure(chain, measure),
        )
        for measure in model.measures
    )


def _result(
    engine: Engine, measure: Measure, unavailability: float, failures_an_hour: float, to_failure: float | None = None
) -> ExactResult:
    """Return a result from the two figures that the others follow from."""
    fails = failures_an_hour > 0
    return ExactResult(
        measure.name,
        engine,
        availability=1 - unavailability,
        unavailability=unavailability,
        mtbf_hours=(1 - unavailability) / failures_an_hour if fails else math.inf,
        mttr_hours=unavailability / failures_an_hour if fails else 0.0,
        mean_hours_to_failure=to_failure,
        outages_a_year=failures_an_hour * HOURS_A_YEAR,
        downtime_minutes_a_year=unavailability * HOURS_A_YEAR * 60,
    )


def _why_not(model: Model, engine: Engine) -> str:
    """Return in a sentence why an engine can't take a model; empty where it can."""
    try:
        if engine is Engine.FORM:
            for measure in model.measures:
                analytic.unavailability(model, measure)  # a condition may turn out too complex only now
        if engine is Engine.CHAIN:
            check_markov(model)
            ctmc.count_states(model, CHAIN_STATES_MAX)
        if engine is Engine.RARE:
            check_rare(model)
    except NotApplicable as error:
        return str(error)
    return ""
