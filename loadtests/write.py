"""A run's figures as JSON: the schema ethercattle.load/1, described in docs/load.md."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from loadtests.consistency import conclude
from loadtests.gates import Judged
from loadtests.slices import Ending
from loadtests.summary import SCHEMA, MethodFigures, SecondFigures, Summary


def to_json(summary: Summary, judged: Sequence[Judged] = ()) -> str:
    """Return the documented form, ending in a newline."""
    return orjson.dumps(as_plain(summary, judged), option=orjson.OPT_INDENT_2).decode() + "\n"


def as_plain(summary: Summary, judged: Sequence[Judged] = ()) -> dict[str, Any]:
    """Return it, and what became of its gates, as values of JSON."""
    plain = asdict(summary)
    plain["methods"] = [_method(each) for each in summary.methods]
    plain["seconds"] = [_second(each) for each in summary.seconds]
    plain["saturation"]["is_saturated"] = summary.saturation.is_saturated
    figures = {
        "calls": summary.calls,
        "failures": summary.failures,
        "error_rate": summary.error_rate,
        "offered_rate": summary.offered_rate,
        "kinds": {str(kind): count for kind, count in summary.kinds.items()},
        "consistency_figures": conclude(summary.consistency).figures(),
    }
    gates = [{"gate": str(each.gate), "value": each.value, "verdict": each.verdict.value} for each in judged]
    return {"schema": SCHEMA, **plain, **figures, "gates": gates}


def _method(figures: MethodFigures) -> dict[str, Any]:
    return {
        "method": figures.method,
        "calls": figures.calls,
        "failures": figures.failures,
        "endings": [_ending(ending, count) for ending, count in figures.endings.items()],
        "response": asdict(figures.response) if figures.response else None,
        "service": asdict(figures.service) if figures.service else None,
    }


def _ending(ending: Ending, count: int) -> dict[str, Any]:
    return {"kind": str(ending.kind), "code": ending.code, "count": count}


def _second(figures: SecondFigures) -> dict[str, Any]:
    plain = asdict(figures)
    plain["kinds"] = {str(kind): count for kind, count in figures.kinds.items()}
    plain["heads"] = {str(target): head for target, head in figures.heads.items()}
    return plain
