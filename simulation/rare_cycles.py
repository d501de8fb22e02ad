"""Regenerative cycles of a Markov model, jump by jump, where failures may be made to come more often than they do.

A cycle goes from all units up to all units up again. Up to the first failure of the measure in question a biased cycle
lets failures and shocks come with a chance of at least BIAS against repairs, each of them not too seldom; from then on,
and in a plain cycle, all is as the rates say. A jump's holding time is its mean, which is exact for ratios of means
(discrete-time conversion: Hordijk, Iglehart & Schassberger, 1976).
"""

import numpy as np

from simulation.compiled import compiled
from simulation.compiled_draws import Numbers, Words, next_word, share
from simulation.conditions import is_available
from simulation.kernel import (
    fail,
    fail_struck,
    go_on,
    mark_struck,
    pass_stage,
    serve_waiting,
    ways,
)
from simulation.memory import AWAY, CHANCE, END_WAY, FIRST_WAY, GROUP_OF, IS_UP, OUTAGE, PARTS, RATE, SHOCKS, UNITS, Run
from simulation.waits import await_shock

RATIO, DOWN_HOURS, FAILURES, HOURS, HOURS_BEFORE, FAILS = range(6)
"""Columns of what a cycle yields: chance of its jumps until the first failure as they are over as they are biased;
hours not available; failures of the measure; hours; hours until the first failure or the end; 1 where there was one."""
COLUMNS = 6
BIAS, BALANCE = range(2)
"""Places of the settings: the least chance of a failure as the next jump; the share of choices among failures (and
among the ways of one) that are made as if all were alike."""
JUMPS_A_CYCLE_MAX, CYCLES_MIN = 300, 1_000
"""Cycles have at most so many jumps on average; fewer cycles than the second as many as these together."""


@compiled
def run_cycles(n: Run, measure: int, biased: bool, settings: Numbers, luck: Words, found: Numbers) -> bool:
    """Fill a row of `found` per cycle; return False where they come to no end."""
    jumps, most = 0, JUMPS_A_CYCLE_MAX * max(len(found), CYCLES_MIN)
    for cycle in range(len(found)):
        found[cycle, :] = 0.0
        found[cycle, RATIO] = 1.0
        jumps += _run_cycle(n, measure, biased, settings, luck, found[cycle], most - jumps)
        if jumps >= most:
            return False
    return True


@compiled
def _run_cycle(n: Run, measure: int, biased: bool, settings: Numbers, luck: Words, found: Numbers, most: int) -> int:
    """Fill a cycle's row; return its jumps, of which there are `most` where it was not over yet."""
    holds = True
    for jumps in range(1, most):
        hold = 1.0 / _rate_of_all(n)
        found[HOURS] += hold
        if not holds:
            found[DOWN_HOURS] += hold
        if not found[FAILS]:
            found[HOURS_BEFORE] += hold
        ratio = _jump(n, biased and not found[FAILS], settings, luck)
        if not found[FAILS]:
            found[RATIO] *= ratio
        held, holds = holds, is_available(n, measure)
        if held and not holds:
            found[FAILURES] += 1.0
            found[FAILS] = 1.0
        if n[AWAY] == 0:
            return jumps
    return most


@compiled
def _rate_of_all(n: Run) -> float:
    x, total = n.view(np.float64), 0.0
    for actor in range(n[UNITS] + n[SHOCKS]):
        total += x[n[RATE] + actor]
    return total


@compiled
def _rate_of_failures(n: Run) -> float:
    x, total = n.view(np.float64), 0.0
    for actor in range(n[UNITS] + n[SHOCKS]):
        if _is_failure(n, actor):
            total += x[n[RATE] + actor]
    return total


@compiled
def _is_failure(n: Run, actor: int) -> bool:
    """Say whether an actor's next step is a failure: a shock, or that of a unit which is up."""
    return bool(actor >= n[UNITS] or n[n[IS_UP] + actor] == 1)


