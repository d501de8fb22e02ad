"""What happens to units, step by step, on plain arrays: the semantics that both compiled engines share.

The same as in `processes`: a unit fails, goes through its outage's stages, waits for a crew where one is needed, and
comes back; units in standby take the places of those that are away. An actor that is waiting for something to happen by
itself has either a time at which it is due (in a heap), or, in a run by rates, a rate at which it comes.
"""

import numpy as np

from simulation.compiled import compiled
from simulation.compiled_draws import Kind, next_word, share
from simulation.conditions import show
from simulation.crews import leave, take_crew
from simulation.event_heap import put
from simulation.lowering import NONE, UP
from simulation.memory import (
    AWAY,
    CHANCE,
    CLOCK,
    COME,
    COME_RING,
    CREW,
    END_SHOCK_WAY,
    END_STAGE,
    END_UNIT,
    END_WAY,
    FIRST_COME,
    FIRST_NEED,
    FIRST_SHOCK_WAY,
    FIRST_STAGE,
    FIRST_UNIT,
    FIRST_WAY,
    GROUP_OF,
    GROUPS,
    IS_UP,
    LAST_NEED,
    LAW_FIRST,
    LAW_KIND,
    OUTAGE,
    PLANNED_HOURS,
    REFRESH,
    REFRESH_EVERY,
    REFRESH_OFFSET,
    REFRESH_SHOWS,
    ROUNDS,
    SHOCKS,
    STAGE,
    STAGE_LAW,
    STAGE_SHOWS,
    STAGE_STREAM,
    STREAM,
    STREAMS,
    STRUCK,
    TURN,
    UNIT_STREAMS,
    UNITS,
    WORKING_MAX,
    WORKS,
    Run,
)
from simulation.waits import await_failure, await_shock, begin, draw, stop

PLANNED = -2
"""The outage of a planned absence."""
_DETERMINISTIC = int(Kind.DETERMINISTIC)


@compiled
def begin_run(n: Run) -> None:
    """Put units to work, and let every actor begin."""
    units, shocks = n[UNITS], n[SHOCKS]
    for group in range(n[GROUPS]):
        for unit in range(n[n[FIRST_UNIT] + group], n[n[END_UNIT] + group]):
            rank = unit - n[n[FIRST_UNIT] + group]
            n[n[WORKS] + unit] = 1 if n[n[WORKING_MAX] + group] == NONE or rank < n[n[WORKING_MAX] + group] else 0
    for unit in range(units):
        await_failure(n, unit)
    for shock in range(shocks):
        await_shock(n, shock)
    for group in range(n[GROUPS]):
        if n[n[REFRESH] + group] != NONE:
            go_round(n, group)


@compiled
def draw_outage(n: Run, unit: int, first: int, end: int) -> int:
    """Draw the way in which a unit is away."""
    x = n.view(np.float64)
    left = share(next_word(n.view(np.uint64), n[STREAM] + unit * n[UNIT_STREAMS] + 1))
    for outage in range(first, end):
        left -= x[n[CHANCE] + outage]
        if left < 0:
            return outage
    return end - 1


@compiled
def fail(n: Run, unit: int, outage: int) -> None:
    """Take a unit that was up to the beginning of an outage."""
    x = n.view(np.float64)
    group = n[n[GROUP_OF] + unit]
    n[AWAY] += n[n[IS_UP] + unit]
    n[n[IS_UP] + unit] = n[n[WORKS] + unit] = 0
    n[n[OUTAGE] + unit] = outage
    if n[n[WORKING_MAX] + group] != NONE:
        put_to_work(n, group, unit)
    if outage == PLANNED:
        show(n, unit, n[n[REFRESH_SHOWS] + group])
        put(n, unit, x[CLOCK] + x[n[PLANNED_HOURS] + unit])
    else:
        n[n[STAGE] + unit] = n[n[FIRST_STAGE] + outage]
        go_on(n, unit, 0)


@compiled
def go_on(n: Run, unit: int, crew_has_come: int) -> None:
    """Take a unit into the stage it is at, and on until something takes time."""
    x = n.view(np.float64)
    outage, crew = n[n[OUTAGE] + unit], n[n[CREW] + n[n[GROUP_OF] + unit]]
    while n[n[STAGE] + unit] < n[n[END_STAGE] + outage]:
        stage = n[n[STAGE] + unit]
        if not crew_has_come:
            show(n, unit, n[n[STAGE_SHOWS] + stage])
            if crew != NONE and stage == n[n[FIRST_NEED] + outage] and not take_crew(n, unit, crew):
                stop(n, unit)
                return
        crew_has_come = 0
        law = n[n[STAGE_LAW] + stage]
        if n[n[LAW_KIND] + law] != _DETERMINISTIC or x[n[LAW_FIRST] + law] > 0:
            begin(n, unit, law, unit * n[UNIT_STREAMS] + n[n[STAGE_STREAM] + stage], 1.0)
            return
        pass_stage(n, unit)
    come_up(n, unit)


