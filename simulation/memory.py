"""A model and a run of it in one plain array, so that compiled functions pass it on at no cost.

Tables lie one behind the other; the head says where each begins, so of a run `n` the cell `row` of the table `WORKS` is
`n[n[WORKS] + row]`. Numbers that there is one of lie in the head itself. Hours, chances and rates are 64-bit floating
point numbers in the same cells, read by `n.view(np.float64)`; random streams are words, `n.view(np.uint64)`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.compiled_draws import Words
from simulation.lowering import NONE, Plan

(UNITS, GROUPS, SHOCKS, CREWS, MEASURES, UNIT_STREAMS, STREAMS, BY_RATES) = range(8)
"""How many there are of each; UNIT_STREAMS are those of one unit. BY_RATES: 1 in a run without a clock."""
(EVENTS, AWAY, CHANGED, FIRST_COME, COME, DUE_COUNT, PUT_COUNT) = range(8, 15)
"""Changes of state; units not up; whether what is shown changed since it was looked at; the first and the number of
units a crew has just come to; actors in the heap, and how many were ever put in."""
(GROUP_OF, IS_UP, WORKS, SHOWS, OUTAGE, STAGE, COME_RING) = range(15, 22)
"""Of a unit. IS_UP: NONE where a shock has struck it, at this instant. COME_RING: units in the order crews came."""
(FIRST_UNIT, END_UNIT, FAILURE, WORKING_MAX, CREW, FIRST_WAY, END_WAY, REFRESH, REFRESH_SHOWS) = range(22, 31)
"""Of a group, as planned. FIRST_WAY, END_WAY: its outages."""
(FRESH, GOOD, ROUNDS, TURN) = range(31, 35)
"""Of a group, now: units that are up; up or stale; rounds of planned absences; how many units had their turn."""
(STRUCK, FIRST_SHOCK_WAY, END_SHOCK_WAY) = range(35, 38)
"""Of a shock. STRUCK is by shock and group."""
(SIZE, DISCIPLINE, RANK, BUSY, WAITING, WAITING_COUNT) = range(38, 44)
"""Of a crew. RANK is by crew and group, WAITING by crew and place in the queue."""
(FIRST_STAGE, END_STAGE, FIRST_NEED, LAST_NEED) = range(44, 48)
"""Of an outage; the last two are the stages between which it holds a crew."""
(STAGE_LAW, STAGE_SHOWS, STAGE_STREAM) = range(48, 51)
(LAW_KIND, FIRST_VALUE, END_VALUE) = range(51, 54)
(PROGRAM, END_PROGRAM, COUNTS_STALE, TOUCHED, SPOKEN_OF) = range(54, 59)
"""Of a measure. TOUCHED: it has to be looked at. SPOKEN_OF is by group and measure."""
(STEP_KIND, STEP_NUMBER, STACK) = range(59, 62)
"""Of a step of a measure's program."""
(HEAP, PLACE, ORDER, PARTS) = range(62, 66)
"""Of an actor; HEAP: the actors in their places. PARTS: exponential steps its duration is made of, by rates."""
(DORMANT, REFRESH_EVERY, REFRESH_OFFSET) = range(66, 69)
"""Of a group; from here on, where tables begin among the hours."""
(SHOCK_MEAN, CHANCE, LAW_FIRST, LAW_SECOND, VALUES, PLANNED_HOURS, DUE, RATE) = range(69, 77)
"""Of a shock, an outage, a law (three), a unit, an actor (two)."""
STREAM = 77
"""How far each random stream is."""
CLOCK = 78
"""The time itself, in hours."""
HEAD = 79


Run = NDArray[np.int64]
"""A run as it stands, and the plan it follows; it is changed in place."""


