"""A chain grows block by block, and a block that breaks a rule leaves nothing behind."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.chain.files import ForkChoice
from reference_node.chain.genesis import make_genesis
from reference_node.chain.genesis_file import parse_genesis
from reference_node.chain.types import Block, decode_block, encode_block
from reference_node.errors import InvalidBlock, StoreError
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.ledger import Ledger
from reference_node.store import schema
from reference_node.store.leveldb import Store
from reference_node.store.publish import whole_head
from tests.reference_node.worlds import World, genesis_item, sign

TARGET = b"\x11" * 20


@pytest.fixture(scope="module")
def world() -> World:
    """Return a world that makes the blocks of these tests."""
    return World()


@pytest.fixture(scope="module")
def chain(world: World) -> list[Block]:
    """Return three blocks."""
    return [world.add(sign(0, TARGET, nonce=nonce)).executed.block for nonce in range(3)]


@pytest.fixture(scope="module")
def side(chain: list[Block]) -> list[Block]:
    """Return two other blocks on the first of the chain."""
    other = World()
    other.add(chain[0].body.transactions[0].raw)
    assert other.head == chain[0].header
    return [other.add(sign(1, TARGET, nonce=nonce), extra_data=b"side").executed.block for nonce in range(2)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield an empty database."""
    with closing(Store(tmp_path)) as store:
        yield store


@pytest.fixture
def writer(store: Store, world: World) -> ChainWriter:
    """Return a writer that stands at the genesis."""
    return ChainWriter(Ledger(store), world.genesis)


def test_blocks_extend_the_chain(writer: ChainWriter, store: Store, chain: list[Block]) -> None:
    for block in chain:
        writer.extend(block)
        assert writer.head == block.header == whole_head(store)


def test_known_blocks_are_not_written_again(store: Store, world: World, chain: list[Block]) -> None:
    ledger = Ledger(store)
    writer = ChainWriter(ledger, world.genesis)
    for block in [*chain, *chain]:
        writer.extend(block)
    again = ChainWriter(ledger, world.genesis)
    assert again.head == chain[-1].header
    assert ledger.position.chain.sequence == 1 + len(chain)


def test_a_side_block_does_not_become_head(
    writer: ChainWriter, store: Store, chain: list[Block], side: list[Block]
) -> None:
    for block in chain:
        writer.extend(block)
    for block in side:
        writer.add_side(block)
    assert writer.head == chain[-1].header
    assert writer.knows(side[-1].header.hash)
    assert store.get(schema.transaction_lookup_key(side[0].body.transactions[0].hash)) is None


def test_a_fork_choice_switches_heads_and_back(
    writer: ChainWriter, store: Store, chain: list[Block], side: list[Block]
) -> None:
    for block in chain:
        writer.extend(block)
    for block in side:
        writer.add_side(block)
    before = {key: value for key, value in store.iterator() if not schema.is_private(key)}
    first = chain[0].header.hash
    writer.choose_file(ForkChoice(side[-1].header.hash, first, first))
    assert whole_head(store) == side[-1].header
    assert store.get(schema.transaction_lookup_key(chain[1].body.transactions[0].hash)) is None
    assert store.get(schema.HEAD_FINALIZED) == first
    writer.choose_file(ForkChoice(chain[-1].header.hash, first, first))
    after = {key: value for key, value in store.iterator() if not schema.is_private(key)}
    assert after == {**before, schema.HEAD_FINALIZED: first}


def test_a_fork_choice_that_changes_nothing_writes_nothing(store: Store, world: World, chain: list[Block]) -> None:
    ledger = Ledger(store)
    writer = ChainWriter(ledger, world.genesis)
    writer.extend(chain[0])
    choice = ForkChoice(chain[0].header.hash, world.genesis.header.hash, world.genesis.header.hash)
    writer.choose_file(choice)
    sequence = ledger.position.chain.sequence
    writer.choose_file(choice)
    assert ledger.position.chain.sequence == sequence == 3


def test_a_fork_choice_that_names_an_unknown_block_is_refused(writer: ChainWriter, world: World) -> None:
    known, unknown = world.genesis.header.hash, b"\x01" * 32
    for choice in ((unknown, known, known), (known, unknown, known), (known, known, unknown)):
        with pytest.raises(StoreError, match=r"block 0x0101.* is not in"):
            writer.choose_file(ForkChoice(*choice))


def test_a_block_that_breaks_a_rule_leaves_nothing(writer: ChainWriter, store: Store, chain: list[Block]) -> None:
    before = dict(store.iterator())
    wrong = dataclasses.replace(chain[0].header, state_root=b"\x09" * 32)
    block = decode_block(encode_block(dataclasses.replace(chain[0], header=wrong)))
    for attempt in (writer.extend, writer.add_side):
        with pytest.raises(InvalidBlock, match="state root"):
            attempt(block)
    assert dict(store.iterator()) == before


def test_a_block_without_its_parent_is_refused(writer: ChainWriter, chain: list[Block]) -> None:
    with pytest.raises(InvalidBlock, match=r"block 2 .* has parent 0x.*, expected a block of this chain"):
        writer.extend(chain[1])


def test_a_database_of_another_chain_is_refused(writer: ChainWriter, store: Store) -> None:
    del writer
    other = make_genesis(parse_genesis(json.loads(json.dumps(genesis_item("prague", {}, timestamp=77)))))
    with pytest.raises(StoreError, match="holds the chain of genesis 0x.*, expected 0x" + other.header.hash.hex()):
        ChainWriter(Ledger(store), other)
