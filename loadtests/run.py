"""One run, from the flags to its figures: the only place that knows all parts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from loadtests.compare_targets import conclude_pairs
from loadtests.control import Generators
from loadtests.faults.aftermath import with_failures
from loadtests.options import Options
from loadtests.pool import Pool
from loadtests.slices import Slice
from loadtests.summary import About, SecondFigures, Summary
from loadtests.tally import Tally
from loadtests.task import Task
from loadtests.workload import Workload, plan_workload


@dataclass(frozen=True, slots=True)
class Requests:
    """What is sent, as it was prepared for a target."""

    name: str
    """Of the mix."""
    spec: dict[str, Any]
    """What `loadtests.sources` opens in each generator."""
    dropped: dict[str, float]
    """Methods that the target does not have, and their share in the mix."""
    notes: tuple[str, ...] = ()


BLOCK_NUMBER = Requests("eth_blockNumber", {"kind": "fixed", "method": "eth_blockNumber"}, {})


def run_load(options: Options, pool: Pool, requests: Requests, show: Callable[[SecondFigures], None]) -> Summary:
    """Send what was asked for, and return the figures; an interrupt ends it early, with what there is.

    Raises:
        CouldNotJudge: a generator broke down.
    """
    workload = plan_workload(options)
    task = make_task(options, workload, pool.targets, requests)
    tally = Tally(describe(options, workload, pool, requests))

    def tell(one: Slice) -> None:
        show(tally.add(one))

    generators = Generators(task)
    try:
        generators.wait_until_ready()
        ending = generators.run(tell, pool.begun)
    finally:
        generators.end()
        marks = pool.ended()
    summary = with_failures(tally.finish(is_interrupted=ending.is_interrupted, marks=marks))
    if options.compare is None:
        return summary
    return replace(summary, comparison=conclude_pairs(ending.pairs, options.compare, options.seed))


def make_task(options: Options, workload: Workload, targets: tuple[str, ...], requests: Requests) -> Task:
    """Return what the generators are told."""
    return Task(
        targets=targets,
        segments=workload.segments,
        replay=workload.replay,
        is_open=workload.is_open,
        is_poisson=options.arrivals == "poisson",
        processes=options.processes,
        seed=options.seed,
        warmup_seconds=options.warmup,
        timeout_seconds=options.timeout,
        connections_max=-(-options.connections_max // options.processes),
        compare=options.compare or "",
        requests=requests.spec,
    )


def describe(options: Options, workload: Workload, pool: Pool, requests: Requests) -> About:
    """Return what a report says was run."""
    return About(
        targets=pool.targets,
        workload="open" if workload.is_open else "closed",
        level=workload.text,
        mix=requests.name,
        seed=options.seed,
        duration_seconds=options.duration,
        warmup_seconds=options.warmup,
        processes=options.processes,
        connections_max=options.connections_max,
        timeout_seconds=options.timeout,
        notes=(*pool.notes, *requests.notes),
        began_at=datetime.now(UTC).isoformat(timespec="seconds"),
        dropped=requests.dropped,
    )
