"""What flags that several roles share mean, beyond what a flag's own type says."""

from collections.abc import Sequence
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


def log_formats(values: Sequence[str]) -> LogFormats:
    """Return what the values of a repeated `--log.format` say. Raises UsageError for any that can't hold together."""
    known = (*RECORD_FORMATS, *LINE_FORMATS)
    for value in values:
        if value not in known:
            raise UsageError(f"--log.format is {value!r}, expected one of {', '.join(known)}")
    return LogFormats(_one_of(RECORD_FORMATS, values), _one_of(LINE_FORMATS, values))


def _one_of(choices: Sequence[str], values: Sequence[str]) -> str:
    named = [value for value in values if value in choices]
    if len(named) > 1:
        given, expected = " and ".join(named), ", ".join(choices)
        raise UsageError(f"--log.format is given as {given}, expected at most one of {expected}")
    return named[0] if named else choices[0]
