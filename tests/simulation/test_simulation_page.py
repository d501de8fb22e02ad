"""docs/simulation.md names every key that a scenario may have."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.api import simulate
from simulation.engines import Engine
from simulation.estimates import Method
from simulation.scenario import list_scenarios, load_scenario
from simulation.tables import UNITS

PAGE = (Path(__file__).parents[2] / "docs/simulation.md").read_text()
NAMED_BY_USERS = ("components", "crews", "measures")


def keys(tables: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every key of a scenario but the names its author chose, durations as `mean_…`."""
    if isinstance(tables, list):
        for item in tables:
            yield from keys(item, path)
    elif isinstance(tables, dict):
        for key, value in tables.items():
            if not path or path[-1] not in NAMED_BY_USERS:
                stem, _, unit = key.rpartition("_")
                yield f"{stem}_…" if unit in UNITS else key
            yield from keys(value, (*path, key))


@pytest.mark.parametrize("name", [scenario.name for scenario in list_scenarios()])
def test_every_key_of_a_shipped_scenario_stands_on_the_page(name: str) -> None:
    words = set(re.findall(r"[a-z_]+…?", PAGE))
    missing = {key for key in keys(load_scenario(name).tables) if key not in words}
    assert missing == set()


def test_figures_of_the_rare_command_are_what_it_gives() -> None:
    found = simulate(load_scenario("rare"), engine="rare", rel_error=0.02).estimates["service_unavailability"]
    bounds = f"{found.value:.2e} in {found.low:.2e} … {found.high:.2e} after {found.samples:,} cycles"
    assert bounds in PAGE


def test_every_estimate_and_method_stands_on_the_page() -> None:
    words = set(re.findall(r"`([a-z_ ]+)", PAGE))
    result = simulate(load_scenario("operators_guide"), engine="fast", replications=4, horizon_days=400)
    quantities = {each.name for measure in result.measures.values() for each in measure.named().values()}
    stems = {re.sub("^(read|fresh_read|write)_", "", re.sub("_p[0-9]+$", "", name)) for name in quantities}
    assert stems <= {word.removesuffix("_p") for word in words}
    assert {str(method) for method in Method} <= words
    assert {str(engine) for engine in Engine} <= words


def test_a_key_that_is_not_there_would_be_missed() -> None:
    assert "no_such_key" in set(keys({"master": {"no_such_key": 1}}))
    assert "no_such_key" not in PAGE
