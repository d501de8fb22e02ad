"""The `ethercattle` command: joins the command groups of the five folders."""

import sys
from importlib import import_module
from typing import Any

import click

INTERRUPTED = 3

COMMANDS = {
    "master": ("reference_node.cli", "Execute blocks and publish their database writes to a log."),
    "replica": ("reference_node.cli", "Follow a log and serve the chain over JSON-RPC."),
    "txrelay": ("reference_node.cli", "Send the transactions of a topic to a node."),
    "up": ("fixtures.up", "Run a log, masters, replicas, relays and a balancer until Ctrl-C."),
    "record": ("fixtures.record", "Record a real geth's answers about a chain."),
    "conform": ("conformance.cli", "Compare a replica's answers with a reference's."),
}
"""Command name to the module that has it, and its line in the help; loaded only when called."""


class LazyGroup(click.Group):
    """A group that imports a command when it is needed, so that `--help` and mistakes answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None where there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Import and run a command; one that is interrupted before it takes care of that itself has judged nothing."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("ethercattle: interrupted", err=True)
            sys.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(package_name="ethercattle")
def main() -> None:
    """Reference nodes, conformance suites and simulators for Ethereum read replicas."""


if __name__ == "__main__":
    main(prog_name="ethercattle")
