"""What users get: how many units of each group are good, and which measures hold."""

from simulation.compiled import compiled
from simulation.lowering import ABOVE, ALL, AT_LEAST, AT_MOST, BELOW, CONSTANT, COUNT, DOWN, EQUAL, NOT, OUT_OF, UP
from simulation.memory import (
    CHANGED,
    COUNTS_STALE,
    END_PROGRAM,
    EVENTS,
    FRESH,
    GOOD,
    GROUP_OF,
    MEASURES,
    PROGRAM,
    SHOWS,
    SPOKEN_OF,
    STACK,
    STEP_KIND,
    STEP_NUMBER,
    TOUCHED,
    Run,
)


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
