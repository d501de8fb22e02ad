"""The flags of `ethercattle replica` that say when it serves, when it is too old, and how it ends."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from reference_node.health import Thresholds
from reference_node.lifecycle import AgeLimits

Decorated = TypeVar("Decorated", bound=Callable[..., object])


class Seconds(click.FloatRange):
    """Seconds, no more than a century of them; `nan`, which passes every comparison, is none."""

    def __init__(self, at_most: float = 3_200_000_000) -> None:
        super().__init__(0, at_most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail as click does."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return seconds


SECONDS = Seconds()
RECORDS = click.IntRange(0)

_OPTIONS = (
    ("--replica.startup.age", "startup_age", SECONDS, 0.0,
     "Serve only once the head is younger than this many seconds (0: once caught up)."),
    ("--replica.offset.age", "offset_age", SECONDS, 0.0,
     "End with code 4 where the master has said nothing for more than this many seconds (0: never)."),
    ("--replica.block.age", "block_age", SECONDS, 0.0,
     "End with code 4 where the head is older than this many seconds (0: never)."),
    ("--replica.drain", "drain", SECONDS, 5.0,
     "Before an end, serve on for so many seconds while /health/ready says 503."),
    ("--health.lag.records", "lag_records_max", RECORDS, 0,
     "More log records behind: /health/ready says 429 (0: off)."),
    ("--health.lag.blocks", "lag_blocks_max", RECORDS, 0,
     "More blocks behind: /health/ready says 429 (0: off)."),
    ("--health.offset.age", "offset_age_max", SECONDS, 0.0,
     "Newest record older, in seconds: /health/ready says 429 (0: off)."),
    ("--health.block.age", "block_age_max", SECONDS, 0.0,
     "Head older, in seconds: /health/ready says 429 (0: off)."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What these flags say."""

    limits: AgeLimits
    thresholds: Thresholds
    drain_seconds: float


def lifecycle_options(command: Decorated) -> Decorated:
    """Add the flags; the command hands what it is given beside its own to `lifecycle_of`."""
    for flag, name, kind, default, text in reversed(_OPTIONS):
        command = click.option(flag, name, type=kind, default=default, show_default=True, help=text)(command)
    return command


def lifecycle_of(flags: Mapping[str, float]) -> Lifecycle:
    """Return what the flags say."""
    limits = AgeLimits(*(round(flags[name] * 1000) for name in ("startup_age", "offset_age", "block_age")))
    thresholds = Thresholds(
        int(flags["lag_records_max"]), int(flags["lag_blocks_max"]), flags["offset_age_max"], flags["block_age_max"]
    )
    return Lifecycle(limits, thresholds, flags["drain"])
