"""Engines of the simulation against plain simpy on the same two units and one crew, and rare events.

RePyability simulates the same system in the same run, where it is installed (the extra `bench`): its availability and
its rate stand beside ours.
"""

import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import click
import simpy

from benchmarks.result import Figure
from fixtures.chain_files import ChainFiles
from simulation import fast, processes
from simulation.laws import Exponential
from simulation.model import HOURS_A_YEAR, Crew, Group, Measure, Model, Outage, Stage
from simulation.rare import RareEstimate, estimate_rare
from simulation.structure import parse_expression
from simulation.trace import Replication, down_hours

FAILURES_AN_HOUR, REPAIRS_AN_HOUR = 0.01, 0.1
HOURS, HOURS_COMPILED = 5e5, 1e8
ROUNDS = 3
"""Each speed is the best of so many, taken in turns."""
PLAIN = "plain simpy"
REPYABILITY_HOURS, REPYABILITY_RUNS = 10_000.0, 100
RARE_SECONDS_MAX, RARE_CYCLES_MAX, RARE_ERROR = 5.0, 1_000_000, 0.02


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast an engine is, and what it found."""

    changes_a_second: float
    """Failures and returns of units, of a second of its process."""
    unavailability: float


def measure(chain: ChainFiles) -> list[Figure]:
    """Return the engines' rates of changes beside plain simpy's, and the time an unavailability of 6e-12 takes."""
    del chain
    model = _parallel(2, FAILURES_AN_HOUR, REPAIRS_AN_HOUR)
    fast.simulate_once(model, 1.0, 0)  # compiles, or fetches what was compiled
    engines = {
        PLAIN: lambda seed: _plain(HOURS, seed),
        "simpy engine": lambda seed: _of_run(processes.simulate_once(model, HOURS, seed)),
        "compiled engine": lambda seed: _of_run(fast.simulate_once(model, HOURS_COMPILED, seed)),
    }
    speeds = {name: max(_speeds(run), key=lambda speed: speed.changes_a_second) for name, run in engines.items()}
    plain = speeds[PLAIN].changes_a_second
    figures = [
        Figure(name, speeds[name].changes_a_second, "changes/s", PLAIN, plain, goal)
        for name, goal in (("simpy engine", 0.5), ("compiled engine", 20.0))
    ]
    return [*figures, *_beside_repyability(speeds["compiled engine"]), _rare_events()]


def _parallel(count: int, failures_an_hour: float, repairs_an_hour: float) -> Model:
    """Return units of which one must be up, and one crew."""
    ways = (Outage("failure", 1.0, (Stage("repair", Exponential(1 / repairs_an_hour), needs_crew=True),)),)
    group = Group("unit", count, Exponential(1 / failures_an_hour), ways, "crew")
    measure = Measure("service", parse_expression("unit", ["unit"]), counts_stale=False)
    return Model("benchmark", (group,), (Crew("crew", 1),), (), (measure,))


def _speeds(run: Callable[[int], tuple[int, float]]) -> Iterator[Speed]:
    """Yield the speed of each of some runs."""
    for seed in range(ROUNDS):
        start = time.process_time()
        changes, unavailability = run(seed)
        yield Speed(changes / (time.process_time() - start), unavailability)


def _of_run(run: Replication) -> tuple[int, float]:
    return run.events, down_hours(run.down["service"]) / run.horizon_hours


def _plain(hours: float, seed: int) -> tuple[int, float]:
    """Simulate two units and one crew as anyone would write it with simpy; return changes and unavailability."""
    environment, luck = simpy.Environment(), random.Random(seed)
    crew = simpy.Resource(environment, 1)
    changes, up, since, down = 0, 2, 0.0, 0.0

    def unit() -> Generator[simpy.Event, None, None]:
        nonlocal changes, up, since, down
        while True:
            yield environment.timeout(luck.expovariate(FAILURES_AN_HOUR))
            changes, up = changes + 1, up - 1
            if up == 0:
                since = environment.now
            with crew.request() as request:
                yield request
                yield environment.timeout(luck.expovariate(REPAIRS_AN_HOUR))
            if up == 0:
                down += environment.now - since
            changes, up = changes + 1, up + 1

    for _ in range(2):
        environment.process(unit())
    environment.run(until=hours)
    return changes, down / hours


def _beside_repyability(ours: Speed) -> list[Figure]:
    """Return unavailability and rate beside RePyability's; nothing where it is missing."""
    try:
        import surpyval
        from repyability import RepairableRBD
    except ImportError:
        click.echo("RePyability is not installed (extra bench): not compared", err=True)
        return []
    unit = {
        "reliability": surpyval.Exponential.from_params([FAILURES_AN_HOUR]),
        "repairability": surpyval.Exponential.from_params([REPAIRS_AN_HOUR]),
    }
    edges = [("in", "a"), ("in", "b"), ("a", "out"), ("b", "out")]
    diagram = RepairableRBD(edges, {"a": unit, "b": dict(unit)}, repair_crews=1)
    start = time.process_time()
    found = diagram.availability(t_simulation=REPYABILITY_HOURS, mc_samples=REPYABILITY_RUNS, seed=1)
    seconds = time.process_time() - start
    # In each of its hours as many changes as in each of ours: it simulates the same system.
    changes_an_hour = 2 * 2 / (1 / FAILURES_AN_HOUR + _mean_hours_away())
    changes = REPYABILITY_HOURS * REPYABILITY_RUNS * changes_an_hour
    theirs = 1 - float(found.mean_availability)
    return [
        Figure(
            "two units, one crew, compiled engine: hours down a year",
            ours.unavailability * HOURS_A_YEAR,
            "h",
            "RePyability",
            theirs * HOURS_A_YEAR,
            None,
        ),
        Figure("compiled engine", ours.changes_a_second, "changes/s", "RePyability", changes / seconds, None),
    ]


def _mean_hours_away() -> float:
    """Return how long a unit of two waits and is repaired: from the chain of two units and one crew."""
    share = FAILURES_AN_HOUR / REPAIRS_AN_HOUR
    weights = (1.0, 2 * share, 2 * share**2)
    away = (weights[1] + 2 * weights[2]) / 2 / sum(weights)
    return away / (1 - away) / FAILURES_AN_HOUR


def _rare_events() -> Figure:
    """Return how long it takes to know that all of three are down to 2 %."""
    model = _parallel(3, 1e-4, 1.0)

    def estimate(seed: int) -> RareEstimate:
        return estimate_rare(model, "service", RARE_ERROR, RARE_CYCLES_MAX, seed)

    estimate(0)  # compiles, or fetches what was compiled
    start = time.perf_counter()
    found = estimate(1)
    seconds = time.perf_counter() - start
    interval = found.unavailability
    name = (
        f"all of three down: {interval.value:.4g} in [{interval.low:.4g}, {interval.high:.4g}], {found.cycles:,} cycles"
    )
    return Figure(name, seconds, "s", "limit", RARE_SECONDS_MAX, None)
