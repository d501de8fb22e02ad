"""Scenarios of kind "system": components and crews of any kind, and conditions that say what is available when.

[components.pump]
count = 3
failure = { mean_days = 30 }
repair = { law = "lognormal", mean_hours = 4, sigma = 0.8 }
crew = "shift"

[crews.shift]
size = 1

[measures]
flow = "pump >= 2"
"""

from simulation.errors import ScenarioError
from simulation.law_tables import read_lifetime
from simulation.model import Group, Model, Outage, Shock
from simulation.scenario_parts import (
    CrewPlan,
    check_name,
    read_crew_name,
    read_crews,
    read_load,
    read_measures,
    read_outages,
    read_refresh,
    read_standby,
    without_common_cause,
)
from simulation.tables import Table

COMPONENTS_MAX = 200


def read_system(table: Table, title: str) -> Model:
    """Read a whole system; its file's `title`, `comment` and `kind` are read already.

    Raises:
        ScenarioError: something is missing or wrong; the text names the key.
    """
    components = table.table("components")
    if components is None or not components.values:
        table.missing("components", ["components"])
    tables = components.children()
    if len(tables) > COMPONENTS_MAX:
        raise ScenarioError(f"components: {len(tables)} are too many, expected at most {COMPONENTS_MAX}")
    for name, inner in tables.items():
        check_name(name, inner.path)
    crews = read_crews(table, list(tables))
    common: list[Shock] = []
    groups = tuple(_read_component(inner, name, crews, common) for name, inner in tables.items())
    shocks = tuple(_read_shock(inner, [*tables], crews) for inner in table.tables("shocks"))
    measures = read_measures(table, list(tables))
    if not measures:
        table.missing("measures", ["measures"])
    load = read_load(table)
    table.end()
    return Model(title, groups, tuple(plan.crew for plan in crews.values()), (*common, *shocks), measures, load)


def _read_component(table: Table, name: str, crews: dict[str, CrewPlan], common: list[Shock]) -> Group:
    """Read one component; where its failures have a common cause, its shock is appended to `common`."""
    count, failure = table.whole("count", 1), read_lifetime(table, "failure")
    crew = read_crew_name(table, list(crews))
    outages = read_outages(table, default_needs_crew=crew is not None)
    if not outages:
        table.missing("repair", ["repair", "outages"])
    beta = table.number("common_cause_beta", 0.0, low=0.0, high=0.99)
    if beta and count > 1:
        common.append(Shock(f"common cause of {name}", failure.mean_hours / beta, (name,)))
        failure = without_common_cause(failure, beta)
    standby, refresh = read_standby(table, count), read_refresh(table)
    table.end()
    return Group(name, count, failure, _inspected(outages, crews, crew), crew, standby, refresh)


def _inspected(outages: tuple[Outage, ...], crews: dict[str, CrewPlan], crew: str | None) -> tuple[Outage, ...]:
    return outages if crew is None else tuple(crews[crew].outage(outage) for outage in outages)


def _read_shock(table: Table, names: list[str], crews: dict[str, CrewPlan]) -> Shock:
    """Read what fails several components at once; units without a crew of theirs are repaired by one of their own."""
    name, groups = table.text("name"), table.texts("components", names)
    if not groups:
        table.missing("components", ["components"])
    mean, outages = table.hours("mean"), read_outages(table, default_needs_crew=bool(crews))
    table.end()
    in_order = tuple(name for name in names if name in groups)
    return Shock(name, mean, in_order, outages)
