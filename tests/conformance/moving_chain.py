"""A reference and a replica of it on a chain that moves and reorganises while they are asked; all of it in one process.

The reference's head goes where a schedule says, one step before each request that either side gets. The replica learns
of every head in order, as from a log, and is right at each: its answers are those of a node at the head that it is at.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from conformance.corpus import Question
from conformance.subject import Position, Reply

CONSTANT, HOT = "0x" + "aa" * 20, "0x" + "bb" * 20
"""An account that no block changes, and one that every block does."""
SAFE_DEPTH, FINAL_DEPTH = 1, 2


def digest(*parts: object) -> str:
    """Return a hash made of parts."""
    return "0x" + sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Block:
    """A block with one transaction, which its siblings may have, too."""

    number: int
    hash: str
    parent: "Block | None"
    transaction: str

    def child(self, salt: int, transaction: str | None = None) -> "Block":
        """Return a block on top of this one."""
        number = self.number + 1
        return Block(number, digest(self.hash, salt), self, transaction or digest("transaction", number))

    def line(self) -> "Iterator[Block]":
        """Yield this block and its ancestors."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def at(self, number: int) -> "Block | None":
        """Return the block of this chain at a number."""
        return next((block for block in self.line() if block.number == number), None)


GENESIS = Block(0, digest("genesis"), None, digest("none"))


class NoBlock(Exception):
    """A request names a block that there is not."""


@dataclass
class View:
    """What a node knows."""

    head: Block
    known: dict[str, Block]

    def tagged(self, tag: str) -> Block | None:
        """Return the block of a tag."""
        depths = {"latest": 0, "safe": SAFE_DEPTH, "finalized": FINAL_DEPTH, "earliest": self.head.number}
        return self.head.at(self.head.number - depths[tag]) if tag in depths else None

    def named(self, name: Any) -> Block | None:
        """Return the block that an argument names."""
        if isinstance(name, dict):
            return self.known.get(name["blockHash"]) if "blockHash" in name else self.named(name["blockNumber"])
        return self.tagged(name) or (self.head.at(int(name, 16)) if name.startswith("0x") else None)

    def there(self, name: Any) -> Block:
        """Return the block that an argument names. Raises NoBlock."""
        block = self.named(name)
        if block is None:
            raise NoBlock
        return block

    def transaction(self, wanted: str) -> dict[str, Any] | None:
        """Return a transaction of the chain."""
        return next((_transaction(block) for block in self.head.line() if block.transaction == wanted), None)

    def logs(self, asked: dict[str, Any]) -> list[Any]:
        """Return the logs of a range, one of each block. Raises NoBlock where it ends past the head."""
        first = self.there(asked.get("fromBlock", "latest"))
        last = self.there(asked.get("toBlock", "latest"))
        return [{"blockHash": b.hash, "data": b.hash} for b in last.line() if b.number >= first.number][::-1]


def _transaction(block: Block) -> dict[str, Any]:
    return {"hash": block.transaction, "blockHash": block.hash, "blockNumber": hex(block.number)}


def _block(block: Block | None) -> dict[str, Any] | None:
    if block is None:
        return None
    return {"number": hex(block.number), "hash": block.hash, "transactions": [block.transaction]}


def _balance(block: Block, account: str) -> str:
    return "0x7" if account == CONSTANT else hex(int(block.hash, 16))


METHODS: dict[str, Callable[[View, list[Any]], Any]] = {
    "eth_chainId": lambda _, params: "0x1",
    "eth_blockNumber": lambda view, params: hex(view.head.number),
    "eth_gasPrice": lambda view, params: digest("price", view.head.hash)[:10],
    "eth_getBlockByNumber": lambda view, params: _block(view.named(params[0])),
    "eth_getBlockByHash": lambda view, params: _block(view.known.get(params[0])),
    "eth_getBalance": lambda view, params: _balance(view.there(params[1]), params[0]),
    "eth_call": lambda view, params: digest("call", view.there(params[1] if len(params) > 1 else "latest").hash),
    "eth_getTransactionByHash": lambda view, params: view.transaction(params[0]),
    "eth_getTransactionReceipt": lambda view, params: view.transaction(params[0]),
    "eth_getLogs": lambda view, params: view.logs(params[0]),
    "eth_feeHistory": lambda view, params: {"oldestBlock": digest(view.there(params[1]).hash)[:12]},
}


@dataclass
class World:
    """Both nodes and the schedule of what comes next."""

    schedule: Iterable[str]
    tells_position: bool = False
    """Whether the replica's answers say which block they are of."""
    catches_up: bool = True
    """Whether the replica follows while it is waited for."""
    knows_side: bool = True
    """Whether the replica knows blocks that left the chain."""
    corrupt: Callable[[View, dict[str, Any], Any], Any] | None = None
    """Makes an answer of the replica wrong; requests for its head alone stay right."""
    heads: list[Block] = field(default_factory=list)
    """Every head that the reference had."""
    followed: int = 0
    """Place in it of the replica's head."""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        block = GENESIS
        for _ in range(4):
            block = block.child(0)
        self.heads.append(block)
        self._moves = iter(self.schedule)
        self._salt = 0

    @property
    def known(self) -> dict[str, Block]:
        """Return every block that the reference has had."""
        return {block.hash: block for head in self.heads for block in head.line()}

    def move(self) -> None:
        """Take the next step of the schedule."""
        step = next(self._moves, "stay")
        head = self.heads[-1]
        self._salt += 1
        if step == "extend":
            self.heads.append(head.child(self._salt))
        elif step in ("fork", "long fork"):
            base = next(block for block in head.line() if block.number <= head.number - 1)
            side = base.child(self._salt)
            self.heads.append(side.child(self._salt) if step == "long fork" else side)
        elif step == "back" and len(self.heads) > 1:
            self.heads.append(self.heads[-2])
        elif step == "follow one":
            self.followed = min(self.followed + 1, len(self.heads) - 1)
        elif step == "follow":
            self.followed = len(self.heads) - 1

    def clock(self) -> float:
        """Return the time that was waited in all."""
        return self.seconds

    def pause(self, seconds: float) -> None:
        """Let time go by: the replica follows, where it does."""
        self.seconds += seconds * 10
        if self.catches_up:
            self.followed = len(self.heads) - 1

    def reference(self, asked: Question) -> Reply:
        """Answer as the reference."""
        self.move()
        return self._answer(View(self.heads[-1], self.known), asked)

    def replica(self, asked: Question) -> Reply:
        """Answer as the replica."""
        self.move()
        heads = self.heads[0 if self.knows_side else self.followed : self.followed + 1]
        view = View(heads[-1], {block.hash: block for head in heads for block in head.line()})
        reply = self._answer(view, asked, None if asked.name.endswith("/head") else self.corrupt)
        position = Position(view.head.number, view.head.hash) if self.tells_position else None
        return Reply(200, reply.body, position=position)

    def _answer(self, view: View, asked: Question, corrupt: Any = None) -> Reply:
        request = json.loads(asked.body)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            answer["result"] = METHODS[request["method"]](view, request["params"])
        except NoBlock:
            answer["error"] = {"code": -32000, "message": "header not found"}
        if corrupt is not None:
            answer = corrupt(view, request, answer)
        return Reply(200, json.dumps(answer).encode())


@dataclass(frozen=True)
class Node:
    """One side of a world, as a subject."""

    ask: Callable[[Question], Reply]
    name: str = "fake"
    version: str = "Fake/v1"
