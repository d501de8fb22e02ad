"""A view is published only when the whole of its chain is there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.capture.head import finalize_writes, switch_head
from reference_node.store import schema
from reference_node.store.leveldb import Store
from reference_node.store.overlay import Overlay
from reference_node.store.position import Position
from reference_node.store.publish import Publisher, whole_head
from tests.reference_node.worlds import MemoryStore, World, sign


@pytest.fixture(scope="module")
def world() -> World:
    """Return a chain of three blocks."""
    world = World()
    for nonce in range(3):
        world.add(sign(0, b"\x11" * 20, nonce=nonce, value=5))
    return world


@pytest.fixture
def store(world: World, tmp_path: Path) -> Iterator[Store]:
    """Yield a database with that chain."""
    with closing(Store(tmp_path)) as store:
        store.apply(world.store.items(), Position(offset=7, safe_hash=b"\x05" * 32))
        yield store


def test_a_whole_chain_is_published_with_its_tags(world: World, store: Store) -> None:
    publisher = Publisher(store)
    assert publisher.view is None
    store.apply(finalize_writes(world.head.parent_hash).items(), Position())
    view = publisher.refresh(Position(offset=7, safe_hash=b"\x05" * 32))
    assert view is not None
    assert view is publisher.view
    assert (view.head, view.position) == (world.head, 7)
    assert (view.safe_hash, view.finalized_hash) == (b"\x05" * 32, world.head.parent_hash)


def test_an_empty_database_has_no_view(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        assert Publisher(store).refresh(Position()) is None


@pytest.mark.parametrize("part", ["number", "canonical", "header", "body", "receipts", "state"])
def test_while_a_part_of_the_head_is_missing_the_old_view_holds(world: World, store: Store, part: str) -> None:
    publisher = Publisher(store)
    old = publisher.refresh(Position())
    built = world.build(sign(0, b"\x11" * 20, nonce=3))
    header = built.executed.block.header
    writes = dict(built.executed.writes)
    writes.update(switch_head(Overlay(world.store, writes), header))  # type: ignore[arg-type]
    number, block_hash = header.number, header.hash
    missing = {
        "number": schema.header_number_key(block_hash),
        "canonical": schema.canonical_hash_key(number),
        "header": schema.header_key(number, block_hash),
        "body": schema.body_key(number, block_hash),
        "receipts": schema.receipts_key(number, block_hash),
        "state": header.state_root,
    }[part]
    late = {missing: writes.pop(missing)}
    store.apply(writes.items(), Position())
    assert publisher.refresh(Position()) is old
    assert old is not None
    assert old.store.get(schema.HEAD_BLOCK) == world.head.hash
    store.apply(late.items(), Position())
    view = publisher.refresh(Position())
    assert view is not None
    assert view.head == header


def test_a_chain_that_goes_on_above_its_head_is_not_whole(world: World) -> None:
    rewinding = MemoryStore(world.store)
    rewinding.write({schema.HEAD_BLOCK: world.head.parent_hash})
    assert whole_head(rewinding) is None
    rewinding.write({schema.canonical_hash_key(world.head.number): None})
    found = whole_head(rewinding)
    assert found is not None
    assert found.hash == world.head.parent_hash


def test_a_head_that_is_not_canonical_is_not_whole(world: World) -> None:
    switching = MemoryStore(world.store)
    switching.write({schema.canonical_hash_key(world.head.number): b"\x09" * 32})
    assert whole_head(switching) is None


def test_a_view_reads_what_was_there_when_it_was_published(world: World, store: Store) -> None:
    publisher = Publisher(store)
    old = publisher.refresh(Position())
    assert old is not None
    built = world.build(sign(0, b"\x11" * 20, nonce=3))
    writes = dict(built.executed.writes)
    writes.update(switch_head(Overlay(world.store, writes), built.executed.block.header))  # type: ignore[arg-type]
    store.apply(writes.items(), Position())
    publisher.refresh(Position())
    assert old.store.get(schema.canonical_hash_key(old.head.number + 1)) is None
    assert whole_head(old.store) == world.head