def new_run(plan: Plan, *, by_rates: bool) -> Run:
    """Return all units up and as new; nothing is drawn yet."""
    units, groups, crews, measures = len(plan.group_of), len(plan.units), len(plan.crews), len(plan.measures)
    actors = units + len(plan.shock_mean) + groups
    head = [units, groups, len(plan.shock_mean), crews, measures, plan.unit_streams, len(plan.stream_names)]
    tables = {**_planned(plan), **_changing(plan, actors)}
    hours = {
        DORMANT: plan.dormant_factor,
        REFRESH_EVERY: plan.refresh_hours[:, 0],
        REFRESH_OFFSET: plan.refresh_hours[:, 1],
        SHOCK_MEAN: plan.shock_mean,
        CHANCE: plan.chance,
        LAW_FIRST: plan.law_numbers[:, 0],
        LAW_SECOND: plan.law_numbers[:, 1],
        VALUES: plan.values,
        PLANNED_HOURS: np.zeros(units),
        DUE: np.zeros(actors),
        RATE: np.zeros(actors),
    }
    flat = {table: np.ravel(cells).astype(np.int64) for table, cells in tables.items()}
    flat |= {table: cells.astype(np.float64).view(np.int64) for table, cells in hours.items()}
    flat[STREAM] = np.zeros(len(plan.stream_names), dtype=np.int64)
    run = np.concatenate([np.zeros(HEAD, dtype=np.int64), *flat.values()])
    run[: len(head)] = head
    run[BY_RATES] = by_rates
    run[list(flat)] = HEAD + np.cumsum([0, *(len(cells) for cells in flat.values())])[:-1]
    return run


def streams_of(run: Run) -> Words:
    """Return a run's random streams, to be begun."""
    return run[run[STREAM] : run[STREAM] + run[STREAMS]].view(np.uint64)


def clock_hours(run: Run) -> float:
    """Return a run's time."""
    return float(run[CLOCK : CLOCK + 1].view(np.float64)[0])


def _planned(plan: Plan) -> dict[int, ArrayLike]:
    """Return the tables that stay as they are."""
    return {
        GROUP_OF: plan.group_of,
        FIRST_UNIT: plan.units[:, 0],
        END_UNIT: plan.units[:, 1],
        FAILURE: plan.failure,
        WORKING_MAX: plan.working_max,
        CREW: plan.crew_of,
        FIRST_WAY: plan.outages[:, 0],
        END_WAY: plan.outages[:, 1],
        REFRESH: plan.refresh[:, 0],
        REFRESH_SHOWS: plan.refresh[:, 1],
        STRUCK: plan.struck,
        FIRST_SHOCK_WAY: plan.shock_outages[:, 0],
        END_SHOCK_WAY: plan.shock_outages[:, 1],
        SIZE: plan.crews[:, 0],
        DISCIPLINE: plan.crews[:, 1],
        RANK: plan.ranks,
        FIRST_STAGE: plan.stages[:, 0],
        END_STAGE: plan.stages[:, 1],
        FIRST_NEED: plan.stages[:, 2],
        LAST_NEED: plan.stages[:, 3],
        STAGE_LAW: plan.stage[:, 0],
        STAGE_SHOWS: plan.stage[:, 1],
        STAGE_STREAM: plan.stage[:, 2],
        LAW_KIND: plan.law_kind,
        FIRST_VALUE: plan.law_values[:, 0],
        END_VALUE: plan.law_values[:, 1],
        PROGRAM: plan.measures[:, 0],
        END_PROGRAM: plan.measures[:, 1],
        COUNTS_STALE: plan.measures[:, 2],
        SPOKEN_OF: plan.spoken_of,
        STEP_KIND: plan.program[:, 0],
        STEP_NUMBER: plan.program[:, 1],
    }


def _changing(plan: Plan, actors: int) -> dict[int, ArrayLike]:
    """Return the tables that change, as they are when every unit is up."""
    units, crews = len(plan.group_of), len(plan.crews)
    counts = plan.units[:, 1] - plan.units[:, 0]
    return {
        IS_UP: np.ones(units),
        **dict.fromkeys((WORKS, SHOWS, OUTAGE, STAGE, COME_RING), np.zeros(units)),
        FRESH: counts,
        GOOD: counts,
        ROUNDS: np.zeros(len(counts)),
        TURN: counts,
        **dict.fromkeys((BUSY, WAITING_COUNT), np.zeros(crews)),
        WAITING: np.zeros((crews, units)),
        TOUCHED: np.ones(len(plan.measures)),
        STACK: np.zeros(len(plan.program) + 1),
        PLACE: np.full(actors, NONE),
        **dict.fromkeys((HEAP, ORDER, PARTS), np.zeros(actors)),
    }
