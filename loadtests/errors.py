"""What the load tests raise on purpose, and the exit codes (those of DESIGN).

EtherCattleError
├── UsageError
│   └── LoadError     exit 2  a flag, mix, shape, fault or gate is wrong; the text names it and the known ones
└── CouldNotJudge
    └── Saturated     exit 3  the generator could not keep its schedule, so the figures are its own
"""

from reference_node.errors import CouldNotJudge, UsageError


class LoadError(UsageError):
    """A flag, a mix, a shape, a fault or a gate is wrong."""


class Saturated(CouldNotJudge):
    """The generator could not keep its schedule."""
