"""`python -m benchmarks [--json FILE] [NAME …]`: prints each speed as a ratio to its peer in the same run."""

import json
from importlib import import_module

import click

from benchmarks.chain import bench_chain
from benchmarks.result import Figure, as_json, as_text
from reference_node.commands import Command

NAMES = (
    "import_blocks",
    "replay",
    "answers",
    "recovery",
    "kafka_replay",
    "visibility",
    "memory",
    "conformance",
    "simulation",
    "load",
)


@click.command(cls=Command)
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--json", "json_file", type=click.Path(dir_okay=False, allow_dash=True), help="JSON file (- for stdout).")
def main(names: tuple[str, ...], json_file: str | None) -> None:
    """Print speeds as ratios to a peer measured in the same run."""
    chain = bench_chain()
    figures: list[Figure] = []
    for name in names or NAMES:
        click.echo(f"measuring {name}", err=True)
        figures += import_module(f"benchmarks.{name}").measure(chain)
    if json_file != "-":
        click.echo(as_text(figures))
    if json_file is not None:
        with click.open_file(json_file, "w") as file:
            file.write(json.dumps(as_json(figures), indent=1) + "\n")


if __name__ == "__main__":
    main(prog_name="benchmarks")
