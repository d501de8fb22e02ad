"""Log lines can be read by machines, can't be forged by clients, and never end the work."""

import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from reference_node.errors import LogRefused
from reference_node.process_log import OWN_LOGGERS, fields, say_why_it_ends, set_up_lines

LOG = logging.getLogger("reference_node.test")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = [(logger, logger.level) for logger in (root, *map(logging.getLogger, OWN_LOGGERS))]
    yield
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)


def line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    return err[:-1]


def test_a_json_line_is_one_object_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_lines("json", None)
    LOG.info("new %s", "head", extra=fields(number=12, hash=b"\x12\x34", reason="a\nb"))
    found = json.loads(line(capsys))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {
        "level": "info",
        "logger": "reference_node.test",
        "message": "new head",
        "fields": {"number": 12, "hash": "0x1234", "reason": "a\nb"},
    }


def test_a_json_line_holds_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_lines("json", None)
    try:
        int("wrong")
    except ValueError:
        LOG.exception("crashed", extra=fields(odd=object))
    found = json.loads(line(capsys))
    assert found["level"] == "error"
    assert "ValueError: invalid literal" in found["exception"]


def test_a_text_line_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_lines("text", "info")
    LOG.info("new head", extra=fields(number=12, hash=b"\x12"))
    assert re.fullmatch(r"\S+Z INFO reference_node\.test: new head number=12 hash=0x12", line(capsys))


def test_a_client_can_not_write_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_lines("text", None)
    LOG.warning("method %s crashed", "x\n2026-01-01T00:00:00.000Z ERROR forged")
    assert "\n" not in line(capsys)


@pytest.mark.parametrize(
    ("form", "level", "expected"),
    [("text", None, ["WARNING"]), ("json", None, ["INFO", "WARNING"]), ("text", "debug", ["DEBUG", "INFO", "WARNING"])],
)
def test_the_level_says_what_is_written(
    capsys: pytest.CaptureFixture[str], form: str, level: str | None, expected: list[str]
) -> None:
    set_up_lines(form, level)
    for wanted in (logging.DEBUG, logging.INFO, logging.WARNING):
        LOG.log(wanted, logging.getLevelName(wanted))
    assert expected == re.findall("DEBUG|INFO|WARNING", re.sub("(?<=Z )[A-Z]+", "", line(capsys)))


def test_an_error_ends_a_command_with_one_line_of_the_chosen_form(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_lines("text", None)
    say_why_it_ends("replica", LogRefused("a gap"))
    assert line(capsys) == "ethercattle replica: a gap"
    set_up_lines("json", "error")
    say_why_it_ends("replica", LogRefused("a gap"))
    found = json.loads(line(capsys))
    assert (found["level"], found["message"]) == ("error", "a gap")
    assert found["fields"] == {"command": "replica", "exit_code": 5, "error": "LogRefused"}


def test_a_line_that_can_not_be_made_does_not_end_the_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    set_up_lines("text", None)
    LOG.warning("%d", "no number")
    assert sys.stderr is not None
    assert capsys.readouterr().err == ""


def test_libraries_are_heard_only_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_lines("text", "debug")
    library = logging.getLogger("httpx")
    library.info("a request")
    library.warning("a fault")
    assert re.fullmatch(r"\S+ WARNING httpx: a fault", line(capsys))
    set_up_lines("text", "error")
    library.warning("a fault")
    assert capsys.readouterr().err == ""
