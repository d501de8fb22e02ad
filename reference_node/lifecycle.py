"""Decides when a replica may begin to serve, and when it is too old to go on: nothing here reads a clock or a log.

How old the master's last word is depends on where the replica stands:

- once it has caught up with the log, the newest record counts by the *master's* clock in it, so that records which lay
  in the log for long are not mistaken for news, whenever they are applied;
- while it is catching up for the first time, records are old by nature and say nothing of the master: there, only
  the time since a record last arrived counts. Such a replica serves nothing yet, and one whose log has stalled ends.

A record's clock can't be ahead of the moment the record arrived at: where it is, the master's clock runs ahead of
ours, and the arrival counts, so that a fast master can't hide its silence. A master whose clock runs behind looks older
by as much. Source of the flags: the operator's guide (seed 000).
"""

from dataclasses import dataclass

from reference_node.health import as_text


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """What the `--replica.*.age` flags say, in milliseconds; 0 turns one off."""

    startup_ms: int = 0
    """The head has to be younger than this before the replica serves."""
    offset_ms: int = 0
    """The master's last word may be this old."""
    block_ms: int = 0
    """The head may be this old."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a replica stands in time; all clocks in milliseconds since 1970."""

    now_ms: int
    caught_up: bool
    """It has reached the log's end, with a whole chain, since it started."""
    arrived_ms: int
    """Our clock when a record last arrived, or when following began."""
    told_ms: int | None
    """The master's clock in the newest record applied, also before a restart; None before the first."""
    head_timestamp: int | None
    """The head's timestamp, seconds since 1970; None before the first whole chain."""


def offset_age_ms(standing: Standing) -> int | None:
    """Return how old the newest applied record is by the master's clock, or None before the first."""
    if standing.told_ms is None:
        return None
    return max(0, standing.now_ms - min(standing.told_ms, standing.arrived_ms))


def block_age_ms(standing: Standing) -> int | None:
    """Return how old the head is by its timestamp, or None before there is one."""
    if standing.head_timestamp is None:
        return None
    return max(0, standing.now_ms - standing.head_timestamp * 1000)


def silence_ms(standing: Standing) -> int:
    """Return for how long the master has said nothing, as the limit on the offset's age takes it."""
    by_master = offset_age_ms(standing)
    if standing.caught_up and by_master is not None:
        return by_master
    return max(0, standing.now_ms - standing.arrived_ms)


def breach(standing: Standing, limits: AgeLimits) -> str:
    """Return which limit is passed and by what, or nothing. An age that equals its limit has not passed it."""
    silence = silence_ms(standing)
    if limits.offset_ms and silence > limits.offset_ms:
        said = "the newest record is" if standing.caught_up else "while catching up, the last record came in"
        ago = "old by the master's clock" if standing.caught_up else "ago"
        return f"{said} {_text(silence)} s {ago}, --replica.offset.age allows {_text(limits.offset_ms)} s"
    age = block_age_ms(standing)
    if limits.block_ms and standing.caught_up and age is not None and age > limits.block_ms:
        return f"the head is {_text(age)} s old, --replica.block.age allows {_text(limits.block_ms)} s"
    return ""


def waits_for(standing: Standing, limits: AgeLimits) -> str:
    """Return what a replica that has caught up still waits for before it serves, or nothing.

    The head has to be younger than the limit: one of that very age is not.
    """
    age = block_age_ms(standing)
    if not limits.startup_ms or not standing.caught_up or age is None or age < limits.startup_ms:
        return ""
    return (
        f"the head is {_text(age)} s old, --replica.startup.age waits for one younger than {_text(limits.startup_ms)} s"
    )


def may_begin(standing: Standing, limits: AgeLimits) -> bool:
    """Say whether a replica may begin to serve; once it has begun, it goes on until a limit is passed."""
    return standing.caught_up and standing.head_timestamp is not None and not waits_for(standing, limits)


def _text(milliseconds: int) -> str:
    return as_text(milliseconds / 1000)
