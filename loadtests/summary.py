"""What a run found, as one frozen value: all that a report, a gate or a test asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadtests.compare_targets import Comparison
from loadtests.outcomes import GOOD, Kind
from loadtests.percentiles import Latency
from loadtests.saturation import Saturation
from loadtests.slices import Ending
from simulation.calibration.measured import Fault

SCHEMA = "ethercattle.load/1"


@dataclass(frozen=True, slots=True)
class About:
    """What was run."""

    targets: tuple[str, ...]
    workload: str
    """`open` or `closed`."""
    level: str
    """Rate or users, arrivals and shape, as people say it."""
    mix: str
    seed: int
    duration_seconds: float
    """Of the measured part."""
    warmup_seconds: float
    processes: int
    connections_max: int
    timeout_seconds: float
    notes: tuple[str, ...] = ()
    """What was said aloud: methods dropped, parts not found."""
    began_at: str = ""
    """Wall clock of the begin, ISO 8601, UTC."""
    dropped: Mapping[str, float] = field(default_factory=dict)
    """Methods of the mix that the target does not have, and their share in it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something done to the system during the run."""

    at_seconds: float
    """From the run's begin, warm-up included."""
    text: str
    end_seconds: float | None = None
    """When it was made good; None where the run ended first."""
    fault: Fault | None = None
    """How long it took to be noticed and to be over: a row of what `ethercattle simulate --calibrate` reads."""
    failed: int | None = None
    """Calls that failed until it was over; None before they are counted."""
    failure: str = ""
    """Why it could not be done, or not be made good; empty where it could."""

    @property
    def detection_seconds(self) -> float | None:
        """From the fault to out of service; None where nobody noticed."""
        return self._seconds("detection")

    @property
    def recovery_seconds(self) -> float | None:
        """From out of service to serving again; None where it was not seen."""
        return self._seconds("recovery")

    @property
    def restart_seconds(self) -> float | None:
        """From being started again to serving; None where it was not started again, or not seen serving."""
        return self._seconds("restart")

    def _seconds(self, quantity: str) -> float | None:
        lasted = None if self.fault is None else self.fault.lasted.get(quantity)
        return None if lasted is None or lasted.is_censored else lasted.seconds


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """What became of one method's calls in the measured part."""

    method: str
    endings: Mapping[Ending, int]
    """Calls by how they ended."""
    response: Latency | None
    """From the intended time. None where every call of it was in a batch."""
    service: Latency | None
    """From sending."""

    @property
    def calls(self) -> int:
        """Calls that ended."""
        return sum(self.endings.values())

    @property
    def failures(self) -> int:
        """Calls that a client would say have failed."""
        return sum(self.failed_endings.values())

    @property
    def failed_endings(self) -> dict[Ending, int]:
        """Those of calls that a client would say have failed."""
        return {ending: count for ending, count in self.endings.items() if ending.kind not in GOOD}


@dataclass(frozen=True, slots=True)
class SecondFigures:
    """What happened in one second, warm-up included."""

    second: int
    """From the run's begin."""
    is_warmup: bool
    offered: int
    sent: int
    answered: int
    calls: int
    failed: int
    in_flight: int
    waiting: int
    kinds: Mapping[Kind, int]
    """Calls by kind of ending."""
    p50_ms: float | None
    """Of response times, as all that follow; None where nothing ended."""
    p99_ms: float | None
    max_ms: float | None
    service_p99_ms: float | None
    consistency: Mapping[str, int]
    heads: Mapping[int, int]
    late_p99_ms: float | None
    """Of requests sent late by the generator's own fault."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A run's figures; the warm-up is in none but `seconds`."""

    about: About
    offered: int
    """HTTP requests whose intended time was in the measured part."""
    sent: int
    answered: int
    unsent: int
    """HTTP requests that were due and never sent, as every connection was busy until the end."""
    unanswered: int
    """HTTP requests sent, of which nothing was heard before the run was ended."""
    measured_seconds: float
    """How long the measured part was; less than asked for where it was interrupted."""
    achieved_rate: float
    """HTTP requests a second that ended in the measured part, those meant for the warm-up included."""
    methods: tuple[MethodFigures, ...]
    """Those with most calls first."""
    response: Latency | None
    """Of HTTP requests, from the intended time; those never sent are in it, with how long they had waited."""
    service: Latency | None
    """Of HTTP requests, from sending."""
    response_hdr: str
    """The histogram of response times in microseconds, in HdrHistogram's compact encoding."""
    service_hdr: str
    consistency: Mapping[str, int]
    """Sums of what was counted; names that end in `_max` are the highest."""
    seconds: tuple[SecondFigures, ...]
    saturation: Saturation
    is_interrupted: bool = False
    marks: tuple[Mark, ...] = ()
    comparison: Comparison | None = None
    """With a second target, where there is one."""

    @property
    def calls(self) -> int:
        """Calls that ended; each item of a batch is one."""
        return sum(each.calls for each in self.methods)

    @property
    def failures(self) -> int:
        """Calls that a client would say have failed; requests never sent are not among them."""
        return sum(each.failures for each in self.methods)

    @property
    def error_rate(self) -> float | None:
        """Share of failures, requests never sent included; None where nothing ended."""
        all_of_them = self.calls + self.unsent
        return (self.failures + self.unsent) / all_of_them if all_of_them else None

    @property
    def offered_rate(self) -> float:
        """HTTP requests a second that were meant to be sent."""
        return self.offered / self.measured_seconds if self.measured_seconds else 0.0

    @property
    def kinds(self) -> dict[Kind, int]:
        """Calls by kind of ending."""
        found: dict[Kind, int] = {}
        for method in self.methods:
            for ending, count in method.endings.items():
                found[ending.kind] = found.get(ending.kind, 0) + count
        return found
