"""The flags that commands share come out as settings, and log lines are set up before a command starts."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner

from reference_node.commands import Command
from reference_node.config import LogFormats, MetricsSettings
from reference_node.errors import LogRefused
from reference_node.process_log import OWN_LOGGERS
from reference_node.process_options import process_options


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = [(logger, logger.level) for logger in (root, *map(logging.getLogger, OWN_LOGGERS))]
    yield
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)


def command_of(taken: list[dict[str, Any]], *formats: str) -> click.Command:
    @click.command(cls=Command)
    @click.option("--own")
    @process_options(*([formats] if formats else []))
    def command(**named: Any) -> None:
        taken.append(named)
        if named["own"] == "wrong":
            raise LogRefused("a gap")

    return command


def test_the_flags_become_settings() -> None:
    taken: list[dict[str, Any]] = []
    words = ["--own", "x", "--log.format", "json", "--log.format=ethercattle", "--metrics.port", "0"]
    done = CliRunner().invoke(command_of(taken), words)
    assert done.exit_code == 0, done.output
    assert taken == [{"own": "x", "formats": LogFormats("ethercattle", "json"), "metrics": MetricsSettings(0)}]


def test_without_flags_there_are_no_metrics() -> None:
    taken: list[dict[str, Any]] = []
    assert CliRunner().invoke(command_of(taken), []).exit_code == 0
    assert taken == [{"own": None, "formats": LogFormats(), "metrics": None}]


def test_a_command_tells_its_beginning_and_its_end() -> None:
    done = CliRunner().invoke(command_of([]), ["--log.level", "info"])
    assert re.findall(r"INFO \S+: (\w+) command=command", done.stderr) == ["started", "stopped"]


@pytest.mark.parametrize(
    "words",
    [
        ["--log.format", "xml"],
        ["--log.format", "json", "--log.format", "text"],
        ["--log.level", "loud"],
        ["--metrics.port", "65536"],
    ],
)
def test_wrong_flags_are_a_usage_error(words: list[str]) -> None:
    taken: list[dict[str, Any]] = []
    done = CliRunner().invoke(command_of(taken), words)
    assert (done.exit_code, taken) == (2, [])
    assert words[-1] in done.output


def test_a_command_without_records_takes_formats_of_lines_alone() -> None:
    @click.command(cls=Command)
    @process_options(())
    def relay(formats: LogFormats, metrics: MetricsSettings | None) -> None:
        click.echo(formats.lines)

    assert CliRunner().invoke(relay, ["--log.format", "json"]).stdout == "json\n"
    assert CliRunner().invoke(relay, ["--log.format", "ethercattle"]).exit_code == 2


def test_an_expected_error_is_a_json_line_where_lines_are_json() -> None:
    done = CliRunner().invoke(command_of([]), ["--own", "wrong", "--log.format", "json"])
    assert done.exit_code == 5
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["message"] for line in lines] == ["started", "a gap"]
    assert lines[-1]["fields"]["exit_code"] == 5
    plain = CliRunner().invoke(command_of([]), ["--own", "wrong"])
    assert (plain.exit_code, plain.stderr) == (5, "ethercattle command: a gap\n")
