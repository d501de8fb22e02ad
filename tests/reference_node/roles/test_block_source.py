"""What a followed node answers is read strictly: a block is the one asked for, or there is none."""

from typing import Any

import pytest

from reference_node.chain.types import encode_block
from reference_node.errors import InvalidBlock, UsageError
from reference_node.roles.block_source import BlockId, RpcSource, SourceAway, SourceChoice
from reference_node.roles.endpoint import HttpRefusal, NodeAway
from tests.reference_node.roles.fake_sources import FakeSource, grow_tree
from tests.reference_node.worlds import World

WORLD = World()
BLOCKS = grow_tree(WORLD, 2, seed=1)
FIRST, SECOND = (block.header for block in BLOCKS)


def source_of(node: FakeSource) -> RpcSource:
    """Return the node as a source."""
    return RpcSource(node, "http://source")


@pytest.fixture
def node() -> FakeSource:
    """Return a node with two blocks."""
    return FakeSource(WORLD, BLOCKS, head=BLOCKS[-1].header.hash)


def test_tags_and_blocks_are_read(node: FakeSource) -> None:
    source = source_of(node)
    assert source.choice() == SourceChoice(BlockId(SECOND.number, SECOND.hash), None, None)
    node.safe, node.finalized = FIRST.hash, WORLD.genesis.header.hash
    found = source.choice()
    assert found.safe == BlockId(FIRST.number, FIRST.hash)
    assert found.finalized == BlockId(0, WORLD.genesis.header.hash)
    assert source.hash_at(0) == WORLD.genesis.header.hash
    assert source.block(FIRST.hash) == BLOCKS[0]


@pytest.mark.parametrize("method", ["debug_getRawBlock", "eth_getBlockByNumber"])
def test_a_missing_method_is_said_with_its_namespace(node: FakeSource, method: str) -> None:
    node.refusals[method] = {"error": {"code": -32601, "message": "the method does not exist/is not available"}}
    source = source_of(node)
    ask = source.choice if method == "eth_getBlockByNumber" else lambda: source.block(FIRST.hash)
    with pytest.raises(UsageError, match=f"http://source does not offer {method}: .*'{method.split('_')[0]}'"):
        ask()


@pytest.mark.parametrize(
    "answer",
    [
        {"result": None},
        {"error": {"code": -32000, "message": "block not found"}},
        {"error": "nothing"},
    ],
)
def test_a_block_that_went_may_come_back(node: FakeSource, answer: dict[str, Any]) -> None:
    node.refusals["debug_getRawBlock"] = answer
    with pytest.raises(SourceAway, match=f"has no block 0x{FIRST.hash.hex()}"):
        source_of(node).block(FIRST.hash)


@pytest.mark.parametrize("cut", [0, 1, 200])
def test_bytes_that_are_no_block_are_refused(node: FakeSource, cut: int) -> None:
    node.raw[FIRST.hash] = encode_block(BLOCKS[0])[:cut]
    with pytest.raises(InvalidBlock, match=r"http://source answers debug_getRawBlock 0x.* with no block"):
        source_of(node).block(FIRST.hash)


@pytest.mark.parametrize("result", [5, "no hex", "0xabc", {"block": 1}, []])
def test_a_result_that_is_no_data_is_refused(node: FakeSource, result: object) -> None:
    node.refusals["debug_getRawBlock"] = {"result": result}
    with pytest.raises(InvalidBlock, match="with no block"):
        source_of(node).block(FIRST.hash)


def test_another_block_than_the_one_asked_for_is_refused(node: FakeSource) -> None:
    node.raw[FIRST.hash] = encode_block(BLOCKS[1])
    with pytest.raises(InvalidBlock, match=f"with block {SECOND.number} 0x{SECOND.hash.hex()}"):
        source_of(node).block(FIRST.hash)


@pytest.mark.parametrize(
    "result", [{}, {"number": "0x1"}, {"number": 1, "hash": "0x00"}, {"number": "0x1", "hash": "0x00"}, [], "0x1"]
)
def test_a_head_that_can_not_be_read_is_no_answer(node: FakeSource, result: object) -> None:
    node.refusals["eth_getBlockByNumber"] = {"result": result}
    with pytest.raises(SourceAway, match="answers eth_getBlockByNumber latest with"):
        source_of(node).choice()


def test_a_node_without_any_block_is_not_there_yet(node: FakeSource) -> None:
    node.refusals["eth_getBlockByNumber"] = {"result": None}
    with pytest.raises(SourceAway, match="has no block 'latest'"):
        source_of(node).choice()


@pytest.mark.parametrize("error", [NodeAway("Connection refused"), HttpRefusal(503, "<html>try later</html>")])
def test_what_keeps_a_node_away_is_named(error: Exception) -> None:
    class Away:
        def call(self, method: str, *params: object) -> dict[str, Any]:
            raise error

        def close(self) -> None:
            """Nothing is open."""

    with pytest.raises(SourceAway, match=r"http://source does not answer: (Connection refused|HTTP status 503)"):
        RpcSource(Away(), "http://source").choice()
