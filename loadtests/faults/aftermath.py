"""What faults did to clients, from a run's figures: what failed meanwhile, and how long until all was well."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from loadtests.outcomes import GOOD, Kind
from loadtests.summary import Mark, Summary
from simulation.calibration.measured import Lasted, write_faults

DETECTION, RECOVERY, FAILURES = "fault_detection_seconds", "fault_recovery_seconds", "fault_failures"
FIGURES = (DETECTION, RECOVERY, FAILURES)
"""What `--fail-on` may name: the longest of all faults, and calls that failed while one lasted."""
_QUANTITIES = {DETECTION: "detection", RECOVERY: "recovery"}


def over_seconds(mark: Mark, end_seconds: float) -> float:
    """Return when a fault was over for clients: the part served again, or else it was made good, or the run ended."""
    lasted = mark.fault.lasted if mark.fault is not None else {}
    detection, recovery = lasted.get("detection"), lasted.get("recovery")
    if detection is not None and recovery is not None and not detection.is_censored:
        return min(mark.at_seconds + detection.seconds + recovery.seconds, end_seconds)
    return end_seconds if mark.end_seconds is None else mark.end_seconds


def failed_during(mark: Mark, run: Summary) -> dict[Kind, int]:
    """Return the calls that failed from a fault's second to the one after it was over, by kind."""
    return _failed_in(_seconds_of(mark, run), run)


def _seconds_of(mark: Mark, run: Summary) -> range:
    end = run.about.warmup_seconds + run.about.duration_seconds
    return range(int(mark.at_seconds), int(over_seconds(mark, end)) + 2)


def _failed_in(seconds: Collection[int], run: Summary) -> dict[Kind, int]:
    found: dict[Kind, int] = {}
    for second in run.seconds:
        if second.second in seconds:
            for kind, count in second.kinds.items():
                if kind not in GOOD:
                    found[kind] = found.get(kind, 0) + count
    return found


def with_failures(run: Summary) -> Summary:
    """Return a run whose marks tell what failed meanwhile."""
    marks = (replace(mark, failed=sum(failed_during(mark, run).values())) for mark in run.marks)
    return replace(run, marks=tuple(marks))


def fault_figures(run: Summary) -> tuple[dict[str, float], frozenset[str]]:
    """Return FIGURES, and the names of those that are known to be at least so much; nothing where no fault was done."""
    found: dict[str, float] = {}
    at_least: set[str] = set()
    for name, quantity in _QUANTITIES.items():
        measured = [mark.fault.lasted[quantity] for mark in run.marks if mark.fault and quantity in mark.fault.lasted]
        if measured:
            longest = max(measured, key=lambda lasted: (lasted.seconds, lasted.is_censored))
            found[name] = longest.seconds
            if any(lasted.is_censored for lasted in measured):
                at_least.add(name)
    if run.marks:
        seconds = {second for mark in run.marks for second in _seconds_of(mark, run)}
        found[FAILURES] = sum(_failed_in(seconds, run).values())
    return found, frozenset(at_least)


def fault_lines(run: Summary) -> list[str]:
    """Return a line about each fault."""
    return [_line(mark, run) for mark in run.marks]


def write_fault_times(path: Path, run: Summary) -> None:
    """Write what `ethercattle simulate --calibrate` reads. Raises ScenarioError: the file can't be written."""
    about = run.about
    comments = (f"ethercattle load, seed {about.seed}, {about.level}, {about.mix}", *about.notes)
    write_faults(path, [mark.fault for mark in run.marks if mark.fault is not None], comments)


def _line(mark: Mark, run: Summary) -> str:
    if mark.fault is None:
        return mark.text
    pieces = [f"{mark.text} (done at {mark.at_seconds:.3f} s)"]
    lasted: Mapping[str, Lasted] = mark.fault.lasted
    if "detection" in lasted:
        detection = lasted["detection"]
        pieces.append(
            f"not noticed in {detection.seconds:.2f} s"
            if detection.is_censored
            else f"out of service after {detection.seconds:.2f} s"
        )
    if "recovery" in lasted:
        pieces.append(_until("serving again", lasted["recovery"], "after that"))
    if "restart" in lasted:
        pieces.append(_until("serving", lasted["restart"], "after its restart"))
    if mark.fault.note != mark.text:
        pieces.append(mark.fault.note.removeprefix(f"{mark.text}; "))
    failed = failed_during(mark, run)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(failed.items()))
    pieces.append(f"{sum(failed.values())} calls failed meanwhile{f': {kinds}' if kinds else ''}")
    return "; ".join(pieces)


def _until(what: str, lasted: Lasted, since: str) -> str:
    if lasted.is_censored:
        return f"not {what} {lasted.seconds:.2f} s {since}"
    return f"{what} {lasted.seconds:.2f} s {since}"
