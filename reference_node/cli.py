"""The commands `ethercattle master`, `ethercattle replica` and `ethercattle txrelay`."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from reference_node.commands import Command, kafka_config_option, stop_on_signals
from reference_node.config import LogFormats, MetricsSettings, kafka_config
from reference_node.lifecycle_options import Seconds, lifecycle_of, lifecycle_options
from reference_node.process_options import process_options
from reference_node.rpc.min_block import WAIT_SECONDS, WAIT_SECONDS_MAX

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

Decorated = TypeVar("Decorated", bound=Callable[..., object])


def _http_options(apis: str) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds the `--http.*` flags, with these namespaces offered by default."""
    options = (
        click.option("--http.addr", "address", default="127.0.0.1", show_default=True, help="Address to listen on."),
        click.option(
            "--http.port", "port", type=click.IntRange(0, 65535), default=8545, show_default=True, help="Port (0: any)."
        ),
        click.option(
            "--http.vhosts", "vhosts", default="localhost", show_default=True,
            help="Host names served, by commas; * for any.",
        ),
        click.option("--http.corsdomain", "cors", default="", help="Origins of browsers served, by commas; * for any."),
        click.option("--http.api", "apis", default=apis, show_default=True, help="Namespaces offered, by commas."),
        click.option(
            "--http.minblock.wait", "min_block_wait", type=Seconds(WAIT_SECONDS_MAX), default=WAIT_SECONDS,
            show_default=True, help="Seconds that a request waits for the block that X-EtherCattle-Min-Block names.",
        ),
    )  # fmt: skip

    def add(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command(cls=Command)
@click.option(
    "--datadir", type=FOLDER, required=True, help="Data directory; the database is in geth/chaindata below it."
)
@click.option("--genesis", type=FILE, required=True, help="The chain's genesis.json, as geth takes it.")
@click.option("--import", "chain_files", type=FILE, multiple=True, help="File of block RLPs, as geth exports them.")
@click.option("--side", "side_files", type=FILE, multiple=True, help="File of blocks to store beside the chain.")
@click.option(
    "--forkchoice", type=FILE, help="JSON file with the hashes head, safe and finalized, set after the import."
)
@click.option("--period", type=click.FloatRange(0), default=0.0, help="Seconds between blocks (0: all at once).")
@click.option("--gcmode", type=click.Choice(["archive"]), default="archive", help="Every state is kept.")
@click.option(
    "--kafka.broker", "broker", required=True, help="The log: host:port,… or sqlite:///path (made if missing)."
)
@click.option("--kafka.topic", "topic", default="geth", show_default=True, help="Topic the writes are published to.")
@kafka_config_option
@click.option(
    "--heartbeat", type=click.FloatRange(0.01), default=30.0, show_default=True, help="Seconds between heartbeats."
)
@click.option("--promote", is_flag=True, help="Open a new epoch: fence out the master that had the log before.")
@click.option("--exit-when-done", is_flag=True, help="End after the import instead of sending heartbeats.")
@click.option(
    "--follow", "follow_endpoint", metavar="URL",
    help="Take the chain of a node, with its reorgs and tags: its http(s) URL or the path of its IPC socket.",
)  # fmt: skip
@click.option(
    "--follow.poll", "follow_poll", type=click.FloatRange(0.01, 60), default=0.2, show_default=True,
    help="Seconds between two looks at the head of the node that is followed.",
)  # fmt: skip
@click.option("--dev", is_flag=True, help="Make blocks of transactions sent to --http.port, each --period or at once.")
@_http_options("eth,net,web3,dev")
@process_options()
def master(
    datadir: Path, genesis: Path, chain_files: tuple[Path, ...], side_files: tuple[Path, ...], forkchoice: Path | None,
    period: float, gcmode: str, broker: str, topic: str, heartbeat: float, promote: bool, exit_when_done: bool,
    follow_endpoint: str | None, follow_poll: float, dev: bool, address: str, port: int, vhosts: str, cors: str,
    apis: str, min_block_wait: float, kafka_words: tuple[str, ...], formats: LogFormats,
    metrics: MetricsSettings | None,
) -> None:  # fmt: skip
    """Execute blocks and publish their database writes to a log."""
    from reference_node.roles.following import FollowSettings
    from reference_node.roles.master import DevSettings, MasterSettings, run_master

    del gcmode  # archive is the only mode, and named so that the flags of the operator's guide work as they are
    serving = DevSettings(address, port, _names(vhosts.lower()), _names(cors), _names(apis), min_block_wait)
    settings = MasterSettings(
        datadir=datadir,
        genesis=genesis,
        broker=broker,
        topic=topic,
        chain_files=chain_files,
        side_files=side_files,
        forkchoice=forkchoice,
        period_seconds=period,
        heartbeat_seconds=heartbeat,
        promote=promote,
        exit_when_done=exit_when_done,
        kafka_config=kafka_config(kafka_words),
        dev=serving if dev else None,
        follow=None if follow_endpoint is None else FollowSettings(follow_endpoint, follow_poll),
        records=formats.records,
        metrics=metrics,
    )
    run_master(settings, stop_on_signals())


@click.command(cls=Command)
@click.option("--datadir", type=FOLDER, required=True, help="Data directory: empty, or a copy of another replica's.")
@click.option("--kafka.broker", "broker", required=True, help="The log: host:port,… or sqlite:///path.")
@click.option(
    "--kafka.topic", "topic", default="geth", show_default=True, help="Topic: name, name:offset, or name: (oldest)."
)
@click.option(
    "--kafka.tx.topic",
    "tx_topic",
    default="",
    help="Topic for transactions that clients send, from which txrelay takes them; without it they are refused.",
)
@kafka_config_option
@_http_options("eth,net,web3")
@click.option(
    "--replica.syncshutdown", "sync_shutdown", is_flag=True, help="End with code 0 once caught up with the log."
)
@lifecycle_options
@process_options()
def replica(
    datadir: Path, broker: str, topic: str, address: str, port: int, vhosts: str, cors: str, apis: str,
    min_block_wait: float, sync_shutdown: bool, tx_topic: str, kafka_words: tuple[str, ...], formats: LogFormats,
    metrics: MetricsSettings | None, **flags: float,
) -> None:  # fmt: skip
    """Follow a log and serve the chain over JSON-RPC."""
    from reference_node.roles.replica import ReplicaSettings, run_replica
    from reference_node.rpc.server import HttpSettings

    http = HttpSettings(_names(vhosts.lower()), _names(cors), _names(apis), min_block_wait)
    lifecycle = lifecycle_of(flags)
    settings = ReplicaSettings(
        datadir=datadir,
        broker=broker,
        topic=topic,
        address=address,
        port=port,
        http=http,
        sync_shutdown=sync_shutdown,
        kafka_config=kafka_config(kafka_words),
        limits=lifecycle.limits,
        thresholds=lifecycle.thresholds,
        drain_seconds=lifecycle.drain_seconds,
        tx_topic=tx_topic,
        records=formats.records,
        metrics=metrics,
    )
    run_replica(settings, stop_on_signals())


@click.command(cls=Command)
@click.argument("endpoint", metavar="ENDPOINT")
@click.option("--kafka.broker", "broker", required=True, help="The log: host:port,… or sqlite:///path.")
@click.option(
    "--kafka.tx.topic",
    "topic",
    default="geth-tx",
    show_default=True,
    help="Topic of signed transactions: name; name:offset or name: (oldest) go on there and not where the group is.",
)
@click.option(
    "--kafka.tx.consumergroup",
    "group",
    default="geth-tx",
    show_default=True,
    help="Remembers how far this relay came; each cluster has one of its own.",
)
@click.option(
    "--kafka.tx.deadletter",
    "dead_letter",
    default="",
    help="Topic that keeps what the node refuses for good, with the reason. [default: the topic's name and -dead]",
)
@kafka_config_option
@process_options(())
def txrelay(
    endpoint: str, broker: str, topic: str, group: str, dead_letter: str, kafka_words: tuple[str, ...],
    formats: LogFormats, metrics: MetricsSettings | None,
) -> None:  # fmt: skip
    """Send the transactions of a topic to a node: ENDPOINT is its http(s) URL or the path of its IPC socket."""
    from reference_node.roles.txrelay import TxRelaySettings, run_txrelay

    del formats  # transactions have one form; log lines are set up
    settings = TxRelaySettings(broker, topic, group, endpoint, dead_letter, kafka_config(kafka_words), metrics)
    run_txrelay(settings, stop_on_signals())


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
