"""Scenario files: the shipped ones, short names of keys, and files that can't be read."""

from pathlib import Path

import pytest

from simulation.engines import best_engine, exact_results
from simulation.errors import ScenarioError
from simulation.laws import Exponential
from simulation.scenario import list_scenarios, load_scenario, read_scenario

SYSTEM = """
title = "one unit"
kind = "system"
[components.unit]
failure = { mean_days = 1 }
repair = { mean_hours = 1 }
[measures]
service = "unit"
"""


def test_at_least_ten_scenarios_are_shipped_each_with_a_comment() -> None:
    shipped = list_scenarios()
    assert len(shipped) >= 10
    for scenario in shipped:
        assert scenario.title
        assert len(scenario.comment) > 40, scenario.name
        assert scenario.model().measures


@pytest.mark.parametrize(
    ("name", "measure", "expected"),
    [
        ("guide_1", "fresh_reads", 0.997772828508),
        ("guide_2", "fresh_reads", 0.999995039707),
        ("guide_3", "fresh_reads", 0.999999988953),
        ("two_units_one_crew", "service", 1 - 0.016393442623),
        ("cold_standby", "service", 0.990990990991),
        ("k_2_of_3", "service", 0.999411996437),
        ("k_3_of_5", "service", 0.999985584651),
        ("two_machines", "machine", 0.6),
        ("rare", "service", 1 - 5.9982e-12),
        ("shared_crew", "fresh_reads", 1 - 9.920536502614e-6),
        ("common_cause", "fresh_reads", 1 - 6.03949282646e-5),
    ],
)
def test_shipped_scenarios_have_the_answers_their_comments_promise(name: str, measure: str, expected: float) -> None:
    model = load_scenario(name).model()
    result = next(each for each in exact_results(model, best_engine(model)) if each.measure == measure)
    assert result.availability == pytest.approx(expected, abs=1e-11)


def test_a_bridge_is_as_its_paths_are() -> None:
    model = load_scenario("bridge").model()
    (result,) = exact_results(model, best_engine(model))
    p, c = 720 / 728, 1440 / 1448
    through_c, without_c = (1 - (1 - p) ** 2) ** 2, 1 - (1 - p * p) ** 2
    assert result.availability == pytest.approx(c * through_c + (1 - c) * without_c, abs=1e-12)


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SYSTEM)
    scenario = load_scenario(path)
    assert (scenario.name, scenario.kind, scenario.title) == ("mine", "system", "one unit")
    assert scenario.model().groups[0].failure == Exponential(24.0)


def test_what_is_no_scenario_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("title = ")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000)
    (tmp_path / "wrong.toml").write_text(SYSTEM.replace("mean_days = 1", "mean_days = -1"))
    (tmp_path / "large.toml").write_text("#" * 1_000_001)
    expected = {
        "guide_4": "did you mean guide_",
        "xyzzy": "expected a .toml file or one of bridge",
        str(tmp_path / "none.toml"): "No such file",
        str(tmp_path): "there is no scenario",
        str(tmp_path / "broken.toml"): "is no TOML",
        str(tmp_path / "binary.toml"): "is no TOML",
        str(tmp_path / "deep.toml"): "is no TOML",
        str(tmp_path / "large.toml"): "over 1000000 bytes",
        str(tmp_path / "wrong.toml"): "wrong.toml: components.unit.failure.mean_days is -1, expected above 0",
    }
    for source, text in expected.items():
        with pytest.raises(ScenarioError) as caught:
            load_scenario(source)
        assert text in str(caught.value)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 2


def test_keys_are_changed_by_path_or_short_name_and_in_any_unit() -> None:
    guide = load_scenario("guide_2")
    sooner = guide.changed("mtbf_hours", 24.0)
    assert sooner.model().group("master_1").failure == Exponential(24.0)
    assert guide.changed("master.failure.mean_days", 1).model() == sooner.model()
    assert len(guide.changed("N", 5.0).model().groups) == 5
    assert guide.changed("mttr_minutes", 90).tables["master"]["repair"] == {"mean_minutes": 90}
    assert guide.model().group("master_1").failure == Exponential(14 * 24.0)
    textbook = load_scenario("two_units_one_crew").changed("components.unit.failure.mean_hours", 7)
    assert textbook.model().groups[0].failure == Exponential(7.0)
    assert load_scenario("region_outage").changed("shocks.0.mean_days", 10).model().shocks[0].mean_hours == 240


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("mtbf_days", 0, "master.failure.mean_days is 0, expected above 0"),
        ("N", 0.5, "clusters is 0.5, expected a whole number from 1 to 50"),
        ("mtbf_dayz", 3, "mtbf_dayz is unknown"),
        ("mastr.failure.mean_days", 3, "mastr is not in the scenario; did you mean master?"),
        ("master.failure.mean_days.x", 3, "is no table"),
        ("master.failure.shape", 3, "master.failure.shape is unknown"),
    ],
)
def test_a_change_to_what_is_not_there_or_wrong_is_refused(key: str, value: float, text: str) -> None:
    with pytest.raises(ScenarioError, match=text.replace(".", r"\.").replace("?", r"\?")):
        load_scenario("guide_2").changed(key, value)


def test_scenarios_can_be_compared_hashed_and_sent_to_another_process() -> None:
    import pickle

    one, other = load_scenario("operators_guide"), load_scenario("operators_guide")
    assert one == other
    assert len({one, other}) == 1
    assert pickle.loads(pickle.dumps(one)).model() == one.model()


@pytest.mark.parametrize(
    ("tables", "text"),
    [
        ({}, "title is missing"),
        ({"titel": "x"}, "titel is unknown; did you mean title?"),
        ({"title": 3}, "title is 3, expected a text"),
        ({"title": "x"}, "kind is missing"),
        ({"title": "x", "kind": "sistem"}, "kind is 'sistem', expected one of system, cluster; did you mean system?"),
    ],
)
def test_the_head_of_a_file_is_checked(tables: dict[str, object], text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(tables, "test", Path())
    assert str(caught.value) == text
