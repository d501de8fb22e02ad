"""Everything this project raises on purpose, and the exit code each one ends a command with.

EtherCattleError                 (never raised itself)
├── UsageError            exit 2  a flag, a file or a setting is wrong; nothing was done
│   ├── StoreError               a data directory is in use, damaged or of another chain
│   └── ChainFileError           a genesis, chain or fork choice file can't be used
├── InvalidBlock          exit 1  a block breaks the rules; nothing of it was stored or published
├── CouldNotJudge         exit 3  an endpoint or a part needed for a verdict is not there
├── AgeLimitExceeded      exit 4  a replica is older than it may be
└── LogError              exit 5  the log can't be followed or written
    ├── LogRefused               a gap, a digest mismatch, a lost position, a foreign record
    ├── LogUnavailable           the log is not there or does not answer
    └── Fenced                   another master owns the log

Exit codes are those of DESIGN: 0 good, 1 judged bad, 2 usage, 3 could not judge, 4 age limit, 5 log refused.
"""

from typing import ClassVar


class EtherCattleError(Exception):
    """Base of the tree; its text is one line that names the value and what was expected."""

    exit_code: ClassVar[int] = 1


class UsageError(EtherCattleError):
    """A flag, a file or a setting is wrong."""

    exit_code = 2


class StoreError(UsageError):
    """A data directory is in use, damaged, or belongs to another chain."""


class ChainFileError(UsageError):
    """A genesis, chain or fork choice file can't be used."""


class InvalidBlock(EtherCattleError):
    """A block breaks the rules of its chain; the text names the first difference."""


class CouldNotJudge(EtherCattleError):
    """What is needed for a verdict is missing, so there is none."""

    exit_code = 3


class AgeLimitExceeded(EtherCattleError):
    """A replica's data is older than its limits allow."""

    exit_code = 4


class LogError(EtherCattleError):
    """The log can't be followed or written."""

    exit_code = 5


class LogRefused(LogError):
    """Records are missing, damaged, out of order or not ours; nothing of them was applied."""


class LogUnavailable(LogError):
    """The log is not there or does not answer."""


class Fenced(LogError):
    """Another master has opened a newer epoch; nothing of this append was written."""

    def __init__(self, text: str, epoch: int | None = None) -> None:
        super().__init__(text)
        self.epoch = epoch
        """The newer epoch, where it is known."""
