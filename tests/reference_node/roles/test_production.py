"""A dev master makes blocks of what it is sent, and its reorgs reach the replicas."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import rlp
from coincurve import PrivateKey
from eth_hash.auto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_node.chain.genesis import load_genesis
from reference_node.chain.types import decode_body, encode_rlp, from_int
from reference_node.errors import Fenced
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.follower import Follower
from reference_node.roles.ledger import Ledger
from reference_node.roles.outlet import Outlet
from reference_node.roles.production import FINALIZED_BLOCKS_BACK, SAFE_BLOCKS_BACK, Producer
from reference_node.rpc.registry import RpcError
from reference_node.store import schema
from reference_node.store.leveldb import Store
from reference_node.store.publish import whole_head
from tests.reference_node.logs import public_content
from tests.reference_node.worlds import KEYS, genesis_item, sign

TARGET = b"\x11" * 20
TOPIC = "geth"
WAIT_SECONDS_MAX = 30.0


@dataclass
class Rig:
    """A dev master and a replica that follows it."""

    producer: Producer
    ledger: Ledger
    log: SqliteLog
    store: Store
    replica: Store
    follower: Follower

    def sync(self) -> None:
        """Bring the replica up, checking each view on the way."""
        while not self.follower.caught_up():
            self.follower.follow()
            view = self.follower.view
            assert view is not None
            assert whole_head(view.store) == view.head
        assert public_content(self.replica) == public_content(self.store)


@contextmanager
def make_rig(folder: Path) -> Iterator[Rig]:
    """Open a dev master and a replica in a folder."""
    path = folder / "genesis.json"
    path.write_text(json.dumps(genesis_item("bpo1", {})))
    with (
        closing(SqliteLog(folder / "log.sqlite", create=True)) as log,
        closing(Store(folder / "master")) as store,
        closing(Store(folder / "replica")) as replica,
    ):
        ledger = Ledger(store)
        writer = ChainWriter(ledger, load_genesis(path))
        outlet = Outlet(ledger, log, TOPIC)
        outlet.connect(promote=False, stopping=threading.Event())
        outlet.publish()
        producer = Producer(writer, outlet, 0.0, lambda: 2_000_000_000)
        yield Rig(producer, ledger, log, store, replica, Follower(replica, log, TOPIC))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Yield a dev master at its genesis."""
    with make_rig(tmp_path) as rig:
        yield rig


def head_number(rig: Rig) -> int:
    """Return the number of the head that the producer says it serves."""
    head = rig.producer.health().facts.head
    assert head is not None
    return head.number


def transactions_of(rig: Rig, number: int) -> list[bytes]:
    """Return the hashes of the transactions of a canonical block."""
    block_hash = rig.store.get(schema.canonical_hash_key(number))
    assert block_hash is not None
    body = rig.store.get(schema.body_key(number, block_hash))
    assert body is not None
    return [found.hash for found in decode_body(body).transactions]


def test_a_block_holds_what_was_sent(rig: Rig) -> None:
    sent = [rig.producer.send(sign(0, TARGET, nonce=nonce, value=1)) for nonce in (1, 0)]
    head = rig.producer.mine()
    assert head.number == 1
    assert transactions_of(rig, 1) == [sent[1], sent[0]]
    assert rig.producer.mine().number == 2
    assert transactions_of(rig, 2) == []
    rig.sync()
    assert rig.follower.view is not None
    assert rig.follower.view.head.number == 2


@pytest.mark.parametrize("spoilt", [b"", b"\x01" * 19, [], [b"\x01"]], ids=repr)
@pytest.mark.parametrize("place", range(9))
def test_a_transaction_of_any_form_leaves_the_producer_whole(rig: Rig, place: int, spoilt: object) -> None:
    fields = rlp.decode(sign(0, TARGET)[1:])
    fields[place] = spoilt
    payload = b"\x02" + encode_rlp(fields[:-3])
    signature = PrivateKey(KEYS[0]).sign_recoverable(keccak(payload), hasher=None)
    signed = [from_int(signature[64]), *(signature[at : at + 32].lstrip(b"\0") for at in (0, 32))]
    with suppress(RpcError):
        rig.producer.send(b"\x02" + encode_rlp([*fields[:-3], *signed]))
    good = rig.producer.send(sign(1, TARGET))
    rig.producer.mine()
    assert good in transactions_of(rig, 1)
    rig.sync()


def test_a_transaction_after_a_gap_waits_for_it(rig: Rig) -> None:
    late = rig.producer.send(sign(0, TARGET, nonce=1))
    rig.producer.mine()
    assert transactions_of(rig, 1) == []
    first = rig.producer.send(sign(0, TARGET, nonce=0))
    rig.producer.mine()
    assert transactions_of(rig, 2) == [first, late]


