"""What a request sees through its view, and no more."""

import pytest

from reference_node.backend import Backend
from reference_node.rpc.params import LATEST, BlockRef, Tag
from reference_node.rpc.registry import RpcError
from tests.reference_node.rpc.served import backend_of, view_of
from tests.reference_node.worlds import ADDRESSES, World, sign


@pytest.fixture
def world() -> World:
    world = World()
    for nonce in range(3):
        world.add(sign(0, ADDRESSES[1], nonce=nonce, value=1))
    return world


def test_blocks_are_found_by_number_hash_and_tag(world: World) -> None:
    genesis = world.genesis.header
    backend = backend_of(world, safe_hash=genesis.hash, finalized_hash=genesis.hash)
    assert backend.header_by_number(3) == world.head == backend.header_by_hash(world.head.hash)
    assert backend.header_by_number(4) is None
    assert backend.header_by_hash(bytes(32)) is None
    tags = {Tag.LATEST: world.head, Tag.PENDING: world.head}
    tags |= dict.fromkeys((Tag.SAFE, Tag.FINALIZED, Tag.EARLIEST), genesis)
    assert {tag: backend.resolve(BlockRef(tag)) for tag in Tag} == tags


@pytest.mark.parametrize("tag", [Tag.SAFE, Tag.FINALIZED])
def test_a_tag_the_log_never_carried_is_an_error(world: World, tag: Tag) -> None:
    with pytest.raises(RpcError, match=f"^{tag.value} block not found$"):
        backend_of(world).resolve(BlockRef(tag))


def test_a_side_block_is_found_by_hash_unless_it_has_to_be_canonical(world: World) -> None:
    side = world.build(sign(0, ADDRESSES[1], nonce=3, value=1), fee_recipient=b"\xaa" * 20)
    world.store.write(side.executed.writes)
    world.add(sign(0, ADDRESSES[1], nonce=3, value=2))
    backend = backend_of(world)
    header = side.executed.block.header
    assert backend.resolve(BlockRef(hash=header.hash)) == header
    with pytest.raises(RpcError, match=r"^hash is not currently canonical$"):
        backend.resolve(BlockRef(hash=header.hash, require_canonical=True))
    assert backend.resolve(BlockRef(hash=world.head.hash, require_canonical=True)) == world.head
    assert backend.transaction_location(side.executed.block.body.transactions[0].hash) is None


def test_state_of_a_block_that_is_not_there_is_an_error_in_geths_words(world: World) -> None:
    backend = backend_of(world)
    assert backend.resolve_state(LATEST) == world.head
    with pytest.raises(RpcError, match=r"^header not found$"):
        backend.resolve_state(BlockRef(number=9))
    with pytest.raises(RpcError, match=r"^header for hash not found$"):
        backend.resolve_state(BlockRef(hash=bytes(32)))


def test_a_request_does_not_see_what_a_newer_view_has_cached(world: World) -> None:
    older = backend_of(world)
    newer_block = world.add(sign(0, ADDRESSES[1], nonce=3)).executed.block
    newer = Backend(view_of(world), older.node)
    transaction = newer_block.body.transactions[0]
    assert newer.header_by_hash(newer_block.header.hash) == newer_block.header
    assert newer.transaction_location(transaction.hash) == (newer_block.header, 0)
    assert older.header_by_hash(newer_block.header.hash) is None
    assert older.header_by_number(4) is None
    assert older.transaction_location(transaction.hash) is None


def test_bodies_receipts_and_senders_are_read_once(world: World) -> None:
    backend = backend_of(world)
    body, receipts = backend.body(world.head), backend.receipts(world.head)
    assert backend.body(world.head) is body
    assert backend.receipts(world.head) is receipts
    assert len(body.transactions) == len(receipts) == 1
    assert backend.sender(body.transactions[0]) == ADDRESSES[0]
    assert backend.node.caches.senders[body.transactions[0].hash] == ADDRESSES[0]


def test_a_block_without_its_body_is_an_error(world: World) -> None:
    backend = backend_of(world)
    for key in [key for key in backend.view.store if key[:1] in (b"b", b"r") and len(key) == 41]:  # type: ignore[attr-defined]
        del backend.view.store[key]  # type: ignore[attr-defined]
    with pytest.raises(RpcError, match="block body is missing"):
        backend.body(world.head)
    with pytest.raises(RpcError, match="receipts of block 3 are missing"):
        backend.receipts(world.head)
