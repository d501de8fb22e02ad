"""Crews: who has one, who waits for one, and who is next."""

import numpy as np

from simulation.compiled import compiled
from simulation.compiled_draws import next_word, share
from simulation.memory import (
    BUSY,
    COME,
    COME_RING,
    DISCIPLINE,
    FIRST_COME,
    GROUP_OF,
    GROUPS,
    RANK,
    SIZE,
    STREAM,
    UNIT_STREAMS,
    UNITS,
    WAITING,
    WAITING_COUNT,
    Run,
)

PRIORITY, RANDOM = 1, 2


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
