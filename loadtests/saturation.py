"""Whether the generator kept its schedule: what it did not keep by its own fault makes its figures its own."""

from collections.abc import Sequence
from dataclasses import dataclass

LATE_MS_MAX = 10.0
"""The 99th percentile of how late requests were sent that had a connection free."""
LATE_SHARE_MAX = 0.1
"""Of the second's 99th percentile of response times: what is less is lost in what the target took."""
SECONDS_SHARE_MAX = 0.1
"""More than this share of the seconds must be bad, and more than one: a pause of the machine is no saturation."""
CPU_SHARE_MAX = 0.95
"""Of one core: an event loop that is busier has no room for what comes unevenly."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """What is known of the generator's own health, over the measured seconds."""

    late_p99_ms: float
    """How late requests were sent that had a connection free."""
    late_max_ms: float
    loop_lag_max_ms: float
    cpu_share_max: float
    """Of one core, the busiest process in its busiest second."""
    cpu_wait_share_max: float
    reasons: tuple[str, ...]
    """Why the figures are the generator's own; empty where they are not."""

    @property
    def is_saturated(self) -> bool:
        """Whether the figures are the generator's own."""
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class Health:
    """How one process did in one second."""

    late_p99_ms: float | None
    """None where no request was sent that had a connection free."""
    late_max_ms: float | None
    loop_lag_ms: float
    cpu_share: float
    cpu_wait_share: float
    waiting: int
    """Requests due and not sent at its end."""
    response_p99_ms: float | None = None
    """None where nothing ended."""


def judge_saturation(seconds: Sequence[Health], late_p99_ms: float, is_open: bool) -> Saturation:
    """Decide from each process's seconds; a closed loop has no schedule to keep, and can only be short of processor."""
    return Saturation(
        late_p99_ms=late_p99_ms,
        late_max_ms=max((each.late_max_ms or 0.0 for each in seconds), default=0.0),
        loop_lag_max_ms=max((each.loop_lag_ms for each in seconds), default=0.0),
        cpu_share_max=max((each.cpu_share for each in seconds), default=0.0),
        cpu_wait_share_max=max((each.cpu_wait_share for each in seconds), default=0.0),
        reasons=_reasons(seconds, is_open),
    )


def _reasons(seconds: Sequence[Health], is_open: bool) -> tuple[str, ...]:
    if not seconds:
        return ()
    late = [each for each in seconds if is_open and (each.late_p99_ms or 0.0) > _late_ms_max(each)]
    busy = [each for each in seconds if each.cpu_share > CPU_SHARE_MAX and (each.waiting or not is_open)]
    starved = [each for each in seconds if each.cpu_share + each.cpu_wait_share > CPU_SHARE_MAX and each.waiting]
    found = []
    if _are_too_many(late, seconds):
        worst = max(each.late_p99_ms or 0.0 for each in late)
        found.append(
            f"in {len(late)} of {len(seconds)} seconds requests left over {LATE_MS_MAX:g} ms late (p99, up to "
            f"{worst:.0f} ms) though a connection was free"
        )
    if _are_too_many(busy, seconds):
        found.append(f"a generator's core was over {CPU_SHARE_MAX:.0%} busy in {len(busy)} of {len(seconds)} seconds")
    elif _are_too_many(starved, seconds):
        found.append(f"a generator got too little processor in {len(starved)} of {len(seconds)} seconds")
    return tuple(found)


def _late_ms_max(second: Health) -> float:
    """Return how late requests may be before figures are more the generator's than the target's."""
    return max(LATE_MS_MAX, LATE_SHARE_MAX * (second.response_p99_ms or 0.0))


def _are_too_many(bad: Sequence[Health], seconds: Sequence[Health]) -> bool:
    """Say whether so many seconds are bad that it was no pause; of a single second, that one."""
    return len(bad) > SECONDS_SHARE_MAX * len(seconds) and len(bad) >= min(2, len(seconds))
