"""Everything the simulation raises on purpose, and the exit code each one ends a command with.

SimulationError              (never raised itself)
├── ScenarioError     exit 2  a scenario or a flag is wrong; the text names the key and what was expected
├── NotApplicable     exit 2  an engine can't take this scenario; the text says why, and which can
└── NotReached        exit 3  the time was up before the interval was narrow enough; carries what there is
"""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from simulation.result import Result


class SimulationError(Exception):
    """Base of the tree; its text is one line that names the value and what was expected."""

    exit_code: ClassVar[int] = 2


class ScenarioError(SimulationError):
    """A scenario or a flag is wrong."""


class NotApplicable(SimulationError):
    """An engine can't take this scenario."""


class NotReached(SimulationError):
    """The time was up before the interval was narrow enough."""

    exit_code = 3

    def __init__(self, text: str, result: "Result | None" = None) -> None:
        super().__init__(text)
        self.result = result
        """What there is, where anything is."""
