"""Executing blocks: what is right passes, each planted fault is refused by its name, building fits and sorts out."""

from dataclasses import replace
from typing import Any

import pytest

from fixtures.chain_files import find_chain
from reference_node.capture.executor import BlockAttributes, build_block, execute_block
from reference_node.capture.header_rules import MAX_BLOCK_BYTES, block_size
from reference_node.chain.files import read_blocks
from reference_node.chain.genesis import load_genesis
from reference_node.chain.roots import transactions_root
from reference_node.chain.types import (
    Block,
    Body,
    Header,
    Withdrawal,
    decode_block,
    decode_stored_receipts,
    decode_transaction,
    encode_block,
)
from reference_node.errors import InvalidBlock
from reference_node.evm.database import MissingState
from reference_node.evm.fees import BLOB_GAS
from reference_node.store import schema
from tests.reference_node.evm.programs import CONTRACT
from tests.reference_node.worlds import GENESIS_TIME, MemoryStore, World, sign, signed

TO = b"\xaa" * 20
OTHER = b"\x99" * 32
LOG_ONE = "0x5f5fa000"
BLOB_HASH = b"\x01" + bytes(31)


@pytest.fixture(scope="module")
def world() -> World:
    """A chain of two blocks; the tests execute a third."""
    made = World("osaka", {CONTRACT: {"code": LOG_ONE}})
    made.add(sign(0, TO, value=1))
    made.add(sign(0, CONTRACT, nonce=1))
    return made


@pytest.fixture(scope="module")
def good(world: World) -> Block:
    """A right third block, with a transfer, a log, a blob and a withdrawal."""
    raw = [
        sign(0, TO, nonce=2, value=1),
        sign(0, CONTRACT, nonce=3),
        sign(1, TO, maxFeePerBlobGas=10, blobVersionedHashes=[BLOB_HASH]),
    ]
    return world.build(*raw, withdrawals=(Withdrawal(0, 0, TO, 1),)).executed.block


def remade(block: Block, **fields: Any) -> Block:
    """Return a block with other header or body fields, and the hash that belongs to them."""
    body_fields = {name: fields.pop(name) for name in ("transactions", "withdrawals", "uncles") if name in fields}
    return decode_block(encode_block(Block(replace(block.header, **fields), replace(block.body, **body_fields))))


def test_a_right_block_passes_with_all_its_writes(world: World, good: Block) -> None:
    executed = execute_block(world.store, world.config, world.head, good)
    number, block_hash = good.header.number, good.header.hash
    assert executed.block == good
    assert decode_stored_receipts(executed.writes[schema.receipts_key(number, block_hash)]) == executed.receipts
    assert executed.writes[schema.header_number_key(block_hash)] == number.to_bytes(8, "big")
    assert {schema.header_key(number, block_hash), schema.body_key(number, block_hash)} <= set(executed.writes)
    assert good.header.state_root in executed.writes
    others = [key for key in executed.writes if len(key) not in (32, 33, 41)]
    assert others == []


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"parent_hash": OTHER}, "parent hash is 0x9999.*, expected 0x"),
    ({"uncles_hash": OTHER}, "uncles hash is 0x9999.*, expected 0x1dcc4d"),
    ({"coinbase": TO}, "state root is"),
    ({"state_root": OTHER}, "state root is 0x9999.*, expected 0x"),
    ({"transactions_root": OTHER}, "transactions root is 0x9999.*, expected 0x"),
    ({"receipts_root": OTHER}, "receipts root is 0x9999.*, expected 0x"),
    ({"bloom": bytes(256)}, "bloom is 0x00.*, expected 0x"),
    ({"difficulty": 1}, "difficulty is 1, expected 0"),
    ({"number": 4}, "number is 4, expected 3"),
    ({"gas_limit": 40_000_000}, "gas limit is 40000000, expected 30000000 \\+/- 29295"),
    ({"gas_limit": 30_029_296}, "gas limit is 30029296, expected"),
    ({"gas_used": 30_000_001}, "gas used is 30000001, expected at most the gas limit 30000000"),
    ({"gas_used": 5}, "gas used is 5, expected 6"),
    ({"timestamp": GENESIS_TIME}, "timestamp is 1000, expected above the parent's 1024"),
    ({"timestamp": GENESIS_TIME + 24}, "timestamp is 1024, expected above the parent's 1024"),
    ({"extra_data": bytes(33)}, "length of the extra data is 33, expected at most 32 bytes"),
    ({"nonce": b"\0" * 7 + b"\1"}, "nonce is 0x0000000000000001, expected 0x0000000000000000"),
    ({"base_fee_per_gas": 7}, "base fee is 7, expected"),
    ({"withdrawals_root": OTHER}, "withdrawals root is 0x9999.*, expected 0x"),
    ({"blob_gas_used": 2 * BLOB_GAS}, "blob gas used is 262144, expected 131072"),
    ({"blob_gas_used": BLOB_GAS + 1}, "blob gas used is 131073, expected a multiple of 131072"),
    ({"blob_gas_used": 10 * BLOB_GAS}, "blob gas used is 1310720, expected at most 1179648"),
    ({"excess_blob_gas": 1}, "excess blob gas is 1, expected 0"),
    ({"requests_hash": OTHER}, "requests hash is 0x9999.*, expected 0xe3b0c4"),
    ({"requests_hash": None}, "requests hash is absent, expected a value in Osaka"),
    ({"parent_beacon_block_root": None, "requests_hash": None}, "parent beacon block root is absent"),
    ({"withdrawals": ()}, "withdrawals root is 0x"),
    ({"transactions": ()}, "transactions root is 0x"),
]


