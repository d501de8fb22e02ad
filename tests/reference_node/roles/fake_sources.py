"""A node that is followed: a tree of blocks, and the tags that a test moves over it."""

import random
from dataclasses import dataclass, field
from typing import Any

from reference_node.chain.types import Block, encode_block
from reference_node.roles.endpoint import NodeAway
from tests.reference_node.worlds import World, sign

Answer = dict[str, Any]
TO = b"\x11" * 20


def grow_tree(world: World, size: int, seed: int) -> list[Block]:
    """Return blocks of a random tree, parents first; siblings share a transaction and differ in another one."""
    chosen = random.Random(seed)
    blocks: list[Block] = []
    headers = [world.genesis.header]
    nonces = {world.genesis.header.hash: (0, 0)}
    for place in range(size):
        # The newest are likelier parents, so that branches get long.
        parent = headers[-1 - min(int(chosen.expovariate(0.5)), len(headers) - 1)]
        shared, own = nonces[parent.hash]
        sent = [sign(0, TO, nonce=shared, value=1)]
        if place % 2:
            sent.append(sign(1, bytes([place + 1]) * 20, nonce=own, value=place))
        world.head = parent
        built = world.build(*sent, extra_data=b"%d" % place)
        world.store.write(built.executed.writes)
        header = built.executed.block.header
        blocks.append(built.executed.block)
        headers.append(header)
        nonces[header.hash] = (shared + 1, own + place % 2)
    return blocks


@dataclass
class FakeSource:
    """An endpoint that answers as a node at these tags; tests move them, and take it away."""

    world: World
    blocks: list[Block]
    head: bytes = b""
    safe: bytes = b""
    finalized: bytes = b""
    calls_until_away: int = -1
    """After so many calls one is not answered; below 0: never."""
    raw: dict[bytes, bytes] = field(default_factory=dict)
    """What it gives for a block instead of the block."""
    refusals: dict[str, Answer] = field(default_factory=dict)
    """What it answers to a method, whatever is asked."""
    calls: int = 0

    def __post_init__(self) -> None:
        genesis = self.world.genesis.header
        self._headers = {genesis.hash: genesis, **{block.header.hash: block.header for block in self.blocks}}
        self._blocks = {block.header.hash: block for block in self.blocks}
        self.head = self.head or genesis.hash

    def call(self, method: str, *params: Any) -> Answer:
        """Answer a call."""
        self.calls += 1
        self.calls_until_away -= 1
        if self.calls_until_away == -1:
            raise NodeAway("Connection refused")
        if method in self.refusals:
            return self.refusals[method]
        if method == "debug_getRawBlock":
            return self._raw_block(bytes.fromhex(params[0][2:]))
        assert method == "eth_getBlockByNumber"
        found = self._tagged(params[0])
        if found is None:
            return {"error": {"code": -32000, "message": f"{params[0]} block not found"}}
        header = self._headers.get(found)
        return {"result": header and {"number": hex(header.number), "hash": f"0x{header.hash.hex()}"}}

    def close(self) -> None:
        """Nothing is open."""

    def branch(self, tip: bytes) -> list[bytes]:
        """Return the hashes from the genesis to a block."""
        found = [tip]
        while self._headers[found[-1]].number:
            found.append(self._headers[found[-1]].parent_hash)
        return found[::-1]

    def _raw_block(self, block_hash: bytes) -> Answer:
        if block_hash in self.raw:
            return {"result": "0x" + self.raw[block_hash].hex()}
        if block_hash not in self._blocks:
            return {"error": {"code": -32000, "message": "block not found"}}
        return {"result": "0x" + encode_block(self._blocks[block_hash]).hex()}

    def _tagged(self, tag: str) -> bytes | None:
        if tag in ("safe", "finalized"):
            return (self.safe if tag == "safe" else self.finalized) or None
        branch = self.branch(self.head)
        number = len(branch) - 1 if tag == "latest" else int(tag, 16)
        return branch[number] if number < len(branch) else b""
