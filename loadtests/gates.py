"""What a run must keep, from a text such as `p99_ms>50,error_rate>0.001,p99_ms[eth_call]>80`.

A gate says when the run fails. A figure that the run does not have leaves its gate open: it never passes. So does one
that is known to be at least so much, unless that alone breaks the gate.
"""

import difflib
import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from loadtests.errors import LoadError
from loadtests.outcomes import GOOD, Kind
from loadtests.percentiles import Latency
from loadtests.summary import MethodFigures, Summary
from reference_node.errors import CouldNotJudge

GATES_MAX = 100
EXAMPLE = "p99_ms>50,error_rate>0.001,p99_ms[eth_call]>80"
_TEXT = re.compile(r"\s*([a-z0-9_]+)\s*(?:\[\s*(\w+)\s*\])?\s*(>=|<=|>|<)\s*(\S+)\s*")
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)
_LATENCIES = ("mean_ms", "min_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "p99_9_ms", "p99_99_ms", "max_ms")
_SERVICE = "service_"
_FAILED_KINDS = tuple(kind for kind in Kind if kind not in GOOD)
_OF_THE_RUN: Mapping[str, Callable[[Summary], float | None]] = MappingProxyType(
    {
        "error_rate": lambda run: run.error_rate,
        "failures": lambda run: run.failures,
        "calls": lambda run: run.calls,
        "unsent": lambda run: run.unsent,
        "unanswered": lambda run: run.unanswered,
        "offered_rate": lambda run: run.offered_rate,
        "achieved_rate": lambda run: run.achieved_rate,
        "achieved_share": lambda run: run.achieved_rate / run.offered_rate if run.offered_rate else None,
    }
)
_OF_A_METHOD: Mapping[str, Callable[[MethodFigures], float | None]] = MappingProxyType(
    {
        "error_rate": lambda method: method.failures / method.calls if method.calls else None,
        "failures": lambda method: method.failures,
        "calls": lambda method: method.calls,
    }
)
OF_BOTH = (*_LATENCIES, *(_SERVICE + name for name in _LATENCIES), *map(str, _FAILED_KINDS))
"""Figures of the run, and with `[method]` of one method. Kinds are counts of calls that failed so."""


class Verdict(StrEnum):
    """What became of a gate."""

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"
    """The run does not have the figure, or not to its end."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that must not be."""

    figure: str
    method: str | None
    """Of this method alone; None: of the whole run."""
    comparison: str
    """One of > >= < <=."""
    limit: float

    def __str__(self) -> str:
        """Return it as it is written in `--fail-on`."""
        return f"{self.figure}{f'[{self.method}]' if self.method else ''}{self.comparison}{self.limit:g}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate and what was found."""

    gate: Gate
    value: float | None
    """None where the run does not have it; what it is at least, where the gate is open for that."""
    verdict: Verdict

    def __str__(self) -> str:
        """Return one line about it."""
        if self.value is None:
            found = "the run has no such figure"
        else:
            found = f"it is {'at least ' * (self.verdict is Verdict.OPEN)}{self.value:.6g}"
        return f"--fail-on {self.gate}: {self.verdict}, {found}"


def parse_gates(text: str, counted: Sequence[str] = ()) -> tuple[Gate, ...]:
    """Read what `--fail-on` is given.

    Args:
        text: gates, separated by commas.
        counted: names of further figures, that the watch of a run counts.

    Raises:
        LoadError: one can't be read, or names no figure; the text says what is known.
    """
    pieces = [piece for piece in text.split(",") if piece.strip()]
    if not pieces:
        raise LoadError(f"--fail-on is {text!r}, expected gates such as {EXAMPLE}")
    if len(pieces) > GATES_MAX:
        raise LoadError(f"--fail-on has {len(pieces)} gates, expected at most {GATES_MAX}")
    return tuple(_parse_gate(piece, counted) for piece in pieces)


def judge_gates(
    gates: Iterable[Gate],
    run: Summary,
    counted: Mapping[str, float] | None = None,
    at_least: Collection[str] = (),
) -> tuple[Judged, ...]:
    """Hold a run to its gates.

    Args:
        gates: what it must keep.
        run: its figures.
        counted: further figures by name.
        at_least: names of those among them that may be higher than they say.
    """
    return tuple(_judge(gate, run, counted or {}, at_least) for gate in gates)


def exit_code_of(judged: Iterable[Judged]) -> int:
    """Return 1 where a gate is broken, else 3 where one is open, else 0."""
    verdicts = {each.verdict for each in judged}
    if Verdict.BROKEN in verdicts:
        return 1
    return CouldNotJudge.exit_code if Verdict.OPEN in verdicts else 0


def _parse_gate(text: str, counted: Sequence[str]) -> Gate:
    found = _TEXT.fullmatch(text)
    if found is None:
        raise LoadError(f"gate {text.strip()!r}, expected FIGURE>NUMBER or FIGURE[METHOD]>NUMBER, as in p99_ms>50")
    figure, method, comparison, number = found.groups()
    known = [*OF_BOTH, *(_OF_A_METHOD if method else (*_OF_THE_RUN, *counted))]
    if figure not in known:
        near = difflib.get_close_matches(figure, known, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        where = "figures of a method are" if method else "known are"
        raise LoadError(f"gate {text.strip()!r} names no figure: {hint}{where} {', '.join(known)}")
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if not math.isfinite(limit):
        raise LoadError(f"gate {text.strip()!r} has the limit {number!r}, expected a number")
    return Gate(figure, method, comparison, limit)


def _judge(gate: Gate, run: Summary, counted: Mapping[str, float], at_least: Collection[str]) -> Judged:
    value = _value_of_method(gate, run) if gate.method else _value_of_run(gate.figure, run, counted)
    if value is None or math.isnan(value):
        return Judged(gate, None, Verdict.OPEN)
    is_broken = _COMPARISONS[gate.comparison](value, gate.limit)
    if gate.figure in at_least and not (is_broken and gate.comparison.startswith(">")):
        return Judged(gate, value, Verdict.OPEN)
    return Judged(gate, value, Verdict.BROKEN if is_broken else Verdict.KEPT)


def _value_of_run(figure: str, run: Summary, counted: Mapping[str, float]) -> float | None:
    if figure in _OF_THE_RUN:
        return _OF_THE_RUN[figure](run) if run.calls or run.unsent else None
    if figure in _FAILED_KINDS:
        return run.kinds.get(Kind(figure), 0) if run.calls else None
    if figure in OF_BOTH:
        return _latency(figure, run.response, run.service)
    return counted.get(figure)


def _value_of_method(gate: Gate, run: Summary) -> float | None:
    method = next((each for each in run.methods if each.method == gate.method), None)
    if method is None:
        return None
    if gate.figure in _OF_A_METHOD:
        return _OF_A_METHOD[gate.figure](method)
    if gate.figure in _FAILED_KINDS:
        return sum(count for ending, count in method.endings.items() if ending.kind == gate.figure)
    return _latency(gate.figure, method.response, method.service)


def _latency(figure: str, response: Latency | None, service: Latency | None) -> float | None:
    latency = service if figure.startswith(_SERVICE) else response
    return None if latency is None else float(getattr(latency, figure.removeprefix(_SERVICE)))
