"""What the relay's runs share: topics with transactions in them, blocks that hold them, and dead letters."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from eth_hash.auto import keccak

from fixtures.jsonrpc import JsonRpc, RemoteError
from fixtures.nodes import start_relay
from fixtures.process import Child
from reference_node.chain.submitted import decode_submitted
from reference_node.log.interface import Record
from reference_node.log.open import open_log

TX_TOPIC = "geth-tx"
GROUP = "geth-tx"
WAIT_SECONDS_MAX = 90.0
READ_RECORDS = 256
_STARTED = b"txrelay sends topic"


@dataclass(frozen=True, slots=True)
class Transactions:
    """The transactions' topic of a run, seen from outside."""

    broker: str
    topic: str = TX_TOPIC
    group: str = GROUP

    @property
    def dead(self) -> str:
        """The topic of the dead letters."""
        return f"{self.topic}-dead"

    def put(self, values: Sequence[bytes]) -> None:
        """Append values."""
        with closing(open_log(self.broker, create=True)) as log:
            log.append(self.topic, [Record(value) for value in values])

    def dead_letters(self) -> list[tuple[bytes, str]]:
        """Return the dead letters: value and reason."""
        with closing(open_log(self.broker)) as log:
            at, found = log.bounds(self.dead).start, []
            while at < log.bounds(self.dead).end:
                result = log.read(self.dead, at, READ_RECORDS, 1.0)
                found += [(one.record.value, dict(one.record.headers)["reason"].decode()) for one in result.records]
                at = result.next_offset
            return found

    def is_drained(self) -> bool:
        """Say whether the group has committed all there is."""
        with closing(open_log(self.broker)) as log:
            return log.committed(self.topic, self.group) == log.bounds(self.topic).end

    def relay(self, endpoint: str, log_path: Path) -> Child:
        """Start a relay to a node, and return once it relays."""
        before = log_path.stat().st_size if log_path.exists() else 0
        child = start_relay(endpoint, self.broker, log_path, topic=self.topic, group=self.group)
        child.wait_until(lambda: _STARTED in log_path.read_bytes()[before:], WAIT_SECONDS_MAX, "relaying")
        return child

    @contextmanager
    def relaying(self, endpoint: str, log_path: Path) -> Iterator[Child]:
        """Run a relay to a node, which has to end well."""
        child = self.relay(endpoint, log_path)
        try:
            yield child
        finally:
            code = child.stop()
        assert code == 0, child.tail()

    def wait_drained(self, relay: Child) -> None:
        """Wait until the relay has committed all there is."""
        relay.wait_until(self.is_drained, WAIT_SECONDS_MAX, "the group to have committed all")


def hash_of(raw: bytes) -> str:
    """Return a transaction's hash as JSON-RPC writes it."""
    return "0x" + decode_submitted(raw).transaction.hash.hex()


def wait_mined(child: Child, rpc: JsonRpc, hashes: Sequence[str]) -> None:
    """Wait until a node has receipts of all these transactions."""
    left = set(hashes)

    def are_mined() -> bool:
        try:
            for found in list(left):
                if rpc.call("eth_getTransactionReceipt", found) is None:
                    return False
                left.discard(found)
        except RemoteError:  # a geth without blocks says that it indexes
            return False
        return True

    child.wait_until(are_mined, WAIT_SECONDS_MAX, f"receipts of {len(hashes)} transactions")


def mined(rpc: JsonRpc) -> list[str]:
    """Return the hashes of all transactions in blocks, as often as they are there."""
    head = int(rpc.call("eth_blockNumber"), 16)
    blocks = (rpc.call("eth_getBlockByNumber", hex(number), False) for number in range(1, head + 1))
    return [found for block in blocks for found in block["transactions"]]


def garbage(random: Random) -> bytes:
    """Return bytes that are no transaction."""
    return random.choice((b"", b"\x80", b"poison", keccak(random.randbytes(4))[:20], b"\xc3\x01\x02\x03", b"\x02\xc0"))
