"""A scenario: a TOML file that says how a system fails and is repaired, and what users want of it.

`kind = "cluster"` speaks of masters, replicas, Kafka and balancers (simulation/cluster_scenario.py), `kind = "system"`
of any components (simulation/system_scenario.py). docs/simulation.md lists every key.
"""

import copy
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulation.cluster_model import lower
from simulation.cluster_plan import ClusterPlan
from simulation.cluster_scenario import read_cluster
from simulation.errors import ScenarioError
from simulation.model import Model
from simulation.system_scenario import read_system
from simulation.tables import UNITS, Table

SHIPPED = Path(__file__).parent / "scenarios"
BYTES_MAX = 1_000_000
KINDS = ("system", "cluster")
ALIASES = {"mtbf": "master.failure.mean", "mttr": "master.repair.mean", "N": "clusters"}
"""Short names that `Scenario.changed` takes for a cluster's keys; `mtbf_days` is `master.failure.mean_days`."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that was read and found good."""

    name: str
    """Of the file, without `.toml`."""
    title: str
    comment: str
    kind: str
    plan: Model | ClusterPlan
    """A system's model, or a cluster's plan."""
    tables: Mapping[str, Any] = field(hash=False, compare=False, repr=False)
    """The file as it was read; changes go through `changed`."""
    folder: Path = Path()
    """Where files that it names are looked for."""

    def model(self) -> Model:
        """Return what the engines take."""
        return lower(self.plan) if isinstance(self.plan, ClusterPlan) else self.plan

    def changed(self, key: str, value: object) -> "Scenario":
        """Return the scenario with one key changed, read and checked anew.

        Args:
            key: a dotted path as `master.failure.mean_days`, or `mtbf_days`, `mttr_minutes`, `N` for a cluster's. A
                duration in one unit takes the place of the same in another.
            value: what TOML could hold.

        Raises:
            ScenarioError: there is no such key, or the scenario is not good with that value.
        """
        tables = copy.deepcopy(dict(self.tables))
        *path, leaf = _full_key(key, self.kind).split(".")
        inner: Any = tables
        for place, name in enumerate(path):
            inner = _child(inner, name, ".".join(path[: place + 1]))
        if not isinstance(inner, dict):
            raise ScenarioError(f"{key}: {'.'.join(path)} is no table")
        stem, _, unit = leaf.rpartition("_")
        if unit in UNITS:
            others = {f"{stem}_{other}" for other in UNITS} | ({"rate_per_hour"} if stem == "mean" else set())
            for other in others & set(inner):
                del inner[other]
        inner[leaf] = value
        return read_scenario(tables, self.name, self.folder)


def read_scenario(tables: Mapping[str, Any], name: str, folder: Path) -> Scenario:
    """Read a scenario from the tables of its file.

    Raises:
        ScenarioError: something is missing, unknown, wrong or contradictory; the text names the key.
    """
    table = Table(tables, folder=folder)
    title, comment = table.text("title"), table.text("comment", "")
    kind = table.text("kind", choices=KINDS)
    plan = read_system(table, title) if kind == "system" else read_cluster(table, title)
    scenario = Scenario(name, title, comment, kind, plan, tables, folder)
    _check_model(scenario.model())
    return scenario


def load_scenario(source: str | Path) -> Scenario:
    """Read a scenario file, or a shipped scenario by its name.

    Raises:
        ScenarioError: there is no such file or scenario, it is no TOML, or it is not good.
    """
    path = Path(source)
    shipped = {scenario.stem: scenario for scenario in SHIPPED.glob("*.toml")}
    if str(source) in shipped:
        path = shipped[str(source)]
    elif path.suffix != ".toml":
        near = difflib.get_close_matches(str(source), shipped, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected a .toml file or one of {', '.join(sorted(shipped))}"
        raise ScenarioError(f"there is no scenario {str(source)!r}; {hint}")
    tables = _read_toml(path)
    try:
        return read_scenario(tables, path.stem, path.parent)
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error


def list_scenarios() -> list[Scenario]:
    """Return the shipped scenarios by name."""
    return [load_scenario(path.stem) for path in sorted(SHIPPED.glob("*.toml"))]


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
        if len(data) > BYTES_MAX:
            raise ScenarioError(f"{path} has over {BYTES_MAX} bytes, expected a scenario")
        return tomllib.loads(data.decode())
    except OSError as error:
        raise ScenarioError(f"{path} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split()) if not isinstance(error, RecursionError) else "it is nested too deeply"
        raise ScenarioError(f"{path} is no TOML: {reason}") from error


def _check_model(model: Model) -> None:
    """Raise ScenarioError where a measure does not hold though every unit is up."""
    everything = {group.name: group.count for group in model.groups}
    for measure in model.measures:
        if not measure.expression.holds(everything):
            raise ScenarioError(f"measures.{measure.name} does not hold though every unit is up, expected that it does")


def _full_key(key: str, kind: str) -> str:
    """Return the dotted path that a short name stands for."""
    if key in ALIASES:
        return ALIASES[key] if kind == "cluster" else key
    stem, _, unit = key.rpartition("_")
    return f"{ALIASES[stem]}_{unit}" if kind == "cluster" and stem in ALIASES and unit in UNITS else key


def _child(inner: Any, name: str, path: str) -> Any:
    """Return an inner table, or an item of a list by its number."""
    if isinstance(inner, list) and name.isdigit() and int(name) < len(inner):
        return inner[int(name)]
    if isinstance(inner, dict) and name in inner:
        return inner[name]
    known = list(inner) if isinstance(inner, dict) else []
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ScenarioError(f"{path} is not in the scenario{hint}")
