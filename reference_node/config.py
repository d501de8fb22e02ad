"""What flags that several roles share mean, beyond what a flag's own type says."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reference_node.errors import UsageError

RECORD_FORMATS = ("writebatch", "ethercattle")
"""How records are written to a topic; the first is the default."""
LINE_FORMATS = ("text", "json")
"""How a process writes its own log lines; the first is the default."""


@dataclass(frozen=True, slots=True)
class LogFormats:
    """What `--log.format` says; it names the format of two things, which share no value."""

    records: str = RECORD_FORMATS[0]
    """Of the records in the topic; one of `RECORD_FORMATS`."""
    lines: str = LINE_FORMATS[0]
    """Of the process's own log lines; one of `LINE_FORMATS`."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where a process shows its metrics."""

    port: int
    """0 takes any free one."""
    address: str = "127.0.0.1"


def log_formats(values: Sequence[str]) -> LogFormats:
    """Return what the values of a repeated `--log.format` say. Raises UsageError for any that can't hold together."""
    known = (*RECORD_FORMATS, *LINE_FORMATS)
    for value in values:
        if value not in known:
            raise UsageError(f"--log.format is {value!r}, expected one of {', '.join(known)}")
    return LogFormats(_one_of(RECORD_FORMATS, values), _one_of(LINE_FORMATS, values))


def kafka_config(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the librdkafka properties that the values `KEY=VALUE` of a repeated `--kafka.config` set.

    A VALUE of `@NAME` is read from the environment, so that a password stands in no command line; `@@` is a literal @.

    Raises:
        UsageError: a word is not KEY=VALUE, sets a key again, or names a variable that is not set.
    """
    properties: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        key = key.strip()
        if not key or not equals:
            raise UsageError(f"--kafka.config is {key!r}, expected KEY=VALUE")
        if key in properties:
            raise UsageError(f"--kafka.config sets {key!r} twice")
        properties[key] = from_environment("--kafka.config", key, value, environment)
    return properties


def from_environment(flag: str, key: str, value: str, environment: Mapping[str, str]) -> str:
    """Return a value as it is, or for `@NAME` that of the variable; `@@` stands for @.

    Args:
        flag: for messages, which never hold a value.
        key: what the flag sets.
        value: as it was given.
        environment: where names are looked up.

    Raises:
        UsageError: the variable is not set.
    """
    if value.startswith("@@") or not value.startswith("@"):
        return value.removeprefix("@") if value.startswith("@@") else value
    name = value.removeprefix("@")
    if name not in environment:
        raise UsageError(f"{flag} reads {key!r} from the environment variable {name!r}, which is not set")
    return environment[name]


def _one_of(choices: Sequence[str], values: Sequence[str]) -> str:
    named = [value for value in values if value in choices]
    if len(named) > 1:
        given, expected = " and ".join(named), ", ".join(choices)
        raise UsageError(f"--log.format is given as {given}, expected at most one of {expected}")
    return named[0] if named else choices[0]
