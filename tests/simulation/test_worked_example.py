"""docs/simulation.md's worked example and notebook do what the page says, to the last digit."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.cli import simulate

PAGE = (Path(__file__).parents[2] / "docs/simulation.md").read_text()
EXAMPLE = PAGE.partition("## A worked example")[2].partition("\n## ")[0]
STEPS = re.findall(r"```sh\nethercattle simulate (.*?)\n```\n\n```text\n(.*?)```", EXAMPLE, re.DOTALL)


@pytest.mark.parametrize(("words", "shown"), STEPS, ids=[words for words, _ in STEPS])
def test_a_command_prints_what_the_page_shows(words: str, shown: str) -> None:
    done = CliRunner().invoke(simulate, shlex.split(words))
    assert done.exit_code == 0
    printed = [line.rstrip() for line in done.output.splitlines()]
    missing = [line for line in shown.splitlines() if line not in printed]
    assert missing == []


def test_no_step_is_left_out() -> None:
    assert len(STEPS) == EXAMPLE.count("```sh") == EXAMPLE.count("```text") == 5


def test_the_notebook_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.partition("## In a notebook")[2].partition("\n## ")[0], re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "docs/simulation.md", "exec"), names)
    assert names["scenario"]
