"""The `ethercattle` command: joins the command groups of the five folders."""

import click


@click.group()
def main() -> None:
    """Reference nodes, conformance suites and simulators for Ethereum read replicas."""
