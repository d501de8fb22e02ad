"""The command joins its parts, and tells of an interrupt by its own exit code."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import ethercattle
from reference_node import commands


def test_a_command_interrupted_while_it_is_loaded_has_judged_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_name: str) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "import_module", interrupt)
    result = CliRunner().invoke(ethercattle.main, ["conform"])
    assert (result.exit_code, result.output) == (3, "ethercattle: interrupted\n")


def test_the_list_of_commands_is_that_of_the_commands_themselves() -> None:
    listed = CliRunner().invoke(ethercattle.main, ["--help"])
    assert listed.exit_code == 0
    for name, (_, line) in ethercattle.COMMANDS.items():
        assert f"  {name} " in listed.output
        command = ethercattle.main.get_command(click.Context(ethercattle.main), name)
        assert command is not None
        assert (command.help or "").startswith(line.removesuffix("."))


@pytest.mark.parametrize("command", [["simulate", "--list"], ["simulate", "guide_1", "--json", "-"]])
def test_output_that_nobody_takes_says_nothing_about_what_was_judged(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ethercattle", *command], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (3, b"ethercattle: the output can't be written: No space left on device\n")


def test_a_reader_that_goes_away_is_no_verdict() -> None:
    words = [sys.executable, "-m", "ethercattle", "simulate", "--list"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
    assert running.returncode == 3
