"""Simulating a scenario from a notebook or a command: one call, one value back."""

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from importlib import import_module
from typing import Any

from simulation.comparison import Comparison, compare_runs
from simulation.engines import EXACT, SIMULATING, Engine, applicable, exact_results
from simulation.errors import NotApplicable, NotReached, ScenarioError
from simulation.estimates import (
    Basis,
    MeasureEstimates,
    Method,
    choose_method,
    estimate_measures,
    estimate_staleness,
)
from simulation.long_run import exact_estimates, hardly_seen, rare_estimates, unfailing_estimates
from simulation.model import Model
from simulation.result import About, Result, Samples
from simulation.runs import ENGINE_MODULES, REPLICATIONS_MAX, Plan, Runner, Tell
from simulation.scenario import Scenario

REPLICATIONS = 30
HORIZON_DAYS = 3652.5
WARMUP_SHARE = 0.1
GROWTH_MAX = 4.0
"""Replications grow by at most this factor from one look at the interval to the next."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """How much is wanted of a simulation."""

    replications: int
    rel_error: float | None
    precise: tuple[str, ...]
    """Measures whose unavailability is to have that relative error."""
    max_seconds: float | None


def simulate(
    scenario: Scenario | Model,
    *,
    engine: str | None = None,
    replications: int = REPLICATIONS,
    horizon_days: float = HORIZON_DAYS,
    warmup_days: float | None = None,
    seed: int = 0,
    confidence: float = 0.95,
    rel_error: float | None = None,
    precise: Sequence[str] = (),
    max_seconds: float | None = None,
    jobs: int | None = 1,
    progress: Tell | None = None,
) -> Result:
    """Work out how available a system is.

    Args:
        scenario: what it is made of.
        engine: form, chain, fast, simpy or rare; None takes the first of them that applies, and rare, where it does,
            for measures of which simulating would see hardly any outage.
        replications: independent runs; with `rel_error` the first look is after so many.
        horizon_days: how long each run lasts.
        warmup_days: left out of each run's begin, where all units are new; None is a tenth of the run.
        seed: the same seed gives the same samples, with any number of jobs.
        confidence: of every interval.
        rel_error: go on until the unavailability's interval reaches no further than this share of it to either side.
        precise: the measures that this is asked of; empty asks it of all.
        max_seconds: stop then; a replication that has begun is ended.
        jobs: workers (joblib); None leaves it to `joblib.parallel_config`.
        progress: told after each batch of runs.

    Raises:
        ScenarioError: an argument is wrong.
        NotApplicable: the engine can't take this scenario.
        NotReached: the time was up, or too many replications were run, before that; carries what there is.
    """
    began = time.monotonic()
    model = scenario.model() if isinstance(scenario, Scenario) else scenario
    warmup_days = WARMUP_SHARE * horizon_days if warmup_days is None else warmup_days
    _check_sizes(replications, horizon_days, warmup_days, seed)
    _check_precision(model, confidence, rel_error, precise, max_seconds, jobs)
    chosen, why = _choose(model, engine)
    text = scenario_text(scenario)
    about = About(
        model.title,
        text,
        hashlib.sha256(text.encode()).hexdigest(),
        str(chosen),
        seed,
        horizon_days * 24,
        warmup_days * 24,
    )
    if chosen in EXACT:
        measures = {each.measure: exact_estimates(each, confidence) for each in exact_results(model, chosen)}
        return Result(about, why, confidence, measures, None, Samples(about, ()), time.monotonic() - began)
    wish = _Wish(replications, rel_error, tuple(precise) or tuple(each.name for each in model.measures), max_seconds)
    empty = Result(about, why, confidence, {}, None, Samples(about, ()), 0.0)
    if chosen is Engine.RARE:
        return _biased(model, wish, empty, progress)
    rare = hardly_seen(model, replications * (about.horizon_hours - about.warmup_hours), seed) if engine is None else {}
    runner = Runner(Plan(str(chosen), model, about.horizon_hours, seed, jobs), progress, max_seconds)
    seen = _simulated(model, runner, replace(wish, precise=tuple(set(wish.precise) - set(rare))), empty)
    return _with_rare(model, rare, wish, seen, progress) if rare else seen


def compare(
    first: Scenario | Model, second: Scenario | Model, *, engine: str = Engine.SIMPY, **settings: Any
) -> dict[str, Comparison]:
    """Compare two variants on the same luck; returns a comparison per measure that both have.

    Args:
        first: one variant.
        second: the other.
        engine: one that simulates.
        settings: as of `simulate`; `rel_error` is of no use here.

    Raises:
        ScenarioError: an argument is wrong, or the engine does not simulate.
    """
    if engine not in SIMULATING:
        raise ScenarioError(f"engine {engine!r} has no runs to compare, expected {' or '.join(SIMULATING)}")
    one, other = (simulate(each, engine=engine, **settings) for each in (first, second))
    basis = Basis(one.confidence, one.about.warmup_hours)
    runs = one.samples.replications, other.samples.replications
    common = [measure for measure in one.measures if measure in other.measures]
    return {measure: compare_runs(runs[0], runs[1], measure, basis) for measure in common}


def scenario_text(scenario: Scenario | Model) -> str:
    """Return a scenario as one line of JSON with keys in order: the same text for the same scenario."""
    value = scenario.tables if isinstance(scenario, Scenario) else _plain(scenario)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _plain(value: Any) -> Any:
    """Return a model as JSON has it; laws are told by their names."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = {name: _plain(getattr(value, name)) for name in asdict(value)}
        return {"type": type(value).__name__, **inner}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _with_rare(model: Model, rare: Mapping[str, float], wish: _Wish, seen: Result, progress: Tell | None) -> Result:
    """Put estimates by rare events in the place of those of measures whose outages are hardly ever seen."""
    part = replace(model, measures=tuple(each for each in model.measures if each.name in rare))
    left = math.inf if wish.max_seconds is None else max(wish.max_seconds - seen.seconds, 0.0)
    few = ", ".join(f"{outages:.2g} outages of {name}" for name, outages in rare.items())
    base = replace(seen, why=f"{seen.why}; {', '.join(rare)} by engine rare: the runs would see about {few}")
    precise = tuple(name for name in wish.precise if name in rare)
    return _biased(part, replace(wish, precise=precise, max_seconds=left), base, progress)


