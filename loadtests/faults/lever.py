"""What does a fault and makes it good, as the runner takes it: it knows nothing of clusters."""

from collections.abc import Callable
from dataclasses import dataclass

from loadtests.faults.grammar import Fault
from loadtests.faults.sights import Look


@dataclass(frozen=True, slots=True)
class Lever:
    """How one fault is done to a running part."""

    fault: Fault
    unit: str
    """The part's name in its system."""
    act: Callable[[], None]
    restore: Callable[[], None]
    look: Look
    needs_progress: bool = False
    """Whether only new records tell that the part works."""
