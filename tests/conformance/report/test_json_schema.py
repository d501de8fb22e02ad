"""The JSON report fits its schema, and its schema knows every field."""

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.compare import Kind
from conformance.report.json_report import as_json
from conformance.report.json_schema import load_report_schema
from conformance.run import Run
from conformance.verdict import Verdict
from tests.conformance.report.runs import ATTACK, full_run, mixed_run


def strict(schema: Any) -> Any:
    """Return a schema that lets no field pass that it does not name."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        found["additionalProperties"] = False
    return found


STRICT = Draft202012Validator(strict(load_report_schema()))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(load_report_schema())


@pytest.mark.parametrize("run", [mixed_run(), mixed_run(interrupted=True), full_run(), full_run(ATTACK)])
def test_every_report_fits_and_has_no_field_that_is_not_described(run: Run) -> None:
    assert [error.message for error in STRICT.iter_errors(json.loads(as_json(run)))] == []


def test_every_field_is_required() -> None:
    for definition in (load_report_schema(), *load_report_schema()["$defs"].values()):
        if definition.get("type") == "object":
            assert set(definition["required"]) == set(definition["properties"])


def test_the_schema_knows_every_verdict_and_kind() -> None:
    definitions = load_report_schema()["$defs"]
    assert set(definitions["case"]["properties"]["verdict"]["enum"]) == {verdict.value for verdict in Verdict}
    for name in ("difference", "allowed"):
        assert set(definitions[name]["properties"]["kind"]["enum"]) == {kind.value for kind in Kind}


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("verdict",), "pass"),
        (("totals", "match"), -1),
        (("latency", "candidate", "p50_seconds"), "fast"),
        (("cases", 0, "differences"), None),
        (("cases", 2, "differences", 0, "kind"), "odd"),
        (("reference", "new"), 1),
    ],
)
def test_a_spoilt_report_does_not_fit(where: tuple[str | int, ...], value: object) -> None:
    report = json.loads(as_json(full_run()))
    spoilt = copy.deepcopy(report)
    inside = spoilt
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = value
    assert not STRICT.is_valid(spoilt)
