"""Scenarios of any system: what each key means, and what is said of a wrong one."""

import tomllib
from pathlib import Path

import pytest

from simulation.errors import ScenarioError
from simulation.laws import (
    Deterministic,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Uniform,
    Weibull,
)
from simulation.model import Discipline, Model, Outage, Refresh, Shows, Stage, Standby
from simulation.scenario import read_scenario

WHOLE = """
title = "t"
kind = "system"

[components.pump]
count = 3
failure = { law = "weibull", shape = 1.5, mean_days = 10 }
crew = "shift"
standby = { active = 2, kind = "warm", dormant_factor = 0.25 }
refresh = { every_weeks = 2, time = { law = "deterministic", value_minutes = 30 }, shows = "stale" }
common_cause_beta = 0.1

[[components.pump.outages]]
name = "leak"
probability = 0.75
stages = [
    { name = "notice", time = { mean_minutes = 6 }, needs_crew = false, shows = "stale" },
    { name = "mend", time = { law = "gamma", shape = 2, mean_hours = 3 } },
]
[[components.pump.outages]]
name = "burst"
probability = 0.25
stages = [{ name = "replace", time = { mean_hours = 9 } }]

[components.valve]
failure = { rate_per_hour = 0.01 }
repair = { mean_hours = 1 }

[crews.shift]
size = 2
discipline = "priority"
priorities = ["valve", "pump"]
inspection_every_hours = 8

[[shocks]]
name = "flood"
mean_years = 2
components = ["valve", "pump"]
repair = { mean_days = 1 }

[load]
by_hour = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]

[measures]
flow = "pump >= 2 and valve"
trickle = { condition = "pump", counts_stale = true }
"""


def read(text: str, folder: Path = Path()) -> Model:
    return read_scenario(tomllib.loads(text), "test", folder).model()


