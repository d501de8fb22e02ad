"""The workflow in docs/pytest.md is YAML, and what it and the page call exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import conformance.pytest_plugin as plugin
from tests.test_docs import check_command, shell_commands

PAGE = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text()
PYTESTS_OWN = {"-k", "-m", "-n", "--junit-xml", "--dist"}


def workflow() -> dict[Any, Any]:
    """Return the page's workflow."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    found = yaml.safe_load(text)
    assert isinstance(found, dict)
    return found


def flags_of_plugin() -> set[str]:
    """Return every flag that the plugin adds."""
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    plugin._add_more(parser)
    return {name for option in parser.getgroup("ethercattle").options for name in option.names()}


def check_pytest(words: list[str]) -> None:
    """Fail unless every flag is the plugin's or a known one of pytest's own."""
    flags = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert flags <= flags_of_plugin() | PYTESTS_OWN, words


def commands() -> list[list[str]]:
    """Return the words of every command that the workflow runs."""
    steps = workflow()["jobs"]["conformance"]["steps"]
    return [shlex.split(line) for step in steps if "run" in step for line in step["run"].splitlines()]


def test_every_step_does_one_thing() -> None:
    steps = workflow()["jobs"]["conformance"]["steps"]
    assert all(("run" in step) != ("uses" in step) for step in steps)
    # YAML 1.1 reads `on` as a truth value; GitHub does not.
    assert workflow()[True] == ["push", "pull_request"]


def test_what_is_called_exists() -> None:
    programs = [words[0] for words in commands()]
    assert {"ethercattle", "pytest", "pip"} <= set(programs)
    for words in [*commands(), *shell_commands(PAGE)]:
        if words[0] == "ethercattle":
            check_command(words)
        elif words[0] == "pytest":
            check_pytest(words)


def test_the_page_tells_of_every_flag() -> None:
    assert {flag for flag in flags_of_plugin() if not re.search(f"`{flag}[ `]", PAGE)} == set()


def test_a_wrong_flag_would_be_seen() -> None:
    with pytest.raises(AssertionError):
        check_pytest(["pytest", "--no-such-flag"])
