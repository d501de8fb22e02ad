"""What README and docs name exists: commands, flags, files and make targets."""

import re
import shlex
from pathlib import Path

import click
import pytest

from ethercattle import main

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("fixtures/chains/*/README.md")])
FENCE = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!http)([^)#]+)\)")


def shell_commands(page: str) -> list[list[str]]:
    """Return the words of every command in a page's `sh` blocks, comments and line breaks removed."""
    blocks = (block.replace("\\\n", " ") for block in FENCE.findall(page))
    return [words for block in blocks for line in block.splitlines() if (words := shlex.split(line, comments=True))]


def check_command(words: list[str]) -> None:
    """Fail unless the command, all its subcommands and all its flags exist."""
    command: click.Command = main
    context = click.Context(command, info_name="ethercattle")
    arguments = list(words[1:])
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments[0])
        assert found is not None, f"{' '.join(words)!r}: there is no command {arguments[0]!r}"
        command = found
        arguments.pop(0)
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    flags = {word.split("=")[0] for word in arguments if word.startswith("--")}
    assert flags <= known | {"--help"}, f"{' '.join(words)!r}: unknown flags {sorted(flags - known)}"


def make_targets() -> set[str]:
    """Return the Makefile's targets."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_a_page_names_exists(page: Path) -> None:
    for words in shell_commands(page.read_text()):
        program = Path(words[0]).name
        if program == "ethercattle":
            check_command(words)
        elif program == "make":
            assert set(words[1:]) <= make_targets(), words
        for word in words[1:]:
            if word.startswith(("fixtures/", "benchmarks/", "docs/", "tests/")):
                assert (ROOT / word).exists(), f"{page.name} names {word}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_a_wrong_flag_would_be_seen() -> None:
    with pytest.raises(AssertionError, match="unknown flags"):
        check_command(["ethercattle", "conform", "--no-such-flag"])
    with pytest.raises(AssertionError, match="no command"):
        check_command(["ethercattle", "milk"])


def test_help_says_what_the_exit_codes_mean() -> None:
    context = click.Context(main, info_name="ethercattle")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert "exit" in command.get_help(click.Context(command, info_name=name)).lower(), name
