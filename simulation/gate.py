"""Requirements on estimates, such as `read_availability>=0.9999`: pass, fail, or not told yet."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from simulation.errors import ScenarioError
from simulation.estimates import Estimate

_FORM = re.compile(r"\s*([A-Za-z_]\w*)\s*(>=|<=)\s*(\S+)\s*")
EXIT_CODES = {"pass": 0, "fail": 1, "straddles": 3}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an estimate has to be."""

    name: str
    """Of the estimate."""
    is_least: bool
    """Whether the bound is the least (>=), else it is the most (<=)."""
    bound: float

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.name}{'>=' if self.is_least else '<='}{self.bound:.15g}"


class Verdict(StrEnum):
    """Whether a requirement is met."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    STRADDLES = "straddles"
    """The bound lies within the interval: more runs would tell."""


def parse_requirement(text: str) -> Requirement:
    """Read a requirement.

    Raises:
        ScenarioError: it is none.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ScenarioError(f"requirement {text!r} can't be read, expected as in read_availability>=0.9999 (>= or <=)")
    name, sign, number = found.groups()
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise ScenarioError(f"requirement {text!r}: {number!r} is no number, expected as in read_availability>=0.9999")
    requirement = Requirement(name, sign == ">=", bound)
    is_share = name.endswith(("availability", "_share"))
    if is_share and not 0 <= bound <= 1:
        raise ScenarioError(f"requirement {text!r}: {number} is impossible, expected 0 to 1")
    return requirement


def find_estimate(requirement: Requirement, estimates: Mapping[str, Estimate]) -> Estimate:
    """Return the estimate that a requirement is about.

    Raises:
        ScenarioError: there is no such estimate; the nearest name is told.
    """
    if requirement.name in estimates:
        return estimates[requirement.name]
    singular = {name: estimate for name, estimate in estimates.items() if _plural(name) == requirement.name}
    if singular:
        return next(iter(singular.values()))
    near = get_close_matches(requirement.name, estimates, n=1, cutoff=0.0)
    hint = f"did you mean {near[0]}?" if near else "there are no estimates"
    raise ScenarioError(f"requirement {requirement}: there is no estimate {requirement.name!r}; {hint}")


def _plural(name: str) -> str:
    """Return the other way to write a name: reads_availability."""
    measure, _, quantity = name.partition("_")
    return f"{measure}s_{quantity}"


def judge(requirement: Requirement, estimate: Estimate) -> Verdict:
    """Return whether an estimate meets a requirement with all of its interval, or with none of it.

    What could not be estimated (nan) is never met; an interval that is not to be trusted leaves it open.
    """
    if estimate.warning:
        return Verdict.STRADDLES
    if requirement.is_least:
        if estimate.low >= requirement.bound:
            return Verdict.PASS
        return Verdict.FAIL if estimate.high < requirement.bound else Verdict.STRADDLES
    if estimate.high <= requirement.bound:
        return Verdict.PASS
    return Verdict.FAIL if estimate.low > requirement.bound else Verdict.STRADDLES


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return what a command ends with: 1 where any requirement fails, else 3 where any straddles, else 0."""
    found = set(verdicts)
    worst = next((verdict for verdict in (Verdict.FAIL, Verdict.STRADDLES) if verdict in found), Verdict.PASS)
    return EXIT_CODES[worst]
