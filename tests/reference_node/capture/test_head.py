"""Switching heads: canonical hashes, lookups and markers, by reorgs of any shape."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import plyvel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.chain_files import find_chain
from fixtures.geth import find_geth, running
from reference_node.capture import head
from reference_node.capture.execution import block_writes
from reference_node.capture.executor import execute_block
from reference_node.chain.files import read_blocks
from reference_node.chain.genesis import Genesis, load_genesis
from reference_node.chain.types import Block, Body, Header, decode_block, encode_block
from reference_node.errors import CouldNotJudge, StoreError
from reference_node.store import schema
from tests.reference_node.worlds import MemoryStore, World, sign

TO = b"\xaa" * 20


def grown() -> tuple[World, list[Block]]:
    """Return a world whose genesis has three descendants, each with a transaction."""
    world = World()
    blocks = [world.add(sign(0, TO, nonce=nonce)).executed.block for nonce in range(3)]
    return world, blocks


def lookups(store: MemoryStore) -> dict[bytes, int]:
    return {key[1:]: int.from_bytes(store[key], "big") for key in store if len(key) == 33 and key[:1] == b"l"}


def canonical(store: MemoryStore) -> list[bytes]:
    found: list[bytes] = []
    while (block_hash := store.get(schema.canonical_hash_key(len(found)))) is not None:
        found.append(block_hash)
    return found


def test_growing_adds_what_geth_adds() -> None:
    world, blocks = grown()
    assert canonical(world.store) == [world.genesis.header.hash, *(block.header.hash for block in blocks)]
    assert lookups(world.store) == {block.body.transactions[0].hash: block.header.number for block in blocks}
    for key in (schema.HEAD_HEADER, schema.HEAD_BLOCK, schema.HEAD_FAST_BLOCK):
        assert world.store[key] == blocks[-1].header.hash
    assert world.store[schema.TRANSACTION_INDEX_TAIL] == bytes(8)
    assert head.head_of(world.store) == blocks[-1].header


def test_the_index_tail_is_written_once() -> None:
    world, blocks = grown()
    assert schema.TRANSACTION_INDEX_TAIL not in head.switch_head(world.store, blocks[-1].header)
    start = head.switch_head(MemoryStore(world.genesis.writes), world.genesis.header)
    assert schema.TRANSACTION_INDEX_TAIL not in start


def test_a_reorg_drops_lookups_and_hashes_of_the_old_chain() -> None:
    """A shorter chain takes over: its transactions are found, those that only the old one held are not."""
    world, blocks = grown()
    world.head = blocks[0].header
    shared, fresh = sign(0, TO, nonce=1), sign(1, TO)
    built = world.add(shared, fresh)
    side = built.executed.block
    assert canonical(world.store) == [world.genesis.header.hash, blocks[0].header.hash, side.header.hash]
    expected = {blocks[0].body.transactions[0].hash: 1, **{t.hash: 2 for t in side.body.transactions}}
    assert lookups(world.store) == expected
    world.store.write(head.switch_head(world.store, blocks[2].header))
    assert canonical(world.store)[2:] == [blocks[1].header.hash, blocks[2].header.hash]
    assert lookups(world.store) == {block.body.transactions[0].hash: block.header.number for block in blocks}


def test_going_back_to_an_ancestor_shortens_the_chain() -> None:
    world, blocks = grown()
    world.store.write(head.switch_head(world.store, blocks[0].header))
    assert canonical(world.store) == [world.genesis.header.hash, blocks[0].header.hash]
    assert list(lookups(world.store)) == [blocks[0].body.transactions[0].hash]


@given(st.lists(st.integers(0, 9), min_size=2, max_size=10), st.lists(st.integers(0, 9), max_size=6))
def test_any_switch_leaves_exactly_the_chain_of_the_head(parents: Sequence[int], heads: Sequence[int]) -> None:
    """In a random tree of blocks, canonical hashes are those of the last head's ancestors, whatever came before."""
    world = World()
    store, tree = MemoryStore(world.genesis.writes), [world.genesis.header]
    for place, chosen in enumerate(parents):
        block = child(tree[chosen % len(tree)], place)
        store.update(block_writes(block, ()))
        tree.append(block.header)
    by_hash = {header.hash: header for header in tree}
    for chosen in heads:
        target = tree[chosen % len(tree)]
        store.write(head.switch_head(store, target))
        expected = []
        step: Header | None = target
        while step is not None:
            expected.append(step.hash)
            step = by_hash.get(step.parent_hash)
        assert canonical(store) == expected[::-1]
        assert store[schema.HEAD_BLOCK] == target.hash


