"""What happens to units, step by step, on plain arrays: the semantics that both compiled engines share.

The same as in `processes`: a unit fails, goes through its outage's stages, waits for a crew where one is needed, and
comes back; units in standby take the places of those that are away. An actor that is waiting for something to happen by
itself has either a time at which it is due (in a heap), or, in a run by rates, a rate at which it comes.
"""

import math

import numpy as np

from simulation.compiled import compiled
from simulation.compiled_draws import Kind, hours, next_word, share
from simulation.event_heap import put, take_out
from simulation.lowering import (
    ABOVE,
    ALL,
    AT_LEAST,
    AT_MOST,
    BELOW,
    CONSTANT,
    COUNT,
    DOWN,
    EQUAL,
    NONE,
    NOT,
    OUT_OF,
    UP,
)
from simulation.memory import (
    AWAY,
    BUSY,
    BY_RATES,
    CHANCE,
    CHANGED,
    CLOCK,
    COME,
    COME_RING,
    COUNTS_STALE,
    CREW,
    CREWS,
    DISCIPLINE,
    DORMANT,
    END_PROGRAM,
    END_SHOCK_WAY,
    END_STAGE,
    END_UNIT,
    END_VALUE,
    END_WAY,
    EVENTS,
    FAILURE,
    FIRST_COME,
    FIRST_NEED,
    FIRST_SHOCK_WAY,
    FIRST_STAGE,
    FIRST_UNIT,
    FIRST_VALUE,
    FIRST_WAY,
    FRESH,
    GOOD,
    GROUP_OF,
    GROUPS,
    IS_UP,
    LAST_NEED,
    LAW_FIRST,
    LAW_KIND,
    LAW_SECOND,
    MEASURES,
    OUTAGE,
    PARTS,
    PLANNED_HOURS,
    PROGRAM,
    RANK,
    RATE,
    REFRESH,
    REFRESH_EVERY,
    REFRESH_OFFSET,
    REFRESH_SHOWS,
    ROUNDS,
    SHOCK_MEAN,
    SHOCKS,
    SHOWS,
    SIZE,
    SPOKEN_OF,
    STACK,
    STAGE,
    STAGE_LAW,
    STAGE_SHOWS,
    STAGE_STREAM,
    STEP_KIND,
    STEP_NUMBER,
    STREAM,
    STREAMS,
    STRUCK,
    TOUCHED,
    TURN,
    UNIT_STREAMS,
    UNITS,
    VALUES,
    WAITING,
    WAITING_COUNT,
    WORKING_MAX,
    WORKS,
    Run,
)

PLANNED = -2
"""The outage of a planned absence."""
PRIORITY, RANDOM = 1, 2
_DETERMINISTIC, _GAMMA = int(Kind.DETERMINISTIC), int(Kind.GAMMA)


@compiled
def begin(n: Run, actor: int, law: int, stream: int, factor: float) -> None:
    """Let an actor wait for a duration, `factor` times as fast as its law says."""
    x = n.view(np.float64)
    if n[BY_RATES]:
        x[n[RATE] + actor] = factor / x[n[LAW_FIRST] + law]
        n[n[PARTS] + actor] = int(x[n[LAW_SECOND] + law]) if n[n[LAW_KIND] + law] == _GAMMA else 1
    else:
        put(n, actor, x[CLOCK] + draw(n, law, stream) / factor)


@compiled
def draw(n: Run, law: int, stream: int) -> float:
    """Draw a duration of a law; one that is always the same takes nothing of the stream."""
    x = n.view(np.float64)
    kind = n[n[LAW_KIND] + law]
    if kind == _DETERMINISTIC:
        return float(x[n[LAW_FIRST] + law])
    values = x[n[VALUES] + n[n[FIRST_VALUE] + law] : n[VALUES] + n[n[END_VALUE] + law]]
    return hours(
        kind, x[n[LAW_FIRST] + law], x[n[LAW_SECOND] + law], values, next_word(n.view(np.uint64), n[STREAM] + stream)
    )


@compiled
def stop(n: Run, actor: int) -> None:
    """Let an actor wait for others alone."""
    x = n.view(np.float64)
    if n[BY_RATES]:
        x[n[RATE] + actor] = 0.0
    else:
        take_out(n, actor)


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
def await_failure(n: Run, unit: int) -> None:
    """Let a unit that is up wait for its own next failure."""
    x = n.view(np.float64)
    group = n[n[GROUP_OF] + unit]
    factor = 1.0 if n[n[WORKS] + unit] else x[n[DORMANT] + group]
    if factor > 0:
        begin(n, unit, n[n[FAILURE] + group], unit * n[UNIT_STREAMS], factor)
    else:
        stop(n, unit)


