"""Estimates: from runs whose every hour is known, and that intervals hold exact answers as often as they say."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simulation import analytic
from simulation.estimates import Basis, Method, choose_method, estimate_measures, estimate_staleness
from simulation.intervals import fieller_interval
from simulation.model import HOURS_A_YEAR, Measure, Model
from simulation.observations import Load, by_cycle, by_load, by_year, down_until
from simulation.processes import simulate_once
from simulation.structure import parse_expression
from simulation.trace import Replication
from tests.simulation.models import model_of, units

REPEATS = 200
PAIR = model_of([units("a", 2, 0.2, 1.0)], "a")


def run_of(
    hours: float, *, regenerations: tuple[float, ...] = (0.0,), **down: list[tuple[float, float]]
) -> Replication:
    spans = {name: np.array(each, dtype=np.float64).reshape(-1, 2) for name, each in down.items()}
    return Replication(hours, spans, np.array(regenerations), 0)


def model_with(*names: str) -> Model:
    expression = parse_expression("a", ["a"])
    return replace(PAIR, measures=tuple(Measure(name, expression, counts_stale=name == "reads") for name in names))


def test_known_runs_have_known_estimates() -> None:
    runs = [run_of(100.0, reads=[(10, 12), (50, 51)]), run_of(100.0, reads=[(98, 100)])]
    found = estimate_measures(model_with("reads"), runs)["reads"]
    assert found.unavailability.value == pytest.approx(5 / 200)
    assert found.availability.value == pytest.approx(195 / 200)
    assert found.mtbf_hours.value == pytest.approx(195 / 3)
    assert found.mttr_hours.value == pytest.approx(5 / 3)
    assert found.outages_year.value == pytest.approx(3 / 200 * HOURS_A_YEAR)
    assert found.downtime_minutes_year.value == pytest.approx(5 / 200 * HOURS_A_YEAR * 60)
    assert found.longest_outage_hours.value == 2.0
    assert found.outages_seen == 3
    assert set(found.named()) >= {"read_availability", "read_outage_hours_p999", "read_longest_outage_hours_p50"}


def test_what_is_before_the_end_of_the_warm_up_is_left_out() -> None:
    runs = [run_of(100.0, reads=[(10, 30), (50, 52)]), run_of(100.0, reads=[(60, 61)])]
    found = estimate_measures(model_with("reads"), runs, Basis(warmup_hours=20.0))["reads"]
    assert found.unavailability.value == pytest.approx((10 + 2 + 1) / 160)
    assert found.outages_seen == 2


def test_hours_of_outage_before_a_time() -> None:
    spans = np.array([[1.0, 2.0], [4.0, 7.0]])
    assert down_until(spans, [0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 9.0]).tolist() == [0, 0, 0.5, 1, 1, 2, 4, 4]
    assert down_until(np.empty((0, 2)), [1.0, 2.0]).tolist() == [0, 0]


def test_cycles_are_cut_at_regenerations_and_the_last_is_left_out() -> None:
    seen = by_cycle([run_of(10.0, regenerations=(0.0, 4.0, 8.0), reads=[(1, 2), (5, 6), (9, 10)])], "reads")
    assert (seen.hours.tolist(), seen.down_hours.tolist(), seen.outages.tolist()) == ([4, 4], [1, 1], [1, 1])


def test_years_have_their_outages_and_the_longest() -> None:
    year = HOURS_A_YEAR
    found = by_year(
        [run_of(2.5 * year, reads=[(1, 2), (5, 9), (year + 1, year + 2), (2.4 * year, 2.5 * year)])], "reads", 0
    )
    assert (found.outages.tolist(), found.longest_hours.tolist()) == ([2, 1], [4, 1])
    short = by_year([run_of(50.0, reads=[(1, 2)]), run_of(50.0, reads=[])], "reads", 10.0)
    assert (short.window_hours, short.outages.tolist(), short.longest_hours.tolist()) == (40.0, [0, 0], [0, 0])


def test_requests_weigh_by_the_hour_they_are_made_in() -> None:
    """An outage in the one busy hour of a day costs all requests, one at any other hour none."""
    busy = tuple(float(hour == 9) for hour in range(24))
    assert Load(busy).until([0.0, 9.0, 9.5, 10.0, 33.25, 48.0]).tolist() == [0, 0, 0.5, 1, 1.25, 2]
    made = by_load([run_of(48.0, reads=[(9.5, 12.0)]), run_of(48.0, reads=[(12.0, 33.0)])], "reads", 0.0, Load(busy))
    assert (made.hours.tolist(), made.down_hours.tolist()) == ([2, 2], [0.5, 0])
    model = replace(model_with("reads"), load_by_hour=busy)
    night = [run_of(48.0, reads=[(12.0, 20.0)]), run_of(48.0, reads=[(12.0, 20.0)])]
    found = estimate_measures(model, night)["reads"]
    assert found.request_availability.value == 1.0
    assert found.availability.value == pytest.approx(1 - 8 / 48)


def test_staleness_is_the_age_since_fresh_reads_stopped() -> None:
    """Fresh reads stop for 4 hours, in the second of which nothing is read: ages 0 to 1 and 2 to 4 are served."""
    model = model_with("reads", "fresh_reads")
    runs = [run_of(103.0, reads=[(11, 12), (50, 52)], fresh_reads=[(10, 14), (50, 52)])] * 2
    found = estimate_staleness(model, runs)
    assert found is not None
    assert found.share.value == pytest.approx(3 / 100)
    stale = {share: each.value / 3600 for share, each in found.stale_seconds_quantiles}
    assert stale[0.5] == pytest.approx(2.5)
    assert stale[0.9] == pytest.approx(3.7)
    served = {share: each.value / 3600 for share, each in found.seconds_quantiles}
    assert served[0.9] == 0
    assert served[0.99] == pytest.approx(3.0)
    assert estimate_staleness(model_with("reads"), runs) is None


def test_a_single_run_is_judged_by_its_cycles() -> None:
    one = simulate_once(PAIR, 2000.0, 1)
    assert choose_method([one]) is Method.REGENERATIVE
    assert choose_method([simulate_once(PAIR, 50.0, 1, run) for run in range(20)]) is Method.REPLICATIONS
    alone = estimate_measures(PAIR, [one])["good"].unavailability
    assert (alone.low, alone.high) == (0.0, 1.0)
    by_cycles = estimate_measures(PAIR, [one], Basis(method=Method.REGENERATIVE))["good"].unavailability
    assert by_cycles.low < analytic.unavailability(PAIR, PAIR.measures[0]) < by_cycles.high
    assert by_cycles.relative_error < 0.5


@pytest.mark.slow
def test_intervals_of_95_percent_hold_the_exact_availability_so_often() -> None:
    """By replications, by cycles, and by cycles with Fieller, from the same runs."""
    exact, held = analytic.unavailability(PAIR, PAIR.measures[0]), np.zeros(3)
    for repeat in range(REPEATS):
        runs = [simulate_once(PAIR, 100.0, repeat, number) for number in range(12)]
        seen = by_cycle(runs, "good")
        by_runs = estimate_measures(PAIR, runs, Basis(warmup_hours=5.0))["good"].unavailability
        by_cycles = estimate_measures(PAIR, runs, Basis(method=Method.REGENERATIVE))["good"].unavailability
        fieller = fieller_interval(seen.down_hours, seen.hours, 0.95)
        found = [(by_runs.low, by_runs.high), (by_cycles.low, by_cycles.high), (fieller.low, fieller.high)]
        held += [low <= exact <= high for low, high in found]
    assert np.all(held / REPEATS >= 0.92)
    assert np.all(held / REPEATS <= 0.98)


def test_an_unknown_is_no_number() -> None:
    found = estimate_measures(model_with("reads"), [run_of(100.0, reads=[]), run_of(100.0, reads=[])])["reads"]
    assert math.isnan(found.mttr_hours.value)
    assert found.mttr_hours.high == math.inf
    assert found.outages_year.high == pytest.approx(3.688879 / 200 * HOURS_A_YEAR, rel=1e-6)
