"""Reads faults from texts such as `kill replica 1 at 20s for 5s`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from loadtests.errors import LoadError

FAULTS_MAX = 32
FOR_SECONDS = 5.0
"""How long a fault lasts where nothing is said."""
DELAY_SECONDS = 0.2
"""By how much `slow` delays answers where nothing is said."""
DELAY_SECONDS_MAX = 60.0
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}
_DURATION = r"(\d+(?:\.\d+)?)(ms|s|m|)"
_TEXT = re.compile(
    r"(?P<action>\S+)\s+(?P<part>[^\W\d]\S*)(?:\s+(?P<number>\d+))?(?:\s+from\s+(?P<other>\S+))?"
    rf"(?:\s+by\s+(?P<delay>{_DURATION}))?\s+at\s+(?P<at>{_DURATION})(?:\s+for\s+(?P<lasting>{_DURATION}))?"
)
Word = TypeVar("Word", bound=StrEnum)
FORM = "ACTION TARGET [N] [by 200ms] at 20s [for 5s]"


class Action(StrEnum):
    """What can be done."""

    KILL = "kill"
    """SIGKILL; started again at the end."""
    STOP = "stop"
    """SIGTERM; started again at the end."""
    PAUSE = "pause"
    """SIGSTOP, and SIGCONT at the end: connections stay, answers don't come."""
    CUT = "cut"
    """Nothing passes on the way to it, as if a cable were pulled; what was under way passes at the end."""
    SLOW = "slow"
    """Everything passes later on the way from it."""


class Target(StrEnum):
    """What it can be done to."""

    REPLICA = "replica"
    MASTER = "master"
    BROKER = "broker"
    BALANCER = "balancer"


ON_THE_WAY = frozenset({Action.CUT, Action.SLOW})
"""Done by a proxy, not to the process."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is done during a run."""

    action: Action
    target: Target
    number: int
    """Of a replica, from 0 as in its name; 0 for the others."""
    at_seconds: float
    """From the run's begin, warm-up included."""
    for_seconds: float
    delay_seconds: float = DELAY_SECONDS
    """Of `slow`."""
    is_from_broker: bool = False
    """Whether a replica's way to the log is meant, instead of its clients' way to it."""

    @property
    def end_seconds(self) -> float:
        """When it is made good."""
        return self.at_seconds + self.for_seconds

    @property
    def part(self) -> str:
        """What it is done to, as people say it."""
        return f"replica {self.number}" if self.target is Target.REPLICA else str(self.target)

    def __str__(self) -> str:
        """Return it as it is written in `--fault`."""
        place = f"{self.part}{' from broker' if self.is_from_broker else ''}"
        delay = f" by {self.delay_seconds * 1000:g}ms" if self.action is Action.SLOW else ""
        return f"{self.action} {place}{delay} at {self.at_seconds:g}s for {self.for_seconds:g}s"


def parse_faults(texts: Sequence[str]) -> tuple[Fault, ...]:
    """Read faults, in the order of their begin.

    Raises:
        LoadError: one can't be read, or two are done to the same part at the same time.
    """
    if len(texts) > FAULTS_MAX:
        raise LoadError(f"--fault is given {len(texts)} times, expected at most {FAULTS_MAX}")
    faults = sorted((parse_fault(text) for text in texts), key=lambda fault: fault.at_seconds)
    for number, later in enumerate(faults):
        for earlier in faults[:number]:
            if earlier.part == later.part and later.at_seconds <= earlier.end_seconds:
                raise LoadError(f"faults '{earlier}' and '{later}' overlap, expected one at a time for {later.part}")
    return tuple(faults)


def parse_fault(text: str) -> Fault:
    """Read one fault. Raises LoadError: it can't be read; the text names the known words."""
    found = _TEXT.fullmatch(" ".join(text.split()))
    if found is None:
        raise LoadError(f"--fault {text!r} can't be read, expected {FORM}{_known()}")
    action = _word(Action, found["action"], text)
    target = _word(Target, found["part"], text)
    if found["number"] and target is not Target.REPLICA:
        raise LoadError(f"--fault {text!r} has a number, but there is one {target} only")
    if found["other"] and (found["other"] != "broker" or target is not Target.REPLICA or action not in ON_THE_WAY):
        raise LoadError(f"--fault {text!r}: only `cut` and `slow` a `replica N from broker` have a `from`")
    if found["delay"] and action is not Action.SLOW:
        raise LoadError(f"--fault {text!r} has a delay (by {found['delay']}), which only slow takes")
    delay_seconds = _seconds(found["delay"], DELAY_SECONDS)
    if not 0 < delay_seconds <= DELAY_SECONDS_MAX:
        raise LoadError(f"--fault {text!r} delays by {found['delay']}, expected up to {DELAY_SECONDS_MAX:g}s")
    return Fault(
        action,
        target,
        int(found["number"] or 0),
        _seconds(found["at"], 0.0),
        _seconds(found["lasting"], FOR_SECONDS),
        delay_seconds,
        found["other"] is not None,
    )


def _seconds(text: str | None, otherwise: float) -> float:
    if text is None:
        return otherwise
    found = re.fullmatch(_DURATION, text)
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]


def _word(kind: type[Word], word: str, text: str) -> Word:
    try:
        return kind(word)
    except ValueError:
        raise LoadError(f"--fault {text!r}: {word!r} is unknown{_known()}") from None


def _known() -> str:
    return f"; actions are {', '.join(Action)}; targets are {', '.join(Target)}"
