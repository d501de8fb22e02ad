"""Opens the log that `--kafka.broker` names."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from reference_node.errors import UsageError
from reference_node.log.interface import Log

_SQLITE = "sqlite:///"
_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_PORT_MAX = 65535
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def open_log(broker: str, create: bool = False, config: Mapping[str, str] = MappingProxyType({})) -> Log:
    """Open `host:port,host:port`, or `sqlite:///path` (one more slash makes it absolute: `sqlite:////var/log.sqlite`).

    Args:
        broker: what `--kafka.broker` was given.
        create: make the file where there is none.
        config: librdkafka's properties, for a Kafka cluster.

    Raises:
        UsageError: the broker is no address, a path lacks a slash, or a property is unknown or may not be set.
        LogUnavailable: the log is not there.
    """
    if broker.startswith(_SQLITE) and len(broker) > len(_SQLITE):
        if config:
            raise UsageError(f"--kafka.config is given, but --kafka.broker is {broker!r}, which has no such properties")
        from reference_node.log.sqlite import SqliteLog  # each log loads only what it needs

        path = Path(broker.removeprefix(_SQLITE))
        _check_slashes(path)
        return SqliteLog(path, create)
    addresses = [address.strip() for address in broker.split(",")]
    if not all((found := _ADDRESS.fullmatch(address)) and 0 < int(found[1]) <= _PORT_MAX for address in addresses):
        raise UsageError(f"--kafka.broker is {broker!r}, expected host:port,host:port or sqlite:///path")
    from reference_node.log.kafka import KafkaLog

    return KafkaLog(",".join(addresses), config)


def _check_slashes(path: Path) -> None:
    """See that a path from the working folder was not meant from the root. Raises UsageError."""
    meant = Path("/") / path
    if not path.is_absolute() and len(path.parts) > 1 and not path.parent.is_dir() and meant.parent.is_dir():
        problem = f"{_SQLITE}{path} is a path from the working folder, where there is no {path.parent}"
        raise UsageError(f"{problem}; did you mean {_SQLITE}{meant}, with one slash more?")


def parse_topic(text: str, flag: str = "--kafka.topic") -> tuple[str, int | None]:
    """Split `name`, `name:offset` or `name:` (the oldest offset, returned as -1); errors name the flag.

    Raises:
        UsageError: the name is none that Kafka allows, or what follows the colon is not a whole number.
    """
    name, colon, offset = text.partition(":")
    if not name or (offset and not offset.isdecimal()):
        raise UsageError(f"{flag} is {text!r}, expected name, name:offset or name:")
    if not _TOPIC.fullmatch(name) or name in {".", ".."}:
        raise UsageError(f"{flag} is {text!r}, expected a name of letters, digits, '.', '_' and '-' only")
    return name, (int(offset) if offset else -1) if colon else None


def parse_topic_name(text: str, flag: str) -> str:
    """Return a topic's name. Raises UsageError where it is none, or goes on with an offset."""
    name, start = parse_topic(text, flag)
    if start is not None:
        raise UsageError(f"{flag} is {text!r}, expected a name without an offset")
    return name