@pytest.mark.parametrize(
    "raw", [b"", b"\x7f\x01", b"\xc1", b"\x02\xc0", b"\x02", b"\x03\xc0", b"\x03\xc1\xc0", b"\x05\xc0"]
)
def test_bytes_that_are_no_transaction_are_refused(rig: Rig, raw: bytes) -> None:
    with pytest.raises(RpcError) as caught:
        rig.producer.send(raw)
    assert caught.value.code == -32000


def test_a_reorg_keeps_the_transactions(rig: Rig) -> None:
    sent = []
    for nonce in range(3):
        sent.append(rig.producer.send(sign(0, TARGET, nonce=nonce)))
        rig.producer.mine()
    old = rig.store.get(schema.HEAD_BLOCK)
    head = rig.producer.reorg(2, 2)
    assert head.number == 3
    assert head.hash != old
    assert [*transactions_of(rig, 1), *transactions_of(rig, 2), *transactions_of(rig, 3)] == sent
    assert rig.store.get(schema.transaction_lookup_key(sent[2])) == b"\x02"
    rig.sync()


def test_a_reorg_to_a_shorter_chain_leaves_nothing_above_it(rig: Rig) -> None:
    rig.producer.mine(5)
    assert rig.producer.reorg(4, 1).number == 2
    assert rig.store.get(schema.canonical_hash_key(3)) is None
    rig.sync()
    assert rig.follower.view is not None
    assert rig.follower.view.head.number == 2


def test_safe_and_finalized_follow_the_head(rig: Rig) -> None:
    rig.producer.mine(FINALIZED_BLOCKS_BACK + 3)
    rig.sync()
    view = rig.follower.view
    assert view is not None
    number = view.head.number
    assert view.finalized_hash == view.store.get(schema.canonical_hash_key(number - FINALIZED_BLOCKS_BACK))
    assert view.safe_hash == view.store.get(schema.canonical_hash_key(number - SAFE_BLOCKS_BACK))
    with pytest.raises(RpcError, match="depth is 33, expected 1 to 32"):
        rig.producer.reorg(33, 1)
    rig.producer.reorg(20, 2)
    rig.sync()
    view = rig.follower.view
    assert view is not None
    assert view.finalized_hash == view.store.get(schema.canonical_hash_key(number - FINALIZED_BLOCKS_BACK))
    assert view.safe_hash == view.store.get(schema.canonical_hash_key(max(3, view.head.number - SAFE_BLOCKS_BACK)))


@pytest.mark.parametrize(("depth", "length", "reason"), [(0, 1, "depth"), (3, 1, "depth is 3"), (1, 0, "length is 0")])
def test_a_reorg_that_can_not_be_is_refused(rig: Rig, depth: int, length: int, reason: str) -> None:
    rig.producer.mine(2)
    with pytest.raises(RpcError, match=reason):
        rig.producer.reorg(depth, length)


def test_too_many_blocks_at_once_are_refused(rig: Rig) -> None:
    with pytest.raises(RpcError, match="10000 blocks are too many"):
        rig.producer.mine(10_000)


def test_a_block_comes_at_once_where_there_is_no_period(rig: Rig) -> None:
    stopping = threading.Event()
    thread = threading.Thread(target=rig.producer.run, args=(stopping, 0.05))
    thread.start()
    try:
        rig.producer.send(sign(0, TARGET, nonce=1))
        rig.producer.send(sign(0, TARGET, nonce=0))
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while head_number(rig) < 1 or rig.log.bounds(TOPIC).end < 6:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        stopping.set()
        thread.join()
    assert rig.producer.failure is None
    rig.sync()
    assert rig.follower.position.chain.sequence in (2, 3), "genesis, then one or two blocks, and no empty ones"


def test_a_fenced_producer_stops_and_says_why(rig: Rig) -> None:
    rig.log.open_writer(TOPIC, 2)
    stopping = threading.Event()
    rig.producer.send(sign(0, TARGET))
    rig.producer.run(stopping, 30)
    assert stopping.is_set()
    assert isinstance(rig.producer.failure, Fenced)
    assert not rig.producer.health().serves


actions = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("mine"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("reorg"), st.integers(1, 5), st.integers(1, 5)),
        st.tuples(st.just("sync"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions)
def test_any_blocks_and_reorgs_end_in_equal_databases(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[tuple[str, int, int]]
) -> None:
    nonces = [0, 0, 0]
    with make_rig(tmp_path_factory.mktemp("rig")) as rig:
        for name, first, second in chosen:
            number = head_number(rig)
            if name == "send":
                rig.producer.send(sign(first, TARGET, nonce=nonces[first], value=1))
                nonces[first] += 1
            elif name == "mine":
                rig.producer.mine(first)
            elif name == "reorg" and number >= first:
                assert rig.producer.reorg(first, second).number == number - first + second
            elif name == "sync":
                rig.sync()
        rig.producer.mine()
        rig.sync()
        state_of = [transactions_of(rig, number) for number in range(1, head_number(rig) + 1)]
        assert sum(map(len, state_of)) == sum(nonces), "no transaction was lost or doubled"
