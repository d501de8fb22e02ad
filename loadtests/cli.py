"""The command `ethercattle load`."""

import sys
from typing import Any

import click

from loadtests.options import Options, load_options
from reference_node.commands import Command

EXIT_CODES = (
    "Exit codes: 0 done, and every gate is met; 1 a gate is not met; 2 wrong usage or configuration; "
    "3 could not judge: a target is not there, the generator was saturated, or interrupted."
)


@click.command(cls=Command, epilog=EXIT_CODES)
@load_options
def load(**flags: Any) -> None:
    """Send realistic requests to nodes, and measure what clients would feel."""
    from loadtests.flow import run_command  # late: it needs what starts nodes and signs, and `--help` none of it

    sys.exit(run_command(Options(**flags)))
