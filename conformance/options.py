"""The flags of `ethercattle conform`: one decorator adds them, one value holds them, one function checks them."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any

import click

from conformance.allowances import Settings
from conformance.alone import NONE
from conformance.report.write import ReportFiles, check_files
from conformance.run import Limits
from conformance.shares import PROCESSES_MAX, QUESTIONS_WORTH_PROCESSES, choose_processes, share_out, usable_cores
from conformance.transport.options import transport_options
from conformance.transport.settings import Transports
from fixtures.brokers import SQLITE, check_kind
from fixtures.chain_files import DEFAULT_CHAIN
from reference_node.commands import kafka_config_option
from reference_node.errors import UsageError

GETH = "geth"
SMOKE_SECONDS = 5.0
"""How long a smoke run asks; what it starts before takes as long again."""
DEEP_SECONDS = 600.0
"""How long a deep run asks, unless it is said otherwise."""
JOBS = 4
JOBS_MAX = 256


def _part(_context: click.Context, _option: click.Parameter, text: str) -> Fraction:
    """Return the exact part of a whole that a text stands for, `0.01` or `1/64`."""
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if not 0 <= found <= 1:
        raise click.BadParameter(f"{text!r} is no part of a whole, expected 0.01 or 1/64")
    return found


@dataclass(frozen=True, slots=True)
class Options:
    """All flags, as they were given."""

    chain_name: str
    candidate: str | None
    broker: str | None
    kafka_words: tuple[str, ...]
    reference: str | None
    folder: Path | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    examples: int | None
    seed: int
    save_folder: Path
    smoke: bool
    deep: bool
    seconds: float | None
    jobs: int
    processes: int | None
    max_mismatches: int | None
    lag_blocks: int
    strict_messages: bool
    gas_tolerance: Fraction
    openrpc_path: Path | None
    blocks: int | None
    self_test: bool
    transports: Transports
    json_path: Path | None
    junit_path: Path | None
    html_path: Path | None

    @property
    def settings(self) -> Settings:
        """What is asked of answers."""
        return Settings(self.strict_messages, self.gas_tolerance)

    def limits(self, planned: int | None) -> Limits:
        """Return how much is asked, of so many questions that are planned; None where only time ends them."""
        by_kind = SMOKE_SECONDS if self.smoke else DEEP_SECONDS if self.deep and self.examples is None else None
        seconds = by_kind if self.seconds is None else self.seconds
        processes = self.processes or choose_processes(self.jobs, planned, usable_cores())
        threads = self.transports.threads
        shares = tuple(map(threads, share_out(self.jobs, processes)))
        return Limits(threads(self.jobs), shares, self.max_mismatches, seconds, self.lag_blocks)

    @property
    def reports(self) -> ReportFiles:
        """Where reports go."""
        return ReportFiles(self.json_path, self.junit_path, self.html_path)

    @property
    def is_live(self) -> bool:
        """Whether the reference is an endpoint."""
        return self.reference not in (None, NONE)


_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--chain", "chain_name", default=DEFAULT_CHAIN, show_default=True, help="A shipped chain or a folder."
    ),
    click.option(
        "--candidate", metavar="URL",
        help="Whose answers are judged.  [default: a master, a log and one replica, started on the chain]",
    ),
    click.option(
        "--broker", metavar="sqlite|kafka|HOST:PORT,…",
        help="What is between master and replica: the embedded log, a Kafka started in a container, or one that runs; "
        "there, in a topic that is deleted at the end.  [default: sqlite]",
    ),
    kafka_config_option,
    click.option(
        "--reference", metavar="geth|none|URL",
        help="Whose answers are right: a geth started on the chain, an endpoint, or nobody's: then the candidate is "
        "judged by its own hashes, roots, proofs and signatures.  [default: the recorded answers]",
    ),
    click.option(
        "--cases", "folder", type=_FOLDER,
        help="Folder of <method>/<case>.io files.  [default: the answers recorded about the chain]",
    ),
    click.option(
        "--include", multiple=True, metavar="PATTERN", help="Ask these methods or method/cases only; repeatable",
    ),
    click.option(
        "--exclude", multiple=True, metavar="PATTERN", help="Leave out these methods or method/cases; repeatable",
    ),
    click.option(
        "--examples", type=click.IntRange(min=1), metavar="N",
        help="Ask N requests more, made at random of facts of the reference's chain; needs a --reference that runs.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Of all that is chosen by chance."),
    click.option(
        "--save", "save_folder", type=_FOLDER, default="conform-failures", show_default=True,
        help="Folder for the requests made at random that fail, each shrunk, as cases for --cases.",
    ),
    click.option("--smoke", is_flag=True, help="Ask a few cases of every method, in less than 10 s."),
    click.option(
        "--deep", is_flag=True,
        help="Ask requests made at random until --seconds are over or --examples are asked.  [default: 600 s]",
    ),
    click.option(
        "--seconds", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Ask no longer than this.",
    ),
    click.option(
        "--jobs", type=click.IntRange(1, JOBS_MAX), default=JOBS, show_default=True, metavar="N",
        help="Requests in flight to each side at a time.",
    ),
    click.option(
        "--processes", type=click.IntRange(1, PROCESSES_MAX), metavar="N",
        help="Processes that ask and judge, each with its share of --jobs.  [default: 1 for less than "
        f"{QUESTIONS_WORTH_PROCESSES} questions, else as many as there are cores]",
    ),
    click.option(
        "--max-mismatches", type=click.IntRange(min=1), metavar="N", help="Ask no more after N wrong answers.",
    ),
    click.option(
        "--lag-blocks", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
        help="A candidate may be N blocks behind the reference.",
    ),
    click.option("--strict-messages", is_flag=True, help="An error with another message is a mismatch."),
    click.option(
        "--gas-tolerance", default="0", callback=_part, metavar="FRACTION",
        help="How far eth_estimateGas may be from the reference's, as a part of it: 0.01 or 1/64.  [default: 0]",
    ),
    click.option(
        "--openrpc", "openrpc_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
        help="Hold every result to the schemas of an OpenRPC file, too.",
    ),
    click.option(
        "--blocks", type=click.IntRange(min=1), metavar="N",
        help="How many blocks --reference none verifies.  [default: all of a short chain, 64 of a longer one]",
    ),
    click.option(
        "--self-test", is_flag=True,
        help="Ask nobody: plant every kind of fault in the recorded answers, and see which the comparison finds.",
    ),
    click.option("--json", "json_path", type=_FILE, help="Write the report as JSON, - for stdout."),
    click.option("--junit", "junit_path", type=_FILE, help="Write the report as JUnit XML, - for stdout."),
    click.option("--html", "html_path", type=_FILE, help="Write the report as one HTML page, - for stdout."),
)  # fmt: skip


def conform_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add all flags to a command, which takes them by name: `Options(**flags)`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), transport_options(command))


def check_options(options: Options) -> None:
    """See that flags go together, before anything is started.

    Raises:
        UsageError: they don't.
    """
    check_files(options.reports)
    for is_wrong, text in _contradictions(options):
        if is_wrong:
            raise UsageError(text)
    check_kind(options.broker or SQLITE, options.kafka_words)


def _contradictions(options: Options) -> tuple[tuple[bool, str], ...]:
    has_log = options.broker is not None or bool(options.kafka_words)
    return (
        (
            options.candidate is not None and has_log,
            "--candidate names who is judged, so there is no log for --broker or --kafka.config to choose",
        ),
        (
            options.blocks is not None and options.reference != NONE,
            f"--blocks says how much is verified without a reference: it needs --reference {NONE}",
        ),
        (
            options.examples is not None and not options.is_live,
            f"--examples asks what no record holds: it needs --reference {GETH} or an URL",
        ),
        (
            options.deep and not options.is_live,
            f"--deep asks what no record holds: it needs --reference {GETH} or an URL",
        ),
        (
            (options.processes or 1) > options.jobs,
            f"--processes {options.processes} can't share out --jobs {options.jobs}: expected at least a job for each",
        ),
        (
            options.processes is not None and options.reference == NONE,
            f"--processes share out comparisons, of which --reference {NONE} makes none",
        ),
        (options.deep and options.smoke, "--deep and --smoke can't both be"),
    )
