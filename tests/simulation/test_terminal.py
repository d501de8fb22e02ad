"""Texts go where they are asked to, and people's beside them."""

from pathlib import Path

import click
import pytest

from simulation.terminal import STDOUT, console_beside, progress_bar, write_text


def test_a_text_goes_to_a_file_or_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_text("--json", tmp_path / "a.json", "{}\n")
    write_text("--json", STDOUT, "[]\n")
    assert (tmp_path / "a.json").read_text() == "{}\n"
    assert capsys.readouterr().out == "[]\n"


def test_a_path_that_can_not_be_written_is_named_with_its_flag(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match=r"--html .*/nowhere/a\.html can't be written: No such file"):
        write_text("--html", tmp_path / "nowhere" / "a.html", "")


def test_people_read_on_stderr_where_json_has_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    console_beside(STDOUT).print("beside")
    console_beside(None).print("plain")
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("plain\n", "beside\n")


def test_no_bar_is_drawn_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("trying") as tell:
        tell(1, 2)
    assert capsys.readouterr().err == ""
