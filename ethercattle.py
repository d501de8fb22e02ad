"""The `ethercattle` command: joins the command groups of the five folders."""

import click

from reference_node.commands import LazyGroup

COMMANDS = {
    "master": ("reference_node.cli", "Execute blocks and publish their database writes to a log."),
    "replica": ("reference_node.cli", "Follow a log and serve the chain over JSON-RPC."),
    "txrelay": ("reference_node.cli", "Send the transactions of a topic to a node."),
    "up": ("fixtures.up", "Run a log, masters, replicas, relays and a balancer until Ctrl-C."),
    "feed": ("fixtures.feed", "Publish a chain to a log, for a replica under test."),
    "record": ("fixtures.record", "Record a real geth's answers about a chain."),
    "conform": ("conformance.cli", "Compare a replica's answers with a reference's."),
    "simulate": ("simulation.cli", "Work out how available a system is."),
    "load": ("loadtests.cli", "Send realistic requests to nodes, and measure what clients would feel."),
}
"""Command name to the module that has it, and its line in the help."""


@click.group(cls=LazyGroup, parts=COMMANDS)
@click.version_option(package_name="ethercattle")
def main() -> None:
    """Reference nodes, conformance suites and simulators for Ethereum read replicas."""


if __name__ == "__main__":
    main(prog_name="ethercattle")