@pytest.mark.parametrize(("fields", "message"), FAULTS, ids=[f"{next(iter(f))}-{i}" for i, (f, _) in enumerate(FAULTS)])
def test_each_planted_fault_is_named(world: World, good: Block, fields: dict[str, Any], message: str) -> None:
    """The first difference is named with both values, and with the block."""
    bad = remade(good, **fields)
    with pytest.raises(InvalidBlock, match=message) as caught:
        execute_block(world.store, world.config, world.head, bad)
    assert f"block {bad.header.number} 0x{bad.header.hash.hex()}" in str(caught.value)


def test_every_header_field_has_a_planted_fault() -> None:
    """But for the mix hash, which nothing checks: it is an input of the block."""
    free = {"mix_hash", "hash", "size"}
    tested = {name for fields, _ in FAULTS for name in fields} - {"withdrawals", "transactions"}
    assert set(Header.__dataclass_fields__) == tested | free


def test_fields_of_later_forks_are_refused_before_them() -> None:
    for fork, extra, name in (
        ("shanghai", {"blob_gas_used": 0, "excess_blob_gas": 0}, "blob gas used is 0, expected no value in Shanghai"),
        ("cancun", {"requests_hash": OTHER}, "requests hash is 0x9999.*, expected no value in Cancun"),
    ):
        early = World(fork)
        block = remade(early.build().executed.block, **extra)
        with pytest.raises(InvalidBlock, match=name):
            execute_block(early.store, early.config, early.head, block)


def test_uncles_and_missing_withdrawals_are_refused(world: World, good: Block) -> None:
    with pytest.raises(InvalidBlock, match="number of uncles is 1, expected 0"):
        execute_block(world.store, world.config, world.head, remade(good, uncles=(world.head,)))
    with pytest.raises(InvalidBlock, match="list of withdrawals is absent, expected one"):
        execute_block(world.store, world.config, world.head, remade(good, withdrawals=None))


def test_a_transaction_that_does_not_fit_makes_the_block_invalid(world: World, good: Block) -> None:
    """The text names its place, its hash and why."""
    bad = signed(0, TO, nonce=9)
    transactions = (good.body.transactions[0], bad)
    block = remade(good, transactions=transactions, transactions_root=transactions_root(transactions), blob_gas_used=0)
    with pytest.raises(InvalidBlock, match=f"could not apply tx 1 \\[0x{bad.hash.hex()}\\]: nonce too high"):
        execute_block(world.store, world.config, world.head, block)


def test_a_parent_without_state_is_said_to_be_missing(world: World, good: Block) -> None:
    store = MemoryStore(world.store)
    del store[world.head.state_root]
    with pytest.raises(MissingState, match=f"trie node 0x{world.head.state_root.hex()} is not in the store"):
        execute_block(store, world.config, world.head, good)


def test_blocks_over_the_size_limit_are_refused_from_osaka_on() -> None:
    """EIP-7934: 8388608 bytes. Before Osaka the next difference is named; built blocks stay a million below."""
    raw = [sign(0, TO, nonce=nonce, data=bytes(120_000), gas=1_300_000) for nonce in range(75)]
    transactions = tuple(decode_transaction(one) for one in raw)
    for fork, message in (
        ("osaka", "size of the block is 90.*, expected at most 8388608 bytes"),
        ("prague", "transactions root"),
    ):
        made = World(fork)
        large = remade(made.build().executed.block, transactions=transactions)
        assert block_size(large) == len(encode_block(large)) > MAX_BLOCK_BYTES
        with pytest.raises(InvalidBlock, match=message):
            execute_block(made.store, made.config, made.head, large)
    built = World("osaka", gasLimit=2**40).build(*raw)
    assert MAX_BLOCK_BYTES - 1_200_000 < block_size(built.executed.block) < MAX_BLOCK_BYTES - 900_000
    assert {left.may_come_later for left in built.left_out} == {True}


