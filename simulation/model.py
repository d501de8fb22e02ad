"""What every engine simulates: groups of like units that fail, are seen to, and come back, and what users get of it.

A unit is up, or in one stage of an outage. An outage is drawn when the unit fails and goes through its stages in order
(noticed, failed over, booted, restored, replayed, repaired). Some stages need a crew; crews are shared, and who waits
for one stays as it is. Boolean expressions over the numbers of good units say when a measure (reads, writes, fresh
reads) is available. Times are hours.
"""

from dataclasses import dataclass
from enum import StrEnum

from simulation.laws import Law
from simulation.structure import Expression

HOURS_A_YEAR = 8766.0
"""365.25 days."""


class Shows(StrEnum):
    """What users get of a unit in a stage."""

    STALE = "stale"
    """It answers, with old data: good for reads, not for fresh reads or writes."""
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of an outage."""

    name: str
    """What reports call it: detect, fail over, boot, restore, replay, repair."""
    law: Law
    shows: Shows = Shows.DOWN
    needs_crew: bool = False
    """The crew is held from the first such stage to the end of the last one; waiting for it shows as the stage does."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One way a unit can be away."""

    name: str
    probability: float
    """Share of the unit's failures that go this way; those of a group add up to 1."""
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Standby:
    """Only `active` units of a group work at a time; the others wait."""

    active: int
    dormant_factor: float
    """Failure rate of a waiting unit as a share of a working one's: 0 cold, 1 hot, between them warm."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """A planned absence that comes round: one unit of the group at a time, never where another is away already."""

    every_hours: float
    law: Law
    shows: Shows = Shows.DOWN
    offset_hours: float = 0.0
    """The rounds begin at every, 2 x every, … plus this: so that groups take turns."""


@dataclass(frozen=True, slots=True)
class Group:
    """Units that are alike."""

    name: str
    count: int
    failure: Law
    """Time from up to the next failure of one working unit."""
    outages: tuple[Outage, ...]
    crew: str | None = None
    """Name of the shared crew; None gives each unit one of its own."""
    standby: Standby | None = None
    refresh: Refresh | None = None


class Discipline(StrEnum):
    """Which waiting unit a free crew takes."""

    FIFO = "fifo"
    """The one that waits longest."""
    PRIORITY = "priority"
    """The one whose group stands first in the crew's list, then the longest waiting."""
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Crew:
    """People or robots who repair; each sees to one unit at a time."""

    name: str
    size: int
    discipline: Discipline = Discipline.FIFO
    priorities: tuple[str, ...] = ()
    """Names of groups, first served first; used by the discipline PRIORITY."""


@dataclass(frozen=True, slots=True)
class Shock:
    """Fails several units at once: a common cause, a region, an upgrade gone wrong. It comes without memory."""

    name: str
    mean_hours: float
    """Mean time between shocks."""
    groups: tuple[str, ...]
    """Every unit of these groups that is up fails, in the shock's own way if it has one."""
    outages: tuple[Outage, ...] = ()
    """How the units are away; empty: as after a failure of their own."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something users want; it is available while its expression holds."""

    name: str
    """reads, writes, fresh_reads, or a name of the scenario's own."""
    expression: Expression
    counts_stale: bool
    """Whether a stale unit is a good one for this measure."""


@dataclass(frozen=True, slots=True)
class Model:
    """A whole system."""

    title: str
    groups: tuple[Group, ...]
    crews: tuple[Crew, ...]
    shocks: tuple[Shock, ...]
    measures: tuple[Measure, ...]
    load_by_hour: tuple[float, ...] = ()
    """Requests in each hour of a day (24) or week (168) relative to each other; empty: the same at all times."""

    def group(self, name: str) -> Group:
        """Return a group by its name."""
        return next(group for group in self.groups if group.name == name)
