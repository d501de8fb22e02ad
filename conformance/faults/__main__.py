"""`python -m conformance.faults URL --fault NAME`: an endpoint with one fault, to see a gate go red."""

import threading

import click

from conformance.corpus import answers_folder, load_corpus
from conformance.faults.facts import NO_FACTS, gather_facts
from conformance.faults.proxy import mutating_proxy
from conformance.faults.subject import MutatingSubject
from conformance.faults.table import CONTROLS, FAULTS, find_fault
from conformance.subject import Endpoint
from fixtures.chain_files import DEFAULT_CHAIN
from reference_node.commands import Command

NAMES = [fault.name for fault in (*FAULTS, *CONTROLS)]


@click.command(cls=Command)
@click.argument("url")
@click.option("--fault", "name", required=True, metavar="NAME", type=click.Choice(NAMES), help="The kind planted.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="On 127.0.0.1.  [default: any free one]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of where in an answer the fault is planted.")
def plant(url: str, name: str, port: int, seed: int) -> None:
    """Serve the answers of URL with one kind of fault in each that can bear it, until Ctrl-C."""
    folder = answers_folder(DEFAULT_CHAIN)
    facts = gather_facts(load_corpus(folder).questions) if folder.is_dir() else NO_FACTS
    with Endpoint(url) as right:
        subject = MutatingSubject(right, find_fault(name), facts, seed)
        with mutating_proxy(subject, port) as address:
            click.echo(f"{name} in front of {right.name}, listening on {address}")
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                click.echo(f"planted {name} in {subject.planted} answers", err=True)


if __name__ == "__main__":
    plant()