@compiled
def pass_stage(n: Run, unit: int) -> None:
    """End a unit's stage, and let its crew go after the last one that needs it."""
    crew = n[n[CREW] + n[n[GROUP_OF] + unit]]
    if crew != NONE and n[n[STAGE] + unit] == n[n[LAST_NEED] + n[n[OUTAGE] + unit]]:
        leave(n, crew)
    n[n[STAGE] + unit] += 1


@compiled
def come_up(n: Run, unit: int) -> None:
    """Let a unit whose outage is over be up."""
    group = n[n[GROUP_OF] + unit]
    n[n[IS_UP] + unit] = 1
    n[AWAY] -= 1
    show(n, unit, UP)
    if n[n[WORKING_MAX] + group] == NONE:
        n[n[WORKS] + unit] = 1
    else:
        put_to_work(n, group, unit)
    await_failure(n, unit)


@compiled
def put_to_work(n: Run, group: int, changing: int) -> None:
    """Let as many units of a group work as may, those that work already first; `changing` waits for nothing yet."""
    free = n[n[WORKING_MAX] + group]
    for unit in range(n[n[FIRST_UNIT] + group], n[n[END_UNIT] + group]):
        free -= n[n[WORKS] + unit]
    for unit in range(n[n[FIRST_UNIT] + group], n[n[END_UNIT] + group]):
        if free <= 0:
            return
        if n[n[IS_UP] + unit] == 1 and not n[n[WORKS] + unit]:
            n[n[WORKS] + unit] = 1
            free -= 1
            if unit != changing:
                await_failure(n, unit)


@compiled
def serve_waiting(n: Run) -> None:
    """Go on with the units to which a crew has come."""
    while n[COME]:
        unit = n[n[COME_RING] + n[FIRST_COME]]
        n[FIRST_COME] = (n[FIRST_COME] + 1) % n[UNITS]
        n[COME] -= 1
        go_on(n, unit, 1)


@compiled
def mark_struck(n: Run, shock: int) -> None:
    """Say of every unit that a shock strikes that it is not up: none of them may take another's place."""
    for group in range(n[GROUPS]):
        if n[n[STRUCK] + shock * n[GROUPS] + group]:
            for unit in range(n[n[FIRST_UNIT] + group], n[n[END_UNIT] + group]):
                if n[n[IS_UP] + unit] == 1:
                    n[n[IS_UP] + unit] = NONE
                    n[AWAY] += 1


@compiled
def ways(n: Run, shock: int, unit: int) -> tuple[int, int]:
    """Return the outages a unit that is struck may go into, a pair."""
    if n[n[FIRST_SHOCK_WAY] + shock] < n[n[END_SHOCK_WAY] + shock]:
        return n[n[FIRST_SHOCK_WAY] + shock], n[n[END_SHOCK_WAY] + shock]
    group = n[n[GROUP_OF] + unit]
    return n[n[FIRST_WAY] + group], n[n[END_WAY] + group]


@compiled
def fail_struck(n: Run) -> None:
    """Fail the units that are marked, each in the way that is drawn for it."""
    for unit in range(n[UNITS]):
        if n[n[IS_UP] + unit] == NONE:
            n[n[IS_UP] + unit] = 0
            fail(n, unit, n[n[OUTAGE] + unit])


@compiled
def go_round(n: Run, group: int) -> None:
    """Take the next unit of a group away as planned, or wait for the next round; skip those that find one away."""
    x = n.view(np.float64)
    actor = n[UNITS] + n[SHOCKS] + group
    law, first, end = n[n[REFRESH] + group], n[n[FIRST_UNIT] + group], n[n[END_UNIT] + group]
    stream = n[STREAMS] - n[GROUPS] + group
    while True:
        if n[n[TURN] + group] >= end - first:
            n[n[ROUNDS] + group] += 1
            n[n[TURN] + group] = 0
            due = n[n[ROUNDS] + group] * x[n[REFRESH_EVERY] + group] + x[n[REFRESH_OFFSET] + group]
            if due > x[CLOCK]:
                put(n, actor, due)
                return
        all_up = True
        for other in range(first, end):
            all_up = all_up and n[n[IS_UP] + other] == 1
        if not all_up:
            n[n[TURN] + group] = end - first
            continue
        unit = first + n[n[TURN] + group]
        n[n[TURN] + group] += 1
        x[n[PLANNED_HOURS] + unit] = draw(n, law, stream)
        fail(n, unit, PLANNED)
        return
