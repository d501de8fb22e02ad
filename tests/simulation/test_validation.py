"""The table of known answers, through what users call: shipped scenarios, `simulate`, and the command."""

import json
from itertools import count

import pytest
from click.testing import CliRunner

from simulation import load_scenario, simulate
from simulation.cli import simulate as command
from simulation.ctmc import build_chain, transient_availability
from simulation.engines import EXACT
from simulation.errors import NotApplicable
from simulation.scenario import Scenario

KNOWN = [
    ("guide_1", {}, "fresh_read_availability", 0.997772828508),
    ("guide_2", {}, "fresh_read_availability", 0.999995039707),
    ("guide_3", {}, "fresh_read_availability", 0.999999988953),
    ("two_units_one_crew", {}, "service_unavailability", 0.016393442623),
    ("two_units_one_crew", {"crews.crew.size": 2}, "service_unavailability", 0.008264462810),
    ("two_units_one_crew", {}, "service_mean_hours_to_failure", 650.0),
    ("k_2_of_3", {}, "service_availability", 0.999411996437),
    ("k_2_of_3", {"crews.crew.size": 3}, "service_availability", 0.999707852365),
    ("k_3_of_5", {"crews.crew.size": 1}, "service_availability", 0.999941817074),
    ("k_3_of_5", {}, "service_availability", 0.999985584651),
    ("k_3_of_5", {"crews.crew.size": 5}, "service_availability", 0.999990437675),
    ("cold_standby", {}, "service_availability", 0.990990990991),
    ("cold_standby", {}, "service_mean_hours_to_failure", 1200.0),
    ("two_machines", {}, "machine_availability", 0.6),
    ("two_machines", {"crews.repairer.size": 2}, "machine_availability", 2 / 3),
]
RARE, RARE_CYCLES_MAX = 5.9982e-12, 1_000_000
SIMULATED = [row for row in KNOWN if not row[2].endswith("to_failure")]
CHANCE = 1e-4
"""Of a wrong alarm, over all simulated rows together."""


def changed(name: str, changes: dict[str, int]) -> Scenario:
    scenario = load_scenario(name)
    for key, value in changes.items():
        scenario = scenario.changed(key, value)
    return scenario


@pytest.mark.parametrize(("name", "changes", "estimate", "answer"), KNOWN)
def test_exact_engines_give_the_known_answer_to_1e_9(
    name: str, changes: dict[str, int], estimate: str, answer: float
) -> None:
    scenario, tried = changed(name, changes), 0
    for engine in EXACT:
        try:
            found = simulate(scenario, engine=engine).estimates[estimate]
        except NotApplicable:
            continue
        if engine == "form" and estimate.endswith("to_failure"):
            continue
        tried += 1
        assert found.value == pytest.approx(answer, rel=1e-9, abs=1e-12)
        assert found.low == found.value == found.high
    assert tried


@pytest.mark.parametrize("engine", ["fast", "simpy"])
@pytest.mark.parametrize(("name", "changes", "estimate", "answer"), SIMULATED)
def test_simulated_intervals_hold_the_known_answer(
    engine: str, name: str, changes: dict[str, int], estimate: str, answer: float
) -> None:
    days = 40 if name == "two_machines" else 7300 if engine == "fast" else 730
    confidence = 1 - CHANCE / len(SIMULATED) / 2
    result = simulate(changed(name, changes), engine=engine, horizon_days=days, replications=20, confidence=confidence)
    found = result.estimates[estimate]
    assert found.low <= answer <= found.high
    assert found.high - found.low < 1


@pytest.mark.parametrize(("hours", "answer"), [(10.0, 0.9393519167), (50.0, 0.9094624338)])
def test_one_unit_from_new_has_the_known_availability_after_some_hours(hours: float, answer: float) -> None:
    model = changed("two_units_one_crew", {"components.unit.count": 1}).model()
    (found,) = transient_availability(build_chain(model), model.measures[0], [hours])
    assert found == pytest.approx(answer, abs=1e-10)


def test_the_rare_row_is_known_to_two_percent_within_a_million_cycles_by_the_command() -> None:
    words = ["rare", "--engine", "rare", "--rel-error", "0.02", "--seed", "1", "--json", "-"]
    done = CliRunner().invoke(command, words)
    found = json.loads(done.stdout)["estimates"]["service_unavailability"]
    assert done.exit_code == 0
    assert found["low"] <= RARE <= found["high"]
    assert (found["high"] - found["low"]) / 2 <= 0.02 * found["value"]
    assert 0 < found["samples"] <= RARE_CYCLES_MAX


def test_the_rare_intervals_miss_no_more_often_than_they_say() -> None:
    """By seeds from 1: of 60 intervals of 95 % more than 10 miss by chance in less than one case of 10,000."""
    found = (simulate(load_scenario("rare"), engine="rare", seed=seed) for seed in count(1))
    lost = [next(found).measures["service"].unavailability for _ in range(60)]
    assert sum(not each.low <= RARE <= each.high for each in lost) <= 10
