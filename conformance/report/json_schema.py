"""The JSON report's own schema, from which its description in the docs is made."""

import json
from importlib.resources import files
from typing import Any

TOP = ""
"""Stands for the report itself, beside the names of what it holds."""


def load_report_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report, draft 2020-12."""
    schema: dict[str, Any] = json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))
    return schema


def field_table(name: str) -> list[str]:
    """Return the Markdown table of the fields of the report, or of one kind of thing in it, as `case`."""
    schema = load_report_schema()
    fields = (schema if name == TOP else schema["$defs"][name])["properties"]
    rows = [f"| `{field}` | {facts['description']} |" for field, facts in fields.items()]
    return ["| field | |", "|---|---|", *rows]
