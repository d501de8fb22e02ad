"""What `simulate` returns: estimates, what they rest on, and what is needed to get them again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from simulation.estimates import Estimate, MeasureEstimates, StalenessEstimates, all_named
from simulation.frames import pandas
from simulation.trace import Replication


@dataclass(frozen=True, slots=True)
class About:
    """Where samples come from; the same values give the same samples again."""

    title: str
    scenario: str
    """The scenario in one line of JSON, keys in order."""
    scenario_hash: str
    """SHA-256 of `scenario`, hexadecimal."""
    engine: str
    seed: int
    horizon_hours: float
    warmup_hours: float


@dataclass(frozen=True, slots=True)
class Samples:
    """The runs themselves."""

    about: About
    replications: tuple[Replication, ...] = field(repr=False)

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per outage: replication, measure, start_hours, end_hours."""
        rows = [
            (number, measure, start, end)
            for number, replication in enumerate(self.replications)
            for measure, intervals in replication.down.items()
            for start, end in intervals.tolist()
        ]
        frame = pandas().DataFrame(rows, columns=["replication", "measure", "start_hours", "end_hours"])
        frame.attrs["about"] = {each.name: getattr(self.about, each.name) for each in fields(self.about)}
        return frame


@dataclass(frozen=True, slots=True)
class Result:
    """All that was found out about a scenario."""

    about: About
    why: str
    """Why this engine."""
    confidence: float
    measures: Mapping[str, MeasureEstimates]
    staleness: StalenessEstimates | None
    """None where the engine is exact, or the scenario does not tell fresh reads from reads."""
    samples: Samples
    """No replications where the engine has none: exact ones, and rare events."""
    seconds: float
    """How long it took."""
    notes: tuple[str, ...] = ()
    """What to know of the estimates: intervals not to be trusted, outages that were never seen."""

    @property
    def estimates(self) -> dict[str, Estimate]:
        """Every estimate by its name, as requirements name them."""
        return all_named(self.measures, self.staleness)

    def to_frame(self) -> Any:
        """Return a pandas frame of one row per estimate: value, low, high, confidence, method, samples."""
        rows = {
            name: {
                "value": each.value,
                "low": each.low,
                "high": each.high,
                "confidence": each.confidence,
                "method": str(each.method),
                "samples": each.samples,
            }
            for name, each in self.estimates.items()
        }
        return pandas().DataFrame.from_dict(rows, orient="index").rename_axis("estimate")

    def samples_frame(self) -> Any:
        """Return `samples` as a pandas frame."""
        return self.samples.to_frame()
