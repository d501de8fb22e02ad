"""A master that follows a real geth, and a replica of it, for tests that compare both."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures.brokers import LogAddress
from fixtures.chain_files import ChainFiles
from fixtures.cluster import Replica, start_replica, wait_for_head
from fixtures.geth import Geth
from fixtures.jsonrpc import JsonRpc, RemoteError
from fixtures.moving_chain import Step
from fixtures.nodes import start_following_master
from fixtures.process import Child

STEP_SECONDS_MAX = 30.0
TAGS = ("latest", "safe", "finalized")


@dataclass(frozen=True, slots=True)
class Followed:
    """A geth, a master that follows it, and a replica of the master."""

    geth: Geth
    master: Child
    replica: Replica
    rpc: JsonRpc
    broker: str
    folder: Path

    def wait_for(self, step: Step) -> None:
        """Wait until the replica serves what geth was told to: head, safe and finalized."""
        wanted = [step.choice.head, step.choice.safe, step.choice.finalized]

        def is_there() -> bool:
            assert self.master.process.poll() is None, self.master.tail()
            return [self.hash_of(tag) for tag in TAGS] == ["0x" + found.hex() for found in wanted]

        self.replica.child.wait_until(is_there, STEP_SECONDS_MAX, f"block {step.number} of a step")

    def hash_of(self, tag: str) -> str | None:
        """Return the hash that a tag has on the replica."""
        try:
            return str(self.rpc.call("eth_getBlockByNumber", tag, False)["hash"])
        except RemoteError:
            return None

    def assert_same(self, method: str, *params: object) -> None:
        """Fail unless geth and the replica answer the same."""
        assert outcome(self.geth.rpc, method, *params) == outcome(self.rpc, method, *params), (method, params)


def outcome(rpc: JsonRpc, method: str, *params: object) -> Any:
    """Return a result, or an error's fields."""
    try:
        return rpc.call(method, *params)
    except RemoteError as error:
        return {"error": error.error}


@contextmanager
def followed(
    geth: Geth, chain: ChainFiles, folder: Path, broker: str, topic: str = "geth", *arguments: str
) -> Iterator[Followed]:
    """Run a master that follows a geth, and a replica that has caught up."""
    with ExitStack() as stack:
        master = start_following_master(
            chain, geth.url, folder / "master", broker, folder / "master.log",
            ["--follow.poll", "0.02", *arguments], topic=topic,
        )  # fmt: skip
        stack.callback(master.stop)
        master.wait_until(lambda: LogAddress(broker).has_records(topic), STEP_SECONDS_MAX, "its first record")
        replica = start_replica(folder / "replica", broker, folder / "replica.log", topic=topic)
        stack.callback(replica.child.stop)
        head = geth.rpc.call("eth_getBlockByNumber", "latest", False)["hash"]
        wait_for_head(replica, bytes.fromhex(head[2:]), [master])
        rpc = stack.enter_context(closing(JsonRpc(replica.url)))
        yield Followed(geth, master, replica, rpc, broker, folder)
