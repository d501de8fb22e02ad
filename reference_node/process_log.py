"""What a process says of its own life, on stderr: text for people, or one JSON object a line for machines.

Modules log through the standard library's `logging` and hand over facts as `extra=fields(block=12)`. A JSON line has
the keys `time` (RFC 3339, UTC, milliseconds), `level`, `logger`, `message`, `fields`, and `exception` where there is
one. Stdout is for what a command answers.
"""

import json
import logging
import sys
from datetime import UTC, datetime

from reference_node.errors import EtherCattleError

LEVELS = ("debug", "info", "warning", "error")
DEFAULT_LEVELS = {"text": "warning", "json": "info"}
"""A person gets what needs attention, as stdout tells the rest; a machine that collects lines gets the whole life."""
_FIELDS = "fields"
_COMMAND_LOGGER = "ethercattle"
OWN_LOGGERS = (_COMMAND_LOGGER, "reference_node")


def fields(**facts: object) -> dict[str, object]:
    """Return facts in the form that `extra` of a logging call takes."""
    return {_FIELDS: facts}


def set_up_lines(form: str, level: str | None) -> None:
    """Send every log line to stderr.

    Args:
        form: `text` or `json`.
        level: one of `LEVELS`, for our own lines; None for the form's default. Libraries are heard from `warning` on.
    """
    root = logging.getLogger()
    for handler in [found for found in root.handlers if isinstance(found, _Stderr)]:
        root.removeHandler(handler)
    handler = _Stderr()
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root.addHandler(handler)
    least = logging.getLevelNamesMapping()[(level or DEFAULT_LEVELS[form]).upper()]
    root.setLevel(max(least, logging.WARNING))  # libraries tell of each request they make
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(least)


def say_why_it_ends(command: str, error: EtherCattleError) -> None:
    """Write the one line that an expected error ends a command with, in the form that `set_up_lines` chose."""
    if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
        facts = fields(command=command, exit_code=error.exit_code, error=type(error).__name__)
        logging.getLogger(_COMMAND_LOGGER).error("%s", error, extra=facts)
    else:
        print(f"ethercattle {command}: {error}", file=sys.stderr, flush=True)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, object] = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "fields": {name: _plain(fact) for name, fact in _facts_of(record).items()},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """Time, level, message and facts as words; a traceback, where there is one, on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        facts = [f"{name}={_plain(fact)}" for name, fact in _facts_of(record).items()]
        words = (_time_of(record), record.levelname, f"{record.name}:", record.getMessage(), *facts)
        # A client may have chosen a part of the message: it must not be able to write a line of its own.
        line = " ".join(words).replace("\r", "\\r").replace("\n", "\\n")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:  # noqa: BLE001 - as every handler of the standard library: logging never ends the work
            self.handleError(record)


def _time_of(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts_of(record: logging.LogRecord) -> dict[str, object]:
    facts: dict[str, object] = getattr(record, _FIELDS, {})
    return facts


def _plain(fact: object) -> object:
    return f"0x{fact.hex()}" if isinstance(fact, bytes) else fact