@compiled
def await_shock(n: Run, shock: int) -> None:
    """Let a shock wait for its next time."""
    x = n.view(np.float64)
    actor = n[UNITS] + shock
    if n[BY_RATES]:
        x[n[RATE] + actor] = 1.0 / x[n[SHOCK_MEAN] + shock]
        return
    stream = n[UNITS] * n[UNIT_STREAMS] + n[CREWS] + shock
    put(
        n,
        actor,
        x[CLOCK] - x[n[SHOCK_MEAN] + shock] * math.log(share(next_word(n.view(np.uint64), n[STREAM] + stream))),
    )


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
def take_crew(n: Run, unit: int, crew: int) -> bool:
    """Take a crew for a unit, or let it wait for one; return whether one is there."""
    if n[n[BUSY] + crew] < n[n[SIZE] + crew]:
        n[n[BUSY] + crew] += 1
        return True
    n[n[WAITING] + crew * n[UNITS] + n[n[WAITING_COUNT] + crew]] = unit
    n[n[WAITING_COUNT] + crew] += 1
    return False


@compiled
def leave(n: Run, crew: int) -> None:
    """Let a crew go to the next unit that waits."""
    count = n[n[WAITING_COUNT] + crew]
    if count == 0:
        n[n[BUSY] + crew] -= 1
        return
    waiting, ranks, at = n[WAITING] + crew * n[UNITS], n[RANK] + crew * n[GROUPS], 0
    if n[n[DISCIPLINE] + crew] == RANDOM:
        at = int(share(next_word(n.view(np.uint64), n[STREAM] + n[UNITS] * n[UNIT_STREAMS] + crew)) * count)
    elif n[n[DISCIPLINE] + crew] == PRIORITY:
        for place in range(1, count):
            if n[ranks + n[n[GROUP_OF] + n[waiting + place]]] < n[ranks + n[n[GROUP_OF] + n[waiting + at]]]:
                at = place
    unit = n[waiting + at]
    for place in range(at, count - 1):
        n[waiting + place] = n[waiting + place + 1]
    n[n[WAITING_COUNT] + crew] = count - 1
    n[n[COME_RING] + (n[FIRST_COME] + n[COME]) % n[UNITS]] = unit
    n[COME] += 1


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


@compiled
def show(n: Run, unit: int, after: int) -> None:
    """Note what users get of a unit from now on."""
    n[EVENTS] += 1
    before, group = n[n[SHOWS] + unit], n[n[GROUP_OF] + unit]
    if before == after:
        return
    n[n[SHOWS] + unit] = after
    n[CHANGED] = 1
    n[n[FRESH] + group] += int(after == UP) - int(before == UP)
    n[n[GOOD] + group] += int(after != DOWN) - int(before != DOWN)
    for measure in range(n[MEASURES]):
        n[n[TOUCHED] + measure] |= n[n[SPOKEN_OF] + group * n[MEASURES] + measure]


@compiled
def is_available(n: Run, measure: int) -> bool:
    """Run a measure's program."""
    counts = n[GOOD] if n[n[COUNTS_STALE] + measure] else n[FRESH]
    stack, top = n[STACK], -1
    for place in range(n[n[PROGRAM] + measure], n[n[END_PROGRAM] + measure]):
        step, number = n[n[STEP_KIND] + place], n[n[STEP_NUMBER] + place]
        if step == COUNT:
            top += 1
            n[stack + top] = n[counts + number]
        elif step == CONSTANT:
            top += 1
            n[stack + top] = number
        elif step == NOT:
            n[stack + top] = int(n[stack + top] == 0)
        elif step >= ALL:
            true = 0
            for at in range(top - number + 1, top + 1):
                true += int(n[stack + at] != 0)
            top -= number
            if step == OUT_OF:  # the number wanted lies below the conditions
                n[stack + top] = int(true >= n[stack + top])
            else:
                top += 1
                n[stack + top] = int(true == number) if step == ALL else int(true > 0)
        else:
            top -= 1
            n[stack + top] = compare(step, n[stack + top], n[stack + top + 1])
    return bool(n[stack] != 0)


@compiled
def compare(step: int, left: int, right: int) -> int:
    """Return the result of a step with two operands."""
    if step == AT_LEAST:
        return int(left >= right)
    if step == ABOVE:
        return int(left > right)
    if step == AT_MOST:
        return int(left <= right)
    if step == BELOW:
        return int(left < right)
    return int(left == right) if step == EQUAL else left + right
