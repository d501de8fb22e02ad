"""How a run is judged: by its gates, unless its figures are not to be trusted."""

from collections.abc import Sequence

from loadtests.compare_targets import FIGURES as COMPARISON_FIGURES
from loadtests.consistency import FIGURES as CONSISTENCY_FIGURES
from loadtests.consistency import conclude
from loadtests.errors import Saturated
from loadtests.faults.aftermath import FIGURES as FAULT_FIGURES
from loadtests.faults.aftermath import fault_figures
from loadtests.gates import Gate, Judged, Verdict, exit_code_of, judge_gates, parse_gates
from loadtests.summary import Summary


def read_gates(text: str | None) -> tuple[Gate, ...]:
    """Read `--fail-on`. Raises LoadError: it can't be read, or names no figure."""
    return () if text is None else parse_gates(text, (*CONSISTENCY_FIGURES, *COMPARISON_FIGURES, *FAULT_FIGURES))


def judge_run(gates: tuple[Gate, ...], run: Summary) -> tuple[Judged, ...]:
    """Hold a run to its gates."""
    of_faults, at_least = fault_figures(run)
    compared = run.comparison.figures() if run.comparison is not None else {}
    return judge_gates(gates, run, {**conclude(run.consistency).figures(), **compared, **of_faults}, at_least)


def end_of(run: Summary, judged: Sequence[Judged]) -> int:
    """Return how the command ends.

    A run in which nothing succeeded is no good one, whatever the gates. One that was interrupted, whose generator was
    saturated, or whose faults could not be done, is not judged at all.
    """
    are_faults_undone = any(mark.failure for mark in run.marks)
    if run.is_interrupted or run.saturation.is_saturated or are_faults_undone or not run.calls:
        return Saturated.exit_code
    if run.failures == run.calls:
        return 1
    return exit_code_of(judged)


def gate_lines(run: Summary, judged: tuple[Judged, ...]) -> list[str]:
    """Return a line about each gate that is not kept, or one about all."""
    if not judged:
        return []
    lines = [str(each) for each in judged if each.verdict is not Verdict.KEPT]
    if end_of(run, ()) == Saturated.exit_code:
        lines.append("gates are not judged: the figures are not the target's, or not of the whole run")
    return lines or [f"all {len(judged)} gates are kept"]
