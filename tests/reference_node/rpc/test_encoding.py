"""Forms that the methods' tests don't pin down: sizes, addresses, prices, fields that are left out."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_node.chain.types import Body, encode_block
from reference_node.rpc import encoding
from tests.reference_node.worlds import ADDRESSES, World, sign, signed


def test_a_new_contract_s_address_is_that_of_a_known_creation() -> None:
    # CryptoKitties' deployer and its contract, from the main network.
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert encoding.created_address(sender, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert encoding.created_address(sender, 1).hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"


@pytest.mark.parametrize("calls", [0, 1, 30])
def test_the_size_of_a_block_is_that_of_its_rlp(calls: int) -> None:
    world = World()
    block = world.add(*(sign(0, ADDRESSES[1], nonce=nonce) for nonce in range(calls))).executed.block
    assert len(encode_block(block)) == encoding.block_size(block.header, block.body)


@given(header=st.integers(1, 70_000), body=st.integers(0, 70_000))
def test_a_list_s_prefix_grows_with_its_length(header: int, body: int) -> None:
    sized = dataclasses.replace(_HEAD, size=header)
    payload = header + body
    prefix = 1 if payload < 56 else 2 if payload < 256 else 3 if payload < 65536 else 4
    assert prefix + payload == encoding.block_size(sized, Body((), (), (), body))


@pytest.mark.parametrize(
    ("base_fee", "fields", "price"),
    [
        (10, {"maxFeePerGas": 100, "maxPriorityFeePerGas": 3}, 13),
        (99, {"maxFeePerGas": 100, "maxPriorityFeePerGas": 3}, 100),
        (10, {"gasPrice": 55}, 55),
        (None, {"maxFeePerGas": 100, "maxPriorityFeePerGas": 3}, 100),
    ],
)
def test_a_transaction_pays_its_tip_up_to_its_cap(base_fee: int | None, fields: dict[str, int], price: int) -> None:
    assert price == encoding.effective_gas_price(signed(0, ADDRESSES[1], **fields), base_fee)


def test_a_legacy_transaction_without_a_chain_id_shows_none() -> None:
    with_id = signed(0, ADDRESSES[1], gasPrice=1)
    without = dataclasses.replace(with_id, chain_id=None, v=27)
    head = World().head
    assert encoding.transaction_json(with_id, ADDRESSES[0], head, 0)["chainId"] == hex(1337)
    assert "chainId" not in encoding.transaction_json(without, ADDRESSES[0], head, 0)


@pytest.mark.parametrize(("fork", "later"), [("shanghai", 2), ("cancun", 5), ("prague", 6)])
def test_a_header_has_the_fields_of_its_fork(fork: str, later: int) -> None:
    names = {
        "baseFeePerGas",
        "withdrawalsRoot",
        "blobGasUsed",
        "excessBlobGas",
        "parentBeaconBlockRoot",
        "requestsHash",
    }
    found = encoding.header_json(World(fork).add().executed.block.header)
    assert len(set(found) & names) == later
    assert len(found) == 16 + later


_HEAD = World().head
