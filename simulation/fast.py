"""The compiled engine: the semantics of `processes` at a hundred times its speed; needs the extra `simulation` (numba).

Its runs are not those of the readable engine with the same seed, but streams belong to the same things, so that common
random numbers hold between variants of a model just as they do there. The first run of all compiles for some seconds;
later processes find the code on disk.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.availability_log import is_regenerative
from simulation.compiled import compiled, expect_numba
from simulation.compiled_draws import Numbers, begin_streams
from simulation.conditions import is_available
from simulation.errors import ScenarioError
from simulation.event_heap import take_out
from simulation.kernel import (
    PLANNED,
    begin_run,
    come_up,
    draw_outage,
    fail,
    fail_struck,
    go_on,
    go_round,
    mark_struck,
    pass_stage,
    serve_waiting,
    ways,
)
from simulation.lowering import Plan, Table, lower
from simulation.memory import (
    AWAY,
    CHANGED,
    CLOCK,
    DUE,
    DUE_COUNT,
    END_WAY,
    EVENTS,
    FIRST_WAY,
    GROUP_OF,
    HEAP,
    IS_UP,
    MEASURES,
    OUTAGE,
    SHOCKS,
    TOUCHED,
    UNITS,
    Run,
    clock_hours,
    new_run,
    streams_of,
)
from simulation.model import Model
from simulation.trace import Intervals, Replication
from simulation.waits import await_shock

SLICE_EVENTS = 200_000
"""A run is simulated in slices of so many events: between them records are fetched, and an interrupt is heard."""
_MASK = 2**64 - 1
Rows = NDArray[np.int64]


class Records(NamedTuple):
    """What a slice of a run leaves behind."""

    counts: Table
    """How many down times, and how many regenerations."""
    measure: Table
    span: Numbers
    """Start and end of a down time."""
    regenerations: Numbers
    since: Numbers
    """Measure to when it stopped being available, -1 while it is; last of all: when all units came to be up, or -1."""


def simulate_once(model: Model, horizon_hours: float, seed: int, replication: int = 0) -> Replication:
    """Run a model from all units new and up for a time; the same seed and number give the same run.

    Raises:
        NotApplicable: numba is not installed.
        ScenarioError: events follow each other without end at one instant.
    """
    expect_numba("compiled engine")
    plan = _plan(model)
    slices = list(_slices(plan, horizon_hours, seed, replication))
    measures = np.concatenate([each.measure for each in slices])
    spans = np.concatenate([each.span for each in slices])
    down = {measure.name: _joined(spans[measures == place]) for place, measure in enumerate(model.measures)}
    regenerations = np.concatenate([[0.0], *(each.regenerations for each in slices)])
    if not is_regenerative(model):
        regenerations = regenerations[:1]
    return Replication(horizon_hours, down, regenerations, sum(each.events for each in slices))


class _Slice(NamedTuple):
    """What was fetched of one slice."""

    measure: Rows
    span: Intervals
    regenerations: NDArray[np.float64]
    events: int


@lru_cache(maxsize=16)
def _plan(model: Model) -> Plan:
    return lower(model)


def _slices(plan: Plan, horizon_hours: float, seed: int, replication: int) -> Iterator[_Slice]:
    """Yield what each slice of a run left behind."""
    run = new_run(plan, by_rates=False)
    begin_streams(plan.stream_names, np.uint64(seed & _MASK), np.uint64(replication & _MASK), streams_of(run))
    measures = len(plan.measures)
    room = SLICE_EVENTS + measures
    records = Records(
        np.zeros(2, dtype=np.int64),
        np.zeros(room, dtype=np.int64),
        np.zeros((room, 2)),
        np.zeros(room),
        np.full(measures + 1, -1.0),
    )
    _start(run, records)
    is_over = False
    while not is_over:
        since, events = clock_hours(run), int(run[EVENTS])
        records.counts[:] = 0
        is_over = bool(_advance(run, records, horizon_hours, SLICE_EVENTS))
        if not is_over and clock_hours(run) == since:
            raise ScenarioError(f"more than {SLICE_EVENTS} events at {since:g} hours, expected durations above 0")
        spans, regenerations = records.counts.tolist()
        yield _Slice(
            records.measure[:spans].copy(),
            records.span[:spans].copy(),
            records.regenerations[:regenerations].copy(),
            int(run[EVENTS]) - events,
        )


def _joined(spans: Intervals) -> Intervals:
    """Return intervals of which none touches the next one."""
    begins = np.append(True, spans[1:, 0] > spans[:-1, 1])[: len(spans)]
    ends = np.append(spans[1:, 0] > spans[:-1, 1], True)[: len(spans)]
    return np.stack([spans[begins, 0], spans[ends, 1]], axis=1)


@compiled
def _start(n: Run, records: Records) -> None:
    begin_run(n)
    _look(n, records)


@compiled
def _advance(n: Run, records: Records, horizon_hours: float, events_max: int) -> bool:
    """Let things happen until a run is over, or for a number of events; return whether it is over."""
    x = n.view(np.float64)
    room = len(records.measure) - n[MEASURES]
    for _ in range(events_max):
        actor = n[n[HEAP]]
        if n[DUE_COUNT] == 0 or x[n[DUE] + actor] >= horizon_hours:
            _end(n, records, horizon_hours)
            return True
        x[CLOCK] = x[n[DUE] + actor]
        take_out(n, actor)
        _occur(n, actor)
        if n[CHANGED]:
            _look(n, records)
        if records.counts[0] > room:
            break
    return False


@compiled
def _occur(n: Run, actor: int) -> None:
    """Let what an actor has waited for happen, and all that follows from it at the same instant."""
    units, shocks = n[UNITS], n[SHOCKS]
    if actor >= units + shocks:
        go_round(n, actor - units - shocks)
    elif actor >= units:
        _strike(n, actor - units)
    elif n[n[IS_UP] + actor]:
        group = n[n[GROUP_OF] + actor]
        fail(n, actor, draw_outage(n, actor, n[n[FIRST_WAY] + group], n[n[END_WAY] + group]))
    elif n[n[OUTAGE] + actor] == PLANNED:
        come_up(n, actor)
        go_round(n, n[n[GROUP_OF] + actor])
    else:
        pass_stage(n, actor)
        go_on(n, actor, 0)
    serve_waiting(n)


@compiled
def _strike(n: Run, shock: int) -> None:
    """Fail every unit that is up, of a shock's groups, at once."""
    mark_struck(n, shock)
    for unit in range(n[UNITS]):
        if n[n[IS_UP] + unit] < 0:
            first, end = ways(n, shock, unit)
            n[n[OUTAGE] + unit] = draw_outage(n, unit, first, end)
    fail_struck(n)
    await_shock(n, shock)


