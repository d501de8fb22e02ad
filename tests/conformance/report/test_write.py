"""Reports are written whole or not at all, and what can be written is, whatever else can't."""

import json
from pathlib import Path

import pytest

from conformance.report.write import ReportFiles, check_files, write_reports
from fixtures.files import STDOUT
from reference_node.errors import UsageError
from tests.conformance.report.runs import full_run, mixed_run

TOO_LONG = "a" * 300


def test_every_report_wanted_is_written_also_of_an_interrupted_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ReportFiles(tmp_path / "run.json", tmp_path / "run.xml", tmp_path / "run.html")
    write_reports(mixed_run(interrupted=True), files)
    assert json.loads((tmp_path / "run.json").read_text())["interrupted"] is True
    assert "questions were not asked" in (tmp_path / "run.xml").read_text()
    assert "The run was interrupted" in (tmp_path / "run.html").read_text()
    assert "interrupted: testchain" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 3


def test_one_that_cannot_be_written_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ReportFiles(tmp_path / TOO_LONG, tmp_path / "run.xml", tmp_path / TOO_LONG.upper())
    with pytest.raises(UsageError) as caught:
        write_reports(mixed_run(), files)
    assert str(caught.value).count("can't be written: File name too long") == 2
    assert "\n" not in str(caught.value)
    assert (tmp_path / "run.xml").exists()
    assert "2 of 5 answers match" in capsys.readouterr().out


def test_a_report_on_stdout_sends_the_table_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    write_reports(mixed_run(), ReportFiles(html=STDOUT))
    printed = capsys.readouterr()
    assert printed.out.startswith("<!DOCTYPE html>")
    assert "2 of 5 answers match" in printed.err


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (ReportFiles(STDOUT, STDOUT), "--json - and --junit - can't both write to stdout"),
        (ReportFiles(None, Path("a"), Path("a")), "--junit a and --html a can't both write to a"),
        (ReportFiles(html=Path("/no/where")), "/no/where can't be written: there is no folder /no"),
    ],
)
def test_places_that_will_not_do_are_refused_beforehand(files: ReportFiles, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        check_files(files)


def test_half_signs_and_hidden_ones_spoil_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ReportFiles(tmp_path / "run.json", tmp_path / "run.xml", tmp_path / "run.html")
    write_reports(full_run("\ud800\u202e\x1b"), files)
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "\u202e" not in text, path
        assert "\x1b" not in text, path
    assert "\x1b" not in capsys.readouterr().out
