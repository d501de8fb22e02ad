"""While blocks and reorgs stream in, a reader never sees a half-switched chain.

The writer here cuts each step as geth does: block, canonical hashes and head come in batches of their own. What a
replica publishes in between would be half a chain; a batch request shows it, as all its calls are pinned to one view.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.chain_files import find_chain
from fixtures.cluster import TOPIC, start_replica, wait_for_head
from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.genesis import load_genesis
from reference_node.chain.types import Block, Header
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.ledger import ForkChoiceMove, Ledger
from reference_node.store import schema
from reference_node.store.leveldb import Store

CHAIN = find_chain("everyfork")
ROUNDS = 3
PARENTS_READ = 6


class CuttingLedger(Ledger):
    """Commits a step in several batches, in the order in which geth writes them."""

    def commit(
        self,
        writes: Mapping[bytes, bytes | None],
        source_first: int,
        source_last: int,
        move: ForkChoiceMove | None = None,
    ) -> None:
        """Commit and publish block, deletions, canonical hashes and heads one after the other."""
        heads = {schema.HEAD_HEADER, schema.HEAD_BLOCK, schema.HEAD_FAST_BLOCK}
        groups: list[dict[bytes, bytes | None]] = [{}, {}, {}, {}]
        for key, value in writes.items():
            place = 3 if key in heads else 0
            if place == 0 and len(key) == 10 and key[:1] == b"h":
                place = 1 if value is None else 2
            groups[place][key] = value
        for group in groups:
            if group:
                super().commit(group, source_first, source_last)
                self._publish_cut()
        if move is not None and (move.safe_hash or move.finalized_hash):
            super().commit({}, source_first, source_last, move)
            self._publish_cut()

    def _publish_cut(self) -> None:
        if self._writer is not None:
            self.publish()


@contextmanager
def writer_on(folder: Path) -> Iterator[tuple[ChainWriter, Ledger]]:
    """Open a master's database and its log in this process."""
    store = Store(folder / "master")
    log = SqliteLog(folder / "log.sqlite", create=True)
    try:
        ledger = CuttingLedger(store)
        writer = ChainWriter(ledger, load_genesis(CHAIN.genesis))
        ledger.connect(log, TOPIC, promote=False)
        ledger.publish()
        yield writer, ledger
    finally:
        log.close()
        store.close()


def side_branches() -> list[list[Block]]:
    """Return the side blocks by branch, each branch from its first block to its tip."""
    branches: list[list[Block]] = []
    for block in read_blocks(CHAIN.side):
        if branches and branches[-1][-1].header.hash == block.header.parent_hash:
            branches[-1].append(block)
        else:
            branches.append([block])
    return branches


