"""What an actor waits for: a time at which it is due (in a heap), or, in a run by rates, a rate at which it comes."""

import math

import numpy as np

from simulation.compiled import compiled
from simulation.compiled_draws import Kind, hours, next_word, share
from simulation.event_heap import put, take_out
from simulation.memory import (
    BY_RATES,
    CLOCK,
    CREWS,
    DORMANT,
    END_VALUE,
    FAILURE,
    FIRST_VALUE,
    GROUP_OF,
    LAW_FIRST,
    LAW_KIND,
    LAW_SECOND,
    PARTS,
    RATE,
    SHOCK_MEAN,
    STREAM,
    UNIT_STREAMS,
    UNITS,
    VALUES,
    WORKS,
    Run,
)

_GAMMA = int(Kind.GAMMA)
_DETERMINISTIC = int(Kind.DETERMINISTIC)


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