def _biased(model: Model, wish: _Wish, base: Result, progress: Tell | None) -> Result:
    """Make failures likely until the precise measures are known well enough; what runs say of others stays.

    It stays also where rare events say nothing that is to be trusted.
    """
    began = time.monotonic()
    found = rare_estimates(
        model,
        seed=base.about.seed,
        confidence=base.confidence,
        rel_errors={each.name: wish.rel_error if each.name in wish.precise else None for each in model.measures},
        max_seconds=math.inf if wish.max_seconds is None else wish.max_seconds,
        progress=progress,
    )
    seconds = time.monotonic() - began
    better = {
        name: each for name, each in found.items() if name not in base.measures or not each.unavailability.warning
    }
    measures = {**base.measures, **better}
    result = replace(base, measures=measures, seconds=base.seconds + seconds, notes=_notes(model, measures))
    errors = {name: measures[name].unavailability.relative_error for name in wish.precise}
    wide = {name: error for name, error in errors.items() if wish.rel_error is not None and error > wish.rel_error}
    if wide:
        cycles = sum(each.unavailability.samples for each in found.values())
        raise NotReached(f"{_widest(wide, wish)}; {cycles:,} cycles in {seconds:.1f} s", result)
    return result


def _notes(model: Model, measures: Mapping[str, MeasureEstimates]) -> tuple[str, ...]:
    """Return what to know of estimates: which are not to be trusted, and of what nothing was seen."""
    lost = {name: each.unavailability for name, each in measures.items()}
    notes = [f"{name}: {each.warning}" for name, each in lost.items() if each.warning]
    long_run = (Method.EXACT, Method.BIASED)
    unseen = [name for name, each in measures.items() if not each.outages_seen and lost[name].method not in long_run]
    if unseen:
        why_not = applicable(model)[Engine.RARE]
        hint = f"engine rare can't tell more ({why_not})" if why_not else "engine rare tells more"
        notes.append(f"no outage of {', '.join(unseen)} was seen in any run; {hint}")
    return tuple(notes)


def _simulated(model: Model, runner: Runner, wish: _Wish, empty: Result) -> Result:
    """Run as many replications as are wished for."""
    planned = wish.replications
    while True:
        runner.run_to(planned)
        result = _estimated(model, runner, empty)
        errors = {name: result.measures[name].unavailability.relative_error for name in wish.precise}
        wide = {name: error for name, error in errors.items() if wish.rel_error is not None and error > wish.rel_error}
        if not wide and len(runner.replications) >= planned:
            return result
        if runner.is_late or planned >= REPLICATIONS_MAX:
            raise NotReached(_what_is_missing(runner, planned, wide, wish), result)
        worst = max(wide.values())
        growth = 1.1 * (worst / (wish.rel_error or worst)) ** 2 if math.isfinite(worst) else GROWTH_MAX
        planned = min(REPLICATIONS_MAX, math.ceil(planned * min(max(growth, 1.2), GROWTH_MAX)))


