"""A binary heap of the actors that are due, soonest first; of those due at the same time, the first that was put in."""

import numpy as np

from simulation.compiled import compiled
from simulation.memory import DUE, DUE_COUNT, HEAP, ORDER, PLACE, PUT_COUNT, Run


@compiled
def put(n: Run, actor: int, due_hours: float) -> None:
    """Put an actor in, or change when it is due."""
    x = n.view(np.float64)
    x[n[DUE] + actor] = due_hours
    n[n[ORDER] + actor] = n[PUT_COUNT]
    n[PUT_COUNT] += 1
    place = n[n[PLACE] + actor]
    if place < 0:
        place = n[DUE_COUNT]
        n[DUE_COUNT] += 1
        n[n[HEAP] + place] = actor
    _settle(n, actor, place)


@compiled
def take_out(n: Run, actor: int) -> None:
    """Take an actor out, if it is in."""
    place = n[n[PLACE] + actor]
    if place < 0:
        return
    n[n[PLACE] + actor] = -1
    n[DUE_COUNT] -= 1
    last = n[n[HEAP] + n[DUE_COUNT]]
    if last != actor:
        _settle(n, last, place)


@compiled
def _settle(n: Run, actor: int, place: int) -> None:
    """Put an actor where it belongs, above or below a place that is free for it."""
    heap, count = n[HEAP], n[DUE_COUNT]
    while place > 0 and _is_before(n, actor, n[heap + ((place - 1) >> 1)]):
        parent = (place - 1) >> 1
        _lay(n, n[heap + parent], place)
        place = parent
    while 2 * place + 1 < count:
        child = 2 * place + 1
        if child + 1 < count and _is_before(n, n[heap + child + 1], n[heap + child]):
            child += 1
        if not _is_before(n, n[heap + child], actor):
            break
        _lay(n, n[heap + child], place)
        place = child
    _lay(n, actor, place)


@compiled
def _lay(n: Run, actor: int, place: int) -> None:
    n[n[HEAP] + place] = actor
    n[n[PLACE] + actor] = place


@compiled
def _is_before(n: Run, actor: int, other: int) -> bool:
    x = n.view(np.float64)
    one, two = x[n[DUE] + actor], x[n[DUE] + other]
    return bool(one < two or (one == two and n[n[ORDER] + actor] < n[n[ORDER] + other]))