@compiled
def _jump(n: Run, biased: bool, settings: Numbers, luck: Words) -> float:
    """Let the next thing happen; return its chance as it is over its chance as it is biased, whichever was drawn by."""
    x, units = n.view(np.float64), n[UNITS]
    actors = units + n[SHOCKS]
    total, failures = _rate_of_all(n), _rate_of_failures(n)
    kinds = 0
    for actor in range(actors):
        kinds += int(_is_failure(n, actor) and x[n[RATE] + actor] > 0)
    least = 1.0 if failures >= total else settings[BIAS] if failures > 0 else 0.0
    of_failure = max(least, failures / total)
    actor = _drawn(n, biased, of_failure, settings[BALANCE] / max(kinds, 1), settings[BALANCE], luck)
    rate = x[n[RATE] + actor]
    if _is_failure(n, actor):
        chance = of_failure * (settings[BALANCE] / kinds + (1 - settings[BALANCE]) * rate / failures)
    else:
        chance = (1 - of_failure) * rate / (total - failures)
    return float(rate / total / chance) * _happen(n, actor, biased, settings[BALANCE], luck)


@compiled
def _drawn(n: Run, biased: bool, of_failure: float, each: float, balance: float, luck: Words) -> int:
    """Draw the actor of the next jump."""
    x, actors = n.view(np.float64), n[UNITS] + n[SHOCKS]
    total, failures = _rate_of_all(n), _rate_of_failures(n)
    left, last = share(next_word(luck, 0)), 0
    for actor in range(actors):
        rate = x[n[RATE] + actor]
        if rate <= 0:
            continue
        last = actor
        if not biased:
            left -= rate / total
        elif _is_failure(n, actor):
            left -= of_failure * (each + (1 - balance) * rate / failures)
        else:
            left -= (1 - of_failure) * rate / (total - failures)
        if left < 0 and (not biased or of_failure < 1 or _is_failure(n, actor)):
            return actor
    return last


@compiled
def _happen(n: Run, actor: int, biased: bool, balance: float, luck: Words) -> float:
    """Let an actor's step happen; return the ratio of chances of the ways that were drawn."""
    ratio = 1.0
    if actor >= n[UNITS]:
        ratio = _strike(n, actor - n[UNITS], biased, balance, luck)
    elif n[n[IS_UP] + actor] == 1:
        group = n[n[GROUP_OF] + actor]
        first, end = n[n[FIRST_WAY] + group], n[n[END_WAY] + group]
        alike = biased and share(next_word(luck, 0)) < balance
        way = _way(n, first, end, alike, luck)
        chance = n.view(np.float64)[n[CHANCE] + way]
        ratio = chance / (balance / _kinds(n, first, end) + (1 - balance) * chance)
        fail(n, actor, way)
    elif n[n[PARTS] + actor] > 1:
        n[n[PARTS] + actor] -= 1
    else:
        pass_stage(n, actor)
        go_on(n, actor, 0)
    serve_waiting(n)
    return ratio


@compiled
def _strike(n: Run, shock: int, biased: bool, balance: float, luck: Words) -> float:
    """Fail all that a shock strikes; return the ratio of chances of the ways, drawn alike for all units or for none."""
    mark_struck(n, shock)
    alike = biased and share(next_word(luck, 0)) < balance
    chances = evenly = 1.0
    for unit in range(n[UNITS]):
        if n[n[IS_UP] + unit] < 0:
            first, end = ways(n, shock, unit)
            way = _way(n, first, end, alike, luck)
            n[n[OUTAGE] + unit] = way
            chances *= n.view(np.float64)[n[CHANCE] + way]
            evenly /= _kinds(n, first, end)
    fail_struck(n)
    await_shock(n, shock)
    return chances / (balance * evenly + (1 - balance) * chances)


@compiled
def _way(n: Run, first: int, end: int, alike: bool, luck: Words) -> int:
    """Draw an outage, as its chance says or as if all that can be were alike."""
    x, kinds = n.view(np.float64), _kinds(n, first, end)
    left, last = share(next_word(luck, 0)), first
    for way in range(first, end):
        chance = x[n[CHANCE] + way]
        if chance > 0:
            last = way
            left -= 1.0 / kinds if alike else chance
            if left < 0:
                return way
    return last


@compiled
def _kinds(n: Run, first: int, end: int) -> int:
    """Return how many of some outages can be."""
    x, kinds = n.view(np.float64), 0
    for way in range(first, end):
        kinds += int(x[n[CHANCE] + way] > 0)
    return kinds
