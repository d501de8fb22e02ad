"""Opens the log that `--kafka.broker` names."""

from pathlib import Path

from reference_node.errors import UsageError
from reference_node.log.interface import Log
from reference_node.log.sqlite import SqliteLog

_SQLITE = "sqlite:///"


def open_log(broker: str, create: bool = False) -> Log:
    """Open `sqlite:///path` (a second slash after it makes the path absolute: `sqlite:////var/log.sqlite`).

    Args:
        broker: what `--kafka.broker` was given.
        create: make the file where there is none.

    Raises:
        UsageError: the broker is of a kind this version can't open.
        LogUnavailable: the log is not there.
    """
    if not broker.startswith(_SQLITE) or len(broker) == len(_SQLITE):
        raise UsageError(f"--kafka.broker is {broker!r}, expected sqlite:///path (this version has no other log)")
    return SqliteLog(Path(broker.removeprefix(_SQLITE)), create)


def parse_topic(text: str) -> tuple[str, int | None]:
    """Split `name`, `name:offset` or `name:` (the oldest offset, returned as -1).

    Raises:
        UsageError: what follows the colon is not a whole number.
    """
    name, colon, offset = text.partition(":")
    if not name or (offset and not offset.isdecimal()):
        raise UsageError(f"--kafka.topic is {text!r}, expected name, name:offset or name:")
    return name, (int(offset) if offset else -1) if colon else None
