"""Writes what a run leaves: JSON, CSV and the page."""

from collections.abc import Sequence
from importlib.util import find_spec

from loadtests.errors import LoadError
from loadtests.gates import Judged
from loadtests.options import Options
from loadtests.report.page import page_of
from loadtests.report.seconds import as_csv
from loadtests.summary import Summary
from loadtests.write import to_json
from simulation.page.page import as_html
from simulation.terminal import write_text


def check_reports(options: Options) -> None:
    """See before a run whether what is to be left after it can be.

    Raises:
        LoadError: pictures can't be drawn, or a file's folder is not there.
    """
    for flag, path in (
        ("--json", options.json_path), ("--csv", options.csv_path), ("--html", options.html_path),
        ("--fault-times", options.fault_times_path),
    ):  # fmt: skip
        if path is not None and not path.parent.is_dir():
            raise LoadError(f"{flag} {path}: there is no folder {path.parent}")
    if options.html_path is not None and find_spec("matplotlib") is None:
        raise LoadError("--html draws by matplotlib: pip install 'ethercattle[load]'")


def write_reports(options: Options, summary: Summary, judged: Sequence[Judged] = ()) -> None:
    """Write each report that is asked for."""
    if options.json_path is not None:
        write_text("--json", options.json_path, to_json(summary, judged))
    if options.csv_path is not None:
        write_text("--csv", options.csv_path, as_csv(summary))
    if options.html_path is not None:
        write_text("--html", options.html_path, as_html(page_of(summary, judged)))