class Reader(threading.Thread):
    """Asks a replica in a loop whether what it shows is one whole chain."""

    def __init__(self, url: str) -> None:
        super().__init__(name="reader")
        self.url = url
        self.done = threading.Event()
        self.heads: set[str] = set()
        self.faults: list[str] = []
        self.rounds = 0

    def run(self) -> None:
        """Read until told to stop or until a fault is seen."""
        with httpx.Client(trust_env=False, timeout=30) as client:
            while not self.done.is_set() and not self.faults:
                try:
                    self.read_once(client)
                except Exception as error:  # noqa: BLE001 - whatever goes wrong here has to fail the test
                    self.faults.append(repr(error))

    def read_once(self, client: httpx.Client) -> None:
        """Read head, its ancestors and what is above it, in one batch."""
        head = int(self.ask(client, [("eth_blockNumber", [])])[0], 16)
        numbers = range(max(0, head - PARENTS_READ), head + 4)
        calls: list[tuple[str, list[Any]]] = [("eth_getBlockByNumber", ["latest", False])]
        calls += [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        calls += [("eth_getBlockReceipts", ["latest"]), ("eth_getBalance", ["0x" + "00" * 20, "latest"])]
        latest, *blocks, receipts, balance = self.ask(client, calls)
        self.heads.add(latest["hash"])
        self.rounds += 1
        by_number = {int(block["number"], 16): block for block in blocks if block}
        top = int(latest["number"], 16)
        self.expect(by_number.get(top, latest) == latest, f"canonical({top}) is not the head")
        self.expect(max(by_number, default=top) <= top, f"there are blocks above the head {top}")
        self.expect(len(receipts) == len(latest["transactions"]), f"receipts of {top} do not fit its block")
        self.expect(balance.startswith("0x"), "the head's state can't be read")
        for number, block in by_number.items():
            if number + 1 in by_number:
                linked = by_number[number + 1]["parentHash"] == block["hash"]
                self.expect(linked, f"block {number + 1} is not the child of canonical({number})")

    def expect(self, holds: bool, fault: str) -> None:
        """Note a fault."""
        if not holds:
            self.faults.append(fault)

    def ask(self, client: httpx.Client, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Send a batch and return its results."""
        batch = [
            {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
            for place, (method, params) in enumerate(calls)
        ]
        answers = client.post(self.url, json=batch).json()
        return [answer["result"] for answer in answers]


@pytest.mark.slow
def test_a_reader_never_sees_a_half_switched_chain(tmp_path: Path) -> None:
    branches = side_branches()
    assert [len(branch) for branch in branches] == [1, 2, 3, 4, 5]
    with writer_on(tmp_path) as (writer, _):
        replica = start_replica(tmp_path / "replica", f"sqlite:///{tmp_path}/log.sqlite", tmp_path / "replica.log")
        wait_for_head(replica, load_genesis(CHAIN.genesis).header.hash)
        reader = Reader(replica.url)
        reader.start()
        try:
            tips = stream(writer, branches)
            wait_for_head(replica, read_forkchoice(CHAIN.forkchoice).head)
        finally:
            reader.done.set()
            reader.join()
            replica.child.stop()
    assert reader.faults == []
    assert reader.rounds > 100
    assert len(reader.heads & {"0x" + tip.hash.hex() for tip in tips}) >= 1, "no side head was ever seen"


def stream(writer: ChainWriter, branches: list[list[Block]]) -> list[Header]:
    """Write the chain, and at each side branch switch to its tip and back some times; return the tips."""
    by_parent = {branch[0].header.parent_hash: branch for branch in branches}
    tips: list[Header] = []
    waiting: list[tuple[int, list[Block]]] = []
    for block in read_blocks(CHAIN.chain):
        writer.extend(block)
        branch = by_parent.get(block.header.hash)
        if branch:
            for side in branch:
                writer.add_side(side)
            waiting.append((branch[-1].header.number, branch))
        for depth_reached, found in list(waiting):
            if block.header.number == depth_reached:
                waiting.remove((depth_reached, found))
                tips.append(found[-1].header)
                for _ in range(ROUNDS):
                    writer.choose(ForkChoiceMove(), found[-1].header)
                    writer.choose(ForkChoiceMove(), block.header)
    return tips


def test_the_reader_would_see_a_half_switched_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same reader, in front of answers that break each of its rules."""
    reader = Reader("")
    hashes = {"hash": "0xb", "parentHash": "0xa", "number": "0x1", "transactions": []}
    wrong_parent = {**hashes, "parentHash": "0xc"}
    genesis = {"hash": "0xa", "parentHash": "0x0", "number": "0x0", "transactions": []}
    above = {**hashes, "number": "0x2", "parentHash": "0xb", "hash": "0xd"}

    def faults_of(latest: dict[str, Any], blocks: list[Any], receipts: list[Any]) -> list[str]:
        answers = iter([["0x1"], [latest, *blocks, receipts, "0x0"]])
        reader.faults = []
        monkeypatch.setattr(reader, "ask", lambda _client, _calls: next(answers))
        reader.read_once(httpx.Client())
        return reader.faults

    assert faults_of(hashes, [genesis, hashes], []) == []
    assert faults_of(wrong_parent, [genesis, wrong_parent], []) == ["block 1 is not the child of canonical(0)"]
    assert faults_of(hashes, [genesis, hashes, above], []) == ["there are blocks above the head 1"]
    assert faults_of(hashes, [genesis, {**hashes, "hash": "0xe"}], []) == ["canonical(1) is not the head"]
    assert faults_of(hashes, [genesis, hashes], [{}]) == ["receipts of 1 do not fit its block"]
