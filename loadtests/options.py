"""What was asked of `ethercattle load`, as one value, and what contradicts what."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import click

from fixtures.brokers import SQLITE
from fixtures.chain_files import DEFAULT_CHAIN
from loadtests.address import read_address
from loadtests.cluster_flags import CLUSTER_OPTIONS, HAPROXY, PERIOD_SECONDS
from loadtests.errors import LoadError
from loadtests.shapes import KNOWN
from loadtests.task import CONNECTIONS_MAX, TIMEOUT_SECONDS
from loadtests.wishes import CLIENTS, SKEW, STALE_SECONDS

PROCESSES_MAX = 64
BATCH_MAX = 100
CLIENTS_MAX = 100_000
MIX = "general"
_FILE = click.Path(dir_okay=False, path_type=Path)
_REPORT = click.Path(dir_okay=False, allow_dash=True, path_type=Path)

Decorated = TypeVar("Decorated", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Options:
    """The flags, each read by itself; a field is named as its flag."""

    targets: tuple[str, ...] = ()
    rate: float | None = None
    """HTTP requests a second: an open loop."""
    users: int | None = None
    """A closed loop."""
    arrivals: str = "poisson"
    """Or `constant`; of an open loop."""
    shape: str = "constant"
    duration: float = 30.0
    """Seconds, after the warm-up."""
    warmup: float = 5.0
    seed: int = 0
    processes: int = 1
    connections_max: int = CONNECTIONS_MAX
    """Requests at a time, of all processes together."""
    timeout: float = TIMEOUT_SECONDS
    mix: str = MIX
    """A shipped one, or the path of a file."""
    skew: float = SKEW
    clients: int = CLIENTS
    """Who send the requests in turn."""
    batch: int = 1
    """Calls of one request."""
    stale_seconds: float = STALE_SECONDS
    keys_path: Path | None = None
    compare: str | None = None
    """URL of a second target."""
    json_path: Path | None = None
    """`-` is stdout; what people read goes to stderr then."""
    csv_path: Path | None = None
    """Of the run's seconds."""
    html_path: Path | None = None
    is_cluster: bool = False
    """Load a cluster of our own, which the next six describe."""
    broker: str = SQLITE
    kafka_words: tuple[str, ...] = ()
    replicas: int = 2
    balancer: str = HAPROXY
    chain_name: str = DEFAULT_CHAIN
    period: float = PERIOD_SECONDS
    """Seconds between blocks."""
    fault_texts: tuple[str, ...] = ()
    fault_times_path: Path | None = None
    fail_on: str | None = None


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--target", "targets", multiple=True, metavar="URL",
        help="A balancer, a replica, any node; of several, each client takes them in turn.",
    ),
    click.option("--rate", type=click.FloatRange(0, min_open=True), help="Open loop: requests a second."),
    click.option("--users", type=click.IntRange(1), help="Closed loop: clients that wait for each answer."),
    click.option(
        "--arrivals", type=click.Choice(["poisson", "constant"]), default="poisson", show_default=True,
        help="How requests of an open loop are spread.",
    ),
    click.option(
        "--shape", default="constant", show_default=True, metavar="SHAPE",
        help=f"How the rate or the users change: {KNOWN}.",
    ),
    click.option(
        "--duration", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True,
        help="Seconds that are measured.",
    ),
    click.option(
        "--warmup", type=click.FloatRange(0), default=5.0, show_default=True, help="Seconds before, that are not."
    ),
    click.option(
        "--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed sends the same requests."
    ),
    click.option(
        "--processes", type=click.IntRange(1, PROCESSES_MAX), default=1, show_default=True,
        help="Generators; they share the schedule.",
    ),
    click.option(
        "--connections-max", type=click.IntRange(1), default=CONNECTIONS_MAX, show_default=True,
        help="Requests at a time; what is due beyond waits, and its waiting counts.",
    ),
    click.option(
        "--timeout", type=click.FloatRange(0, min_open=True), default=TIMEOUT_SECONDS, show_default=True,
        help="Seconds until an answer counts as failed.",
    ),
    click.option(
        "--mix", default=MIX, show_default=True, metavar="NAME|FILE.toml",
        help="What is asked: general, heavy, infura-2019, light, writes, or a mix of your own.",
    ),
    click.option(
        "--skew", type=click.FloatRange(0, 5), default=SKEW, show_default=True,
        help="How much hotter hot accounts, calls and blocks are than cold ones (Zipf's exponent; 0: all alike).",
    ),
    click.option(
        "--clients", type=click.IntRange(1, CLIENTS_MAX), default=CLIENTS, show_default=True,
        help="Who send the requests in turn: what a client was shown, it expects to see again.",
    ),
    click.option(
        "--batch", type=click.IntRange(1, BATCH_MAX), default=1, show_default=True, help="Calls in one request."
    ),
    click.option(
        "--stale", "stale_seconds", type=click.FloatRange(0), default=STALE_SECONDS, show_default=True,
        help="Seconds after a newer head was seen from which on an answer about an older one is stale.",
    ),
    click.option(
        "--keys", "keys_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
        help="Private keys that pay for transactions, one on a line; never for a chain that matters.",
    ),
    click.option(
        "--compare", metavar="URL",
        help="Send each request to this node too, in turn, and tell differences of times and of answers.",
    ),
    *CLUSTER_OPTIONS,
    click.option("--json", "json_path", type=_REPORT, help="Write the result as JSON, - for stdout."),
    click.option("--csv", "csv_path", type=_FILE, help="Write what happened in each second."),
    click.option("--html", "html_path", type=_FILE, help="Write a page: latency, rates and failures over time."),
)  # fmt: skip


def load_options(command: Decorated) -> Decorated:
    """Add the flags to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check_options(options: Options) -> None:
    """Hold flags against each other.

    Raises:
        LoadError: one is missing, or two contradict each other.
    """
    if options.is_cluster == bool(options.targets):
        given = "--cluster and --target given, expected one of them" if options.targets else "no --target given, "
        raise LoadError(given if options.targets else f"{given}expected at least one URL, or --cluster")
    _check_numbers(options)
    _check_cluster(options)
    for url in (*options.targets, *filter(None, (options.compare,))):
        read_address(url)
    if options.compare is not None and len(options.targets) != 1:
        raise LoadError(f"--compare with {len(options.targets)} targets, expected one --target")
    if options.connections_max < options.processes:
        raise LoadError(
            f"--connections-max is {options.connections_max}, expected one for each of --processes {options.processes}"
        )


def _check_numbers(options: Options) -> None:
    """Refuse `nan` and `inf`, which pass as numbers where the flags are read."""
    for name in ("rate", "duration", "warmup", "timeout", "skew", "stale_seconds", "period"):
        value = getattr(options, name)
        if value is not None and not isfinite(value):
            raise LoadError(f"--{name.removesuffix('_seconds')} is {value}, expected a number that is finite")


def _check_cluster(options: Options) -> None:
    """Refuse what goes with a cluster only, where there is none."""
    if options.is_cluster:
        return
    usual = Options()
    for flag, name in (
        ("--broker", "broker"), ("--kafka.config", "kafka_words"), ("--replicas", "replicas"),
        ("--balancer", "balancer"), ("--chain", "chain_name"), ("--period", "period"), ("--fault", "fault_texts"),
        ("--fault-times", "fault_times_path"),
    ):  # fmt: skip
        if getattr(options, name) != getattr(usual, name):
            raise LoadError(f"{flag} is given, which goes with --cluster only")