def test_every_key_finds_its_place_in_the_model() -> None:
    model = read(WHOLE)
    pump, valve = model.groups
    assert (pump.name, pump.count, pump.crew) == ("pump", 3, "shift")
    assert pump.failure == Weibull.of_mean(1.5, 240.0).scaled(1 / 0.9)
    assert pump.standby == Standby(2, 0.25)
    assert pump.refresh == Refresh(336.0, Deterministic(0.5), Shows.STALE)
    wait = Stage("await inspection", Uniform(0.0, 8.0), Shows.DOWN)
    leak = (
        Stage("notice", Exponential(0.1), Shows.STALE),
        wait,
        Stage("mend", Gamma(2.0, 3.0), needs_crew=True),
    )
    burst = (wait, Stage("replace", Exponential(9.0), needs_crew=True))
    assert pump.outages == (Outage("leak", 0.75, leak), Outage("burst", 0.25, burst))
    assert valve.failure == Exponential(100.0)
    assert valve.outages == (Outage("failure", 1.0, (Stage("repair", Exponential(1.0)),)),)
    crew = model.crews[0]
    assert (crew.size, crew.discipline, crew.priorities) == (2, Discipline.PRIORITY, ("valve", "pump"))
    common, flood = model.shocks
    assert common.mean_hours == pytest.approx(2400.0)
    assert (common.groups, common.outages) == (("pump",), ())
    assert (flood.name, flood.mean_hours, flood.groups) == ("flood", 2 * 8766.0, ("pump", "valve"))
    assert flood.outages[0].stages[0].law == Exponential(24.0)
    assert [(measure.name, measure.counts_stale) for measure in model.measures] == [("flow", False), ("trickle", True)]
    assert len(model.load_by_hour) == 24


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("{ mean_seconds = 7200 }", Exponential(2.0)),
        ("{ law = 'exponential', mean_weeks = 1 }", Exponential(168.0)),
        ("{ law = 'weibull', shape = 2, scale_hours = 3 }", Weibull(2.0, 3.0)),
        ("{ law = 'lognormal', median_hours = 1, sigma = 0.5 }", Lognormal(0.0, 0.5)),
        ("{ law = 'lognormal', mean_minutes = 60, sigma = 0.5 }", Lognormal.of_mean(1.0, 0.5)),
        ("{ law = 'gamma', shape = 0.5, mean_days = 1 }", Gamma(0.5, 24.0)),
        ("{ law = 'deterministic', value_minutes = 90 }", Deterministic(1.5)),
        ("{ law = 'deterministic', value_minutes = 0 }", Deterministic(0.0)),
        ("{ law = 'uniform', low_seconds = 0, high_hours = 1 }", Uniform(0.0, 1.0)),
        ("{ law = 'empirical', values_minutes = [30, 60, 0] }", Empirical((0.5, 1.0, 0.0))),
        ("{ law = 'empirical', file = 'm.csv', column = 'repair_minutes' }", Empirical((0.5, 2.0))),
    ],
)
def test_laws_are_read_in_any_unit(text: str, law: Law, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("what,repair_minutes\nx,30\ny,\nz,120\n")
    one = SYSTEM.replace("{ mean_hours = 1 }", text)
    found = read(one, tmp_path).groups[0].outages[0].stages[0].law
    assert type(found) is type(law)
    assert found.mean_hours == pytest.approx(law.mean_hours)
    assert str(found)[:25] == str(law)[:25]


SYSTEM = """
title = "t"
kind = "system"
[components.unit]
count = 2
failure = { mean_days = 1 }
repair = { mean_hours = 1 }
crew = "shift"
[crews.shift]
size = 1
[measures]
service = "unit"
"""
WRONG = [
    ("mean_days = 1", "mean_days = 0", "components.unit.failure.mean_days is 0, expected above 0"),
    ("mean_days = 1", "mean_days = nan", "components.unit.failure.mean_days is nan, expected above 0"),
    ("mean_days = 1", "mean_days = inf", "components.unit.failure.mean_days is inf, expected above 0"),
    ("mean_days = 1", "mean_days = '1'", "components.unit.failure.mean_days is '1', expected a number"),
    ("mean_days = 1", "mean_days = true", "components.unit.failure.mean_days is True, expected a number"),
    ("mean_days = 1", "mean_days = 1e400", "components.unit.failure.mean_days is inf, expected above 0"),
    ("mean_days = 1", "mean_days = 1e17", "components.unit.failure.mean_days is 1e+17, expected above 0, at most"),
    ("mean_days = 1", "", "components.unit.failure.mean_seconds, _minutes, _hours or _days is missing"),
    ("mean_days = 1", "mean_dayz = 1", "components.unit.failure.mean_dayz is unknown; did you mean mean_days?"),
    ("mean_days = 1", "mean = 1", "components.unit.failure.mean_seconds, _minutes, _hours or _days is missing"),
    ("mean_days = 1", "mean_days = 1, mean_hours = 2", "components.unit.failure.mean_hours and mean_days contradict"),
    (
        "mean_days = 1",
        "mean_days = 1, rate_per_hour = 2",
        "components.unit.failure.rate_per_hour and a mean contradict",
    ),
    ("mean_days = 1", "mean_days = 1, shape = 2", "components.unit.failure.shape is unknown"),
    ("mean_days = 1", "rate_per_hour = -2", "components.unit.failure.rate_per_hour is -2, expected above"),
    ("mean_days = 1", "law = 'weibul', mean_days = 1", "components.unit.failure.law is 'weibul', expected one of"),
    ("mean_days = 1", "law = 'weibull', mean_days = 1", "components.unit.failure.shape is missing"),
    ("mean_days = 1", "law = 'weibull', shape = 0, mean_days = 1", "components.unit.failure.shape is 0, expected from"),
    ("mean_days = 1", "law = 'lognormal', mean_days = 1, sigma = -1", "components.unit.failure.sigma is -1"),
    ("mean_days = 1", "law = 'gamma', shape = 0, mean_days = 1", "components.unit.failure.shape is 0"),
    ("mean_days = 1", "law = 'deterministic', value_days = 0", "components.unit.failure has mean 0, expected above 0"),
    (
        "mean_days = 1",
        "law = 'uniform', low_days = 3, high_days = 2",
        "components.unit.failure: uniform law: from 72.0",
    ),
    ("mean_days = 1", "law = 'empirical', values_days = []", "components.unit.failure: empirical law: no duration"),
    ("mean_days = 1", "law = 'empirical', values_days = [-1]", "components.unit.failure.values_days[0] is -1"),
    ("mean_days = 1", "law = 'empirical', file = 'm.csv'", "components.unit.failure.column is missing"),
    ("mean_days = 1", "law = 'empirical'", "components.unit.failure: an empirical law needs a file and a column"),
    ("failure = { mean_days = 1 }", "", "components.unit.failure is missing"),
    ("failure = { mean_days = 1 }", "failure = 3", "components.unit.failure is 3, expected a table"),
    ("failure =", "falure =", "components.unit.falure is unknown; did you mean failure?"),
    ("repair = { mean_hours = 1 }", "", "components.unit.repair is missing"),
    ("count = 2", "count = 0", "components.unit.count is 0, expected a whole number from 1"),
    ("count = 2", "count = 1.5", "components.unit.count is 1.5, expected a whole number"),
    ("count = 2", "cuont = 2", "components.unit.cuont is unknown; did you mean count?"),
    (
        "count = 2",
        "standby = { active = 2 }",
        "components.unit.standby.active is 2, expected a whole number from 1 to 1",
    ),
    ("count = 2", "standby = { kind = 'cold', dormant_factor = 0.5 }", "components.unit.standby.dormant_factor is 0.5"),
    ("count = 2", "standby = { kind = 'warm' }", "components.unit.standby.dormant_factor is missing"),
    ("count = 2", "common_cause_beta = 1", "components.unit.common_cause_beta is 1, expected from 0 to 0.99"),
    (
        "count = 2",
        "refresh = { every_hours = 1, time = { mean_hours = 2 } }",
        "components.unit.refresh takes 2 hours each 1",
    ),
    ("'shift'", "'shift'", ""),
    ('crew = "shift"', 'crew = "shfit"', "components.unit.crew is 'shfit', expected one of shift; did you mean shift?"),
    ("[crews.shift]\nsize = 1", "", "components.unit.crew is 'shift', expected a [crews.NAME] table"),
    ("size = 1", "size = -1", "crews.shift.size is -1"),
    ("size = 1", "size = 1\ndiscipline = 'lifo'", "crews.shift.discipline is 'lifo', expected one of fifo"),
    ("size = 1", "size = 1\ndiscipline = 'priority'", "crews.shift.priorities: expected a list"),
    ("size = 1", "size = 1\npriorities = ['unit']", "crews.shift.priorities: expected none"),
    (
        "size = 1",
        "size = 1\npriorities = ['unti']",
        "crews.shift.priorities names 'unti', expected some of unit; did you",
    ),
    ("components.unit", "components.and", "components.and: 'and' can't be a name"),
    ('service = "unit"', 'service = "unti"', "measures.service: expression 'unti' names 'unti'"),
    ('service = "unit"', 'service = "unit >= 3"', "measures.service does not hold though every unit is up"),
    ('service = "unit"', "service = 3", "measures.service is 3, expected a table"),
    ('[measures]\nservice = "unit"', "", "measures is missing"),
    (
        'service = "unit"',
        'service = "unit"\n[load]\nby_hour = [1, 2]',
        "load.by_hour is [1, 2], expected 24 or 168 numbers",
    ),
    ('service = "unit"', 'service = "unit"\n[[shocks]]\nname = "s"\nmean_days = 1', "shocks[0].components is missing"),
    ('service = "unit"', 'service = "unit"\n[crew.x]\nsize = 1', "crew is unknown; did you mean crews?"),
]


@pytest.mark.parametrize(("part", "instead", "text"), WRONG, ids=[text[:70] for _, _, text in WRONG])
def test_a_mistake_is_one_line_that_names_the_key(part: str, instead: str, text: str) -> None:
    if not text:
        read(SYSTEM)
        return
    assert part in SYSTEM
    with pytest.raises(ScenarioError) as caught:
        read(SYSTEM.replace(part, instead))
    assert str(caught.value).startswith(text)
    assert "\n" not in str(caught.value)


def test_chances_of_outages_add_up_to_one() -> None:
    with pytest.raises(ScenarioError, match=r"components.pump.outages: the probabilities add up to 1.05, expected 1"):
        read(WHOLE.replace("probability = 0.75", "probability = 0.8"))
    with pytest.raises(ScenarioError, match=r"components.pump.repair and outages contradict each other"):
        read(WHOLE.replace("count = 3", "count = 3\nrepair = { mean_hours = 1 }"))
    with pytest.raises(ScenarioError, match=r"components.pump.outages\[1\].stages is missing"):
        read(WHOLE.replace('stages = [{ name = "replace", time = { mean_hours = 9 } }]', ""))


def test_a_csv_is_told_by_file_line_and_column(tmp_path: Path) -> None:
    text = SYSTEM.replace("mean_hours = 1", "law = 'empirical', file = 'm.csv', column = 'repair_minutes'")
    cases = {
        "repair_minutes\n1\n-2\n": r"m.csv:3: repair_minutes is '-2', expected a number, 0 or more",
        "repair_minutes\n1\nx\n": r"m.csv:3: repair_minutes is 'x'",
        "repair_minutes\nnan\n": r"m.csv:2: repair_minutes is 'nan'",
        "repair_minutes\n": r"no duration is there",
        "repair_hours\n1\n": r"components.unit.repair.column is 'repair_minutes', expected a column of .*repair_hours",
        "": r"components.unit.repair.column is",
    }
    for content, expected in cases.items():
        (tmp_path / "m.csv").write_text(content)
        with pytest.raises(ScenarioError, match=expected):
            read(text, tmp_path)
    (tmp_path / "m.csv").write_bytes(b"repair_minutes\n\xff\n")
    with pytest.raises(ScenarioError, match="it is no CSV of UTF-8 text"):
        read(text, tmp_path)
    with pytest.raises(ScenarioError, match=r"components.unit.repair.file: .* can't be read: No such file"):
        read(text, tmp_path / "elsewhere")
    with pytest.raises(ScenarioError, match=r"column is 'repair', expected a name that ends in its unit"):
        read(text.replace("repair_minutes", "repair"), tmp_path)
