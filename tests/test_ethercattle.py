"""The command joins its parts, and tells of an interrupt by its own exit code."""

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