def test_what_is_built_executes(world: World) -> None:
    """The builder and the executor agree on every field, in every fork."""
    for fork in ("shanghai", "cancun", "prague", "osaka", "bpo1"):
        made = World(fork, {CONTRACT: {"code": LOG_ONE}})
        built = made.build(sign(0, CONTRACT), sign(1, None, data=b"\0"), extra_data=b"x", prev_randao=OTHER)
        executed = execute_block(made.store, made.config, made.head, built.executed.block)
        assert executed == built.executed


def test_transactions_are_left_out_with_reasons(world: World) -> None:
    """What can't be in any block is told from what only has to wait; the rest goes in."""
    raw = [
        sign(0, TO, nonce=2),
        sign(0, TO, nonce=2, value=1),
        sign(0, TO, nonce=7),
        sign(1, TO, gas=20_000),
        sign(2, TO, maxFeePerGas=1, maxPriorityFeePerGas=1),
        sign(0, TO, nonce=3),
    ]
    built = world.build(*raw)
    assert [t.nonce for t in built.executed.block.body.transactions] == [2, 3]
    assert [(left.reason.split(":")[0], left.may_come_later) for left in built.left_out] == [
        ("nonce too low", False),
        ("nonce too high", True),
        ("intrinsic gas too low", False),
        ("max fee per gas less than block base fee", True),
    ]


def test_a_block_holds_no_more_gas_and_blobs_than_it_may(world: World) -> None:
    heavy = [sign(0, TO, nonce=2 + index, gas=16_000_000) for index in range(2)]
    full = world.build(*heavy)
    assert [len(full.executed.block.body.transactions), full.left_out] == [2, ()]  # what counts is the gas used
    limited = World("osaka", gasLimit=15_000_000).build(sign(0, TO, gas=15_000_000), sign(1, TO, gas=15_000_000))
    assert [left.reason for left in limited.left_out] == [
        "gas limit reached: transaction wants 15000000, left are 14979000"
    ]
    blobs = [sign(key, TO, maxFeePerBlobGas=9, blobVersionedHashes=[BLOB_HASH] * 5) for key in (1, 2)]
    (left,) = world.build(*blobs).left_out
    assert (left.reason, left.may_come_later) == ("blob limit reached: transaction has 5, left are 4", True)
    too_many = sign(0, TO, maxFeePerBlobGas=9, blobVersionedHashes=[BLOB_HASH] * 10)
    (left,) = World("prague").build(too_many).left_out
    assert (left.reason, left.may_come_later) == ("transaction has 10 blobs, a block holds at most 9", False)


@pytest.mark.parametrize(
    ("wanted", "expected"), [(None, 30_000_000), (60_000_000, 30_029_295), (29_999_000, 29_999_000), (1, 29_970_705)]
)
def test_the_gas_limit_moves_step_by_step(world: World, wanted: int | None, expected: int) -> None:
    assert world.build(gas_limit=wanted).executed.block.header.gas_limit == expected


def test_attributes_that_allow_no_block_are_refused(world: World) -> None:
    with pytest.raises(InvalidBlock, match="timestamp is 1000, expected above"):
        build_block(world.store, world.config, world.head, BlockAttributes(GENESIS_TIME, TO), [])
    with pytest.raises(InvalidBlock, match="length of the extra data is 33"):
        world.build(extra_data=bytes(33))


def test_every_block_of_the_shipped_chain_executes() -> None:
    """Blocks and side blocks that a real geth made, of all forks: every root is right, the genesis hash too."""
    files = find_chain("everyfork")
    genesis = load_genesis(files.genesis)
    store, headers, executed = MemoryStore(genesis.writes), {genesis.header.hash: genesis.header}, 0
    for path in (files.chain, files.side):
        for block in read_blocks(path):
            if block.header.number:
                parent = headers[block.header.parent_hash]
                store.update(execute_block(store, genesis.config, parent, block).writes)
                executed += 1
            headers[block.header.hash] = block.header
    assert executed >= 60
    assert len(headers) == executed + 1


def test_an_empty_body_is_that_of_no_transactions() -> None:
    """The sizes that add up to a block's come from decoding: the smallest block shows it."""
    block = World("shanghai").build().executed.block
    assert block.body == Body((), (), (), 3)
    assert block_size(block) == len(encode_block(block))
