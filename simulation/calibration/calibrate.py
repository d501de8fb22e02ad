"""From measured durations to a law for each: every family is fitted and tested, the one of least AIC is taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.calibration.fitting import FAMILIES, Fit, fit
from simulation.calibration.goodness import Goodness, judge_fit
from simulation.calibration.measured import Durations, read_durations
from simulation.errors import ScenarioError
from simulation.frames import pandas
from simulation.laws import Law
from simulation.randomness import generator

CHOICE_VALUES_MIN = 5
"""From fewer durations that ended no law can be told from another."""
P_VALUE_MIN = 0.05
AIC_NEAR = 2.0
"""A law whose AIC is no more than this above the least is as good (Burnham & Anderson, 2002)."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """A family, fitted and tested."""

    fit: Fit
    goodness: Goodness | None
    """None where there is no law, or a deterministic one."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One quantity of one part, and its law."""

    durations: Durations
    tried: tuple[Tried, ...]
    """Every family, in their order."""
    chosen: Tried
    why: str
    """This law was chosen."""
    as_good: tuple[str, ...] = ()
    """Laws whose AIC is hardly higher."""
    warnings: tuple[str, ...] = ()

    @property
    def law(self) -> Law:
        """The law that was chosen."""
        assert self.chosen.fit.law is not None
        return self.chosen.fit.law


@dataclass(frozen=True, slots=True)
class Calibration:
    """All that a file of measured durations tells."""

    source: str
    """Name of the file."""
    seed: int
    confidence: float
    quantities: tuple[Calibrated, ...]
    left_out: tuple[str, ...] = ()
    """Quantities of which nothing can be said, each with the reason in a line."""

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per quantity and family, the chosen ones marked."""
        rows = [_frame_row(each, tried) for each in self.quantities for tried in each.tried]
        frame = pandas().DataFrame(rows)
        frame.attrs["about"] = {"source": self.source, "seed": self.seed, "confidence": self.confidence}
        return frame


def calibrate(
    source: Path | Sequence[Durations],
    *,
    seed: int = 0,
    confidence: float = 0.95,
    progress: Progress | None = None,
) -> Calibration:
    """Fit laws to measured durations.

    Args:
        source: a CSV as docs/simulation.md describes it, or durations.
        seed: of the samples that the laws are tested with.
        confidence: of the interval of each law's mean.
        progress: told how many laws were tried, and of how many.

    Raises:
        ScenarioError: the file is wrong, a number is out of range, or of no quantity any law can be fitted.
    """
    if not 0 < confidence < 1:
        raise ScenarioError(f"confidence is {confidence}, expected between 0 and 1")
    if seed < 0:
        raise ScenarioError(f"seed is {seed}, expected 0 or more")
    all_durations = read_durations(source) if isinstance(source, Path) else tuple(source)
    found: list[Calibrated] = []
    left_out: list[str] = []
    for place, durations in enumerate(all_durations):
        tell = _telling(progress, place, len(all_durations))
        try:
            found.append(_calibrate(durations, seed, confidence, tell))
        except NotFitted as error:
            left_out.append(str(error))
    if not found and left_out:
        raise ScenarioError(left_out[0])
    name = source.name if isinstance(source, Path) else ""
    return Calibration(name, seed, confidence, tuple(found), tuple(left_out))


class NotFitted(ScenarioError):
    """Of a quantity nothing can be said."""


def _telling(progress: Progress | None, place: int, count: int) -> Callable[[int], None]:
    """Return what is told how many laws of one quantity were tried."""

    def tell(tried: int) -> None:
        if progress is not None:
            progress(place * len(FAMILIES) + tried, count * len(FAMILIES))

    return tell


def _calibrate(durations: Durations, seed: int, confidence: float, tell: Callable[[int], None]) -> Calibrated:
    if durations.is_censored.all():
        raise NotFitted(f"{durations.name}: of {len(durations.hours)} measured none ended, expected one that did")
    tried = []
    for family in FAMILIES:
        tried.append(_try(family, durations, seed, confidence))
        tell(len(tried))
    return _choose(durations, tuple(tried))


def _try(family: str, durations: Durations, seed: int, confidence: float) -> Tried:
    hours, is_censored = durations.hours, durations.is_censored
    fitted = fit(family, hours, is_censored)
    if fitted.law is None or family == "deterministic":
        return Tried(fitted, None)
    rng = generator(seed, 0, durations.name, 0, family)
    return Tried(fitted, judge_fit(family, fitted.law, hours, is_censored, rng, confidence))


def _choose(durations: Durations, tried: tuple[Tried, ...]) -> Calibrated:
    """Return the law to take: what never varies is deterministic, of few durations nothing is told, else least AIC."""
    there = {each.fit.family: each for each in tried if each.fit.law is not None}
    ended, fixed = len(durations.ended), there.get("deterministic")
    if fixed is not None and (ended > 1 or len(there) == 1):
        return Calibrated(durations, tried, fixed, f"all {ended} lasted the same" if ended > 1 else "one lasted 0")
    if not there:
        raise NotFitted(f"{durations.name}: no law can be fitted, expected durations above 0")
    if ended < CHOICE_VALUES_MIN:
        warning = f"{ended} durations that ended tell no law, expected {CHOICE_VALUES_MIN} or more"
        return Calibrated(durations, tried, there["exponential"], "too few to choose", (), (warning,))
    in_order = sorted(there.values(), key=lambda each: each.fit.aic)
    best, others = in_order[0], in_order[1:]
    near = tuple(each.fit.family for each in others if each.fit.aic - best.fit.aic <= AIC_NEAR)
    return Calibrated(durations, tried, best, "least AIC", near, tuple(_warnings(best)))


def _warnings(best: Tried) -> list[str]:
    if best.goodness is None or best.goodness.p_value >= P_VALUE_MIN:
        return []
    return [
        f"no law fits: p = {best.goodness.p_value:.4f} for the best; take the empirical one, or look for two causes"
    ]


def _frame_row(each: Calibrated, tried: Tried) -> dict[str, object]:
    durations, law, goodness = each.durations, tried.fit.law, tried.goodness
    return {
        "part": durations.part,
        "quantity": durations.quantity,
        "durations": len(durations.hours),
        "censored": int(durations.is_censored.sum()),
        "law": tried.fit.family,
        "chosen": tried is each.chosen,
        "mean_hours": law.mean_hours if law is not None else None,
        "mean_low_hours": goodness.mean_low_hours if goodness is not None else None,
        "mean_high_hours": goodness.mean_high_hours if goodness is not None else None,
        "aic": tried.fit.aic if law is not None else None,
        "anderson_darling": goodness.distance if goodness is not None else None,
        "p_value": goodness.p_value if goodness is not None else None,
        "why_not": tried.fit.why_not,
    }