def _what_is_missing(runner: Runner, planned: int, wide: dict[str, float], wish: _Wish) -> str:
    done = f"{len(runner.replications)} of {planned} replications in {runner.seconds:.1f} s"
    if not wide:
        return f"not all could be run: {done} (max_seconds {wish.max_seconds})"
    return f"{_widest(wide, wish)}; {done}"


def _widest(wide: dict[str, float], wish: _Wish) -> str:
    name = max(wide, key=lambda each: wide[each])
    seen = f"{wide[name] * 100:.3g}%" if math.isfinite(wide[name]) else "unknown: no outage was seen"
    return f"the relative error of {name} is {seen}, expected at most {(wish.rel_error or 0) * 100:.3g}%"


def _estimated(model: Model, runner: Runner, empty: Result) -> Result:
    replications = tuple(runner.replications)
    basis = Basis(empty.confidence, empty.about.warmup_hours, choose_method(replications))
    measures = estimate_measures(model, replications, basis) | unfailing_estimates(model, basis.confidence)
    return replace(
        empty,
        measures=measures,
        notes=_notes(model, measures),
        staleness=estimate_staleness(model, replications, basis),
        samples=Samples(empty.about, replications),
        seconds=runner.seconds,
    )


def _choose(model: Model, engine: str | None) -> tuple[Engine, str]:
    """Return the engine and why it is this one."""
    if engine is not None and engine not in list(Engine):
        raise ScenarioError(f"engine is {engine!r}, expected one of {', '.join(Engine)}")
    asked = Engine(engine) if engine is not None else None
    reasons = applicable(model)
    chosen = asked or next(each for each, reason in reasons.items() if not reason)
    if asked is not None and reasons[asked]:
        raise NotApplicable(reasons[asked])
    missing = _what_is_not_installed(chosen) if chosen in SIMULATING else ""
    if asked is not None:
        if missing:
            raise ScenarioError(missing)
        return asked, "as asked for"
    better = list(Engine)[: list(Engine).index(chosen)]
    why = [reasons[each] for each in better if reasons[each]] + [missing] * bool(missing)
    return Engine.SIMPY if missing else chosen, "; ".join(why) or "the first that applies"


def _what_is_not_installed(engine: Engine) -> str:
    """Return what an engine lacks to run at all; empty where nothing."""
    try:
        import_module(ENGINE_MODULES[str(engine)])
    except ImportError as error:
        return f"engine {engine} needs {error.name}: pip install 'ethercattle[simulation]'"
    return ""


def _check_sizes(replications: int, horizon_days: float, warmup_days: float, seed: int) -> None:
    if not 1 <= replications <= REPLICATIONS_MAX:
        raise ScenarioError(f"replications is {replications}, expected 1 to {REPLICATIONS_MAX}")
    if not 0 < horizon_days < math.inf:
        raise ScenarioError(f"horizon_days is {horizon_days}, expected above 0")
    if not 0 <= warmup_days < horizon_days:
        raise ScenarioError(f"warmup_days is {warmup_days}, expected 0 or more and below horizon_days ({horizon_days})")
    if seed < 0:
        raise ScenarioError(f"seed is {seed}, expected 0 or more")


def _check_precision(
    model: Model,
    confidence: float,
    rel_error: float | None,
    precise: Sequence[str],
    max_seconds: float | None,
    jobs: int | None,
) -> None:
    if not 0 < confidence < 1:
        raise ScenarioError(f"confidence is {confidence}, expected between 0 and 1")
    if rel_error is not None and not 0 < rel_error < 1:
        raise ScenarioError(f"rel_error is {rel_error}, expected between 0 and 1")
    if max_seconds is not None and not max_seconds > 0:
        raise ScenarioError(f"max_seconds is {max_seconds}, expected above 0")
    if jobs == 0:
        raise ScenarioError("jobs is 0, expected 1 or more, or -1 for every processor")
    names = [measure.name for measure in model.measures]
    unknown = [name for name in precise if name not in names]
    if unknown:
        raise ScenarioError(f"precise names {unknown[0]!r}, expected one of {', '.join(names)}")