def child(parent: Header, place: int) -> Block:
    """Return a block without transactions on a parent, unlike its siblings."""
    header = replace(parent, number=parent.number + 1, parent_hash=parent.hash, extra_data=bytes([place]))
    return decode_block(encode_block(Block(header, Body((), (), (), 0))))


def test_missing_parts_are_named() -> None:
    world, blocks = grown()
    with pytest.raises(StoreError, match="no head block"):
        head.head_of(MemoryStore())
    with pytest.raises(StoreError, match="no number for its head block"):
        head.head_of(MemoryStore({schema.HEAD_BLOCK: bytes(32)}))
    broken = MemoryStore(world.store)
    del broken[schema.body_key(3, blocks[2].header.hash)]
    with pytest.raises(StoreError, match="no body of block 3"):
        head.switch_head(broken, blocks[0].header)
    del broken[schema.header_key(2, blocks[1].header.hash)]
    with pytest.raises(StoreError, match="no header of block 2"):
        head.switch_head(broken, blocks[0].header)
    other = World("shanghai").genesis.header
    with pytest.raises(StoreError, match="starts another chain"):
        head.switch_head(world.store, other)


def test_the_finalized_block_is_a_marker() -> None:
    assert head.finalize_writes(b"\1" * 32) == {schema.HEAD_FINALIZED: b"\1" * 32}


@pytest.mark.real
def test_a_stock_geth_opens_a_database_of_these_writes_alone(tmp_path: Path) -> None:
    """Genesis, blocks and head switches of the shipped chain in a LevelDB: geth serves their head and state."""
    try:
        program = find_geth()
    except CouldNotJudge as error:
        pytest.skip(str(error))
    files = find_chain("everyfork")
    genesis = load_genesis(files.genesis)
    database = tmp_path / "geth" / "chaindata"
    database.mkdir(parents=True)
    parent = fill(database, genesis, files.chain)
    hashes_only = (False,)
    with running(program, tmp_path) as geth:
        block = geth.rpc.call("eth_getBlockByNumber", "latest", *hashes_only)
        final = geth.rpc.call("eth_getBlockByNumber", "finalized", *hashes_only)
        receipts = geth.rpc.call("eth_getBlockReceipts", "0x1")
        found = geth.rpc.call("eth_getTransactionReceipt", receipts[0]["transactionHash"])
        balance = geth.rpc.call("eth_getBalance", "0x" + parent.coinbase.hex(), "latest")
    assert block["hash"] == final["hash"] == "0x" + parent.hash.hex()
    assert found == receipts[0]
    assert int(balance, 16) > 0


def fill(database: Path, genesis: Genesis, chain: Path) -> Header:
    """Write a chain into a LevelDB and return the last header."""
    with closing(plyvel.DB(str(database), create_if_missing=True)) as store:
        parent = genesis.header
        put(store, genesis.writes)
        for block in read_blocks(chain):
            if block.header.number:
                put(store, execute_block(store, genesis.config, parent, block).writes)
                put(store, head.switch_head(store, block.header))
                parent = block.header
        put(store, head.finalize_writes(parent.hash))
    return parent


def put(store: plyvel.DB, writes: Mapping[bytes, bytes | None]) -> None:
    """Write a batch."""
    with store.write_batch() as batch:
        for key, value in writes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