@compiled
def _look(n: Run, records: Records) -> None:
    """Note which measures are available from now on, and whether all is as new."""
    now, measures = n.view(np.float64)[CLOCK], n[MEASURES]
    n[CHANGED] = 0
    for measure in range(measures):
        if not n[n[TOUCHED] + measure]:
            continue
        n[n[TOUCHED] + measure] = 0
        holds = is_available(n, measure)
        since = records.since[measure]
        if not holds and since < 0:
            records.since[measure] = now
        elif holds and since >= 0:
            records.since[measure] = -1.0
            if now > since:
                _note_down(records, measure, since, now)
    if records.since[measures] >= 0 and now > records.since[measures]:
        records.regenerations[records.counts[1]] = records.since[measures]
        records.counts[1] += 1
    records.since[measures] = now if n[AWAY] == 0 and now > 0 else -1.0


@compiled
def _note_down(records: Records, measure: int, since: float, until: float) -> None:
    place = records.counts[0]
    records.measure[place] = measure
    records.span[place, 0] = since
    records.span[place, 1] = until
    records.counts[0] = place + 1


@compiled
def _end(n: Run, records: Records, horizon_hours: float) -> None:
    """Cut what goes on at the end of a run."""
    measures = n[MEASURES]
    for measure in range(measures):
        if 0 <= records.since[measure] < horizon_hours:
            _note_down(records, measure, records.since[measure], horizon_hours)
    if records.since[measures] >= 0:
        records.regenerations[records.counts[1]] = records.since[measures]
        records.counts[1] += 1
