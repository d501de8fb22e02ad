"""The command `ethercattle load`."""

import sys
from typing import Any

import click

from loadtests.errors import Saturated
from loadtests.options import Options, check_options, load_options
from loadtests.pool import reach
from loadtests.preparing import prepare_requests
from loadtests.report.write import check_reports, write_reports
from loadtests.run import run_load
from loadtests.show import live_view, print_summary
from loadtests.summary import Summary
from reference_node.commands import Command
from reference_node.errors import CouldNotJudge
from simulation.terminal import console_beside, terminable

EXIT_CODES = (
    "Exit codes: 0 done, and every gate is met; 1 a gate is not met; 2 wrong usage or configuration; "
    "3 could not judge: a target is not there, the generator was saturated, or interrupted."
)


@click.command(cls=Command, epilog=EXIT_CODES)
@load_options
def load(**flags: Any) -> None:
    """Send realistic requests to nodes, and measure what clients would feel."""
    options = Options(**flags)
    check_options(options)
    check_reports(options)
    try:
        with terminable():
            pool = reach(options.targets)
            requests = prepare_requests(options, pool.targets)
            with live_view(options) as show:
                summary = run_load(options, pool, requests, show)
            write_reports(options, summary)
            print_summary(summary, console_beside(options.json_path))
    except KeyboardInterrupt:
        raise CouldNotJudge("interrupted before the first figure") from None
    sys.exit(exit_code_of(summary))


def exit_code_of(summary: Summary) -> int:
    """Return how the command ends: a run in which nothing succeeded is no good one, whatever the gates."""
    if summary.is_interrupted or summary.saturation.is_saturated or not summary.calls:
        return Saturated.exit_code
    return int(summary.failures == summary.calls)
