"""Writes a run's reports: to files, each whole or not at all, to stdout, and as a table for people."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from conformance.report.html_report import as_html
from conformance.report.json_report import as_json
from conformance.report.junit import as_junit
from conformance.report.table import open_console, print_run
from conformance.run import Run
from fixtures.files import STDOUT, write_whole
from reference_node.errors import UsageError


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where reports go; None where one is not wanted, `-` for stdout."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None

    def wanted(self) -> list[tuple[str, Path, Callable[[Run], str]]]:
        """Return flag, path and maker of each report that is wanted."""
        every = (("--json", self.json, as_json), ("--junit", self.junit, as_junit), ("--html", self.html, as_html))
        return [(flag, path, make) for flag, path, make in every if path is not None]

    @property
    def take_stdout(self) -> bool:
        """Whether a report goes to stdout, where the table then can't be."""
        return any(path == STDOUT for _, path, _ in self.wanted())


def check_files(files: ReportFiles) -> None:
    """See, before anything is asked, that reports can go where they are to.

    Raises:
        UsageError: two go to one place, or there is no such folder.
    """
    taken: dict[Path, str] = {}
    for flag, path, _ in files.wanted():
        place = path if path == STDOUT else path.absolute()
        if place in taken:
            where = "stdout" if path == STDOUT else str(path)
            raise UsageError(f"{taken[place]} {path} and {flag} {path} can't both write to {where}")
        taken[place] = flag
        if path != STDOUT and not place.parent.is_dir():
            raise UsageError(f"{path} can't be written: there is no folder {path.parent}")


def write_reports(run: Run, files: ReportFiles) -> None:
    """Write the reports wanted, and print the run on stdout, or on stderr where a report takes stdout.

    Raises:
        UsageError: a file can't be written; what could be is written and printed.
    """
    failures = []
    for _, path, make in files.wanted():
        try:
            if path == STDOUT:
                click.echo(make(run), nl=False)
            else:
                write_whole(path, make(run))
        except OSError as error:
            failures.append(f"{path} can't be written: {error.strerror or error}")
    print_run(run, open_console(stderr=files.take_stdout))
    if failures:
        raise UsageError("; ".join(failures))
