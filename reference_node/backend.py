"""What a request can ask of the chain: a node's long-lived part, and a backend for each request, pinned to a view."""

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lru import LRU

from reference_node.caches import SizedCache
from reference_node.chain import types
from reference_node.chain.config import ChainConfig
from reference_node.chain.senders import sender_of
from reference_node.chain.types import Body, Header, Receipt, Transaction
from reference_node.rpc.params import BlockRef, Tag
from reference_node.rpc.registry import RpcError
from reference_node.store import schema
from reference_node.store.view import View

VERSION = "0.1.0"
GAS_CAP = 50_000_000
EVM_TIMEOUT_SECONDS = 5.0
SERVER_ERROR = -32000
DECODED_CACHE_BYTES = 32 * 2**20
ANSWERS_CACHE_BYTES = 64 * 2**20
DECODED_PER_STORED = 6
"""About how many bytes a value takes in memory for each of its RLP."""


def client_version() -> str:
    """Return what web3_clientVersion answers, in geth's form."""
    machine = f"{sys.platform}-{platform.machine()}"
    return f"EtherCattle/v{VERSION}/{machine}/python{platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Caches:
    """Decoded values by hash. What a hash names never changes, so they hold in every view."""

    headers: Any = field(default_factory=lambda: LRU(8192))
    bodies: SizedCache = field(default_factory=lambda: SizedCache(DECODED_CACHE_BYTES))
    receipts: SizedCache = field(default_factory=lambda: SizedCache(DECODED_CACHE_BYTES))
    senders: Any = field(default_factory=lambda: LRU(65536))
    answers: SizedCache = field(default_factory=lambda: SizedCache(ANSWERS_CACHE_BYTES))
    """Encoded pieces of answers about a block, by (what, block hash)."""
    nodes: Any = field(default_factory=lambda: LRU(65536))
    """Decoded trie nodes by their hash."""
    code: Any = field(default_factory=lambda: LRU(1024))


@dataclass(frozen=True, slots=True)
class Node:
    """What of a node outlives its requests."""

    config: ChainConfig
    genesis_hash: bytes
    send_transaction: "Callable[[Backend, bytes], bytes] | None" = None
    """Takes raw transaction bytes and returns the hash; None where there is no way to a node that takes them."""
    client_version: str = field(default_factory=client_version)
    gas_cap: int = GAS_CAP
    evm_timeout_seconds: float = EVM_TIMEOUT_SECONDS
    caches: Caches = field(default_factory=Caches)


class Backend:
    """The chain as one view shows it."""

    __slots__ = ("node", "view")

    def __init__(self, view: View, node: Node) -> None:
        self.view = view
        self.node = node

    def header_by_hash(self, block_hash: bytes) -> Header | None:
        """Return a block's header, canonical or not, or None."""
        header: Header | None = self.node.caches.headers.get(block_hash)
        if header is not None and header.number > self.view.head.number:
            # Cached by a request with a newer view: what this view's database says counts.
            return header if self.view.store.get(schema.header_number_key(block_hash)) is not None else None
        if header is None:
            number = self.view.store.get(schema.header_number_key(block_hash))
            if number is None:
                return None
            data = self.view.store.get(schema.header_key(int.from_bytes(number, "big"), block_hash))
            if data is None:
                return None
            header = types.decode_header(data)
            self.node.caches.headers[block_hash] = header
        return header

    def canonical_hash(self, number: int) -> bytes | None:
        """Return the hash of the canonical block at a number, or None above the head."""
        return self.view.store.get(schema.canonical_hash_key(number))

    def header_by_number(self, number: int) -> Header | None:
        """Return the canonical header at a number, or None above the head."""
        if number == self.view.head.number:
            return self.view.head
        block_hash = self.canonical_hash(number)
        return None if block_hash is None else self.header_by_hash(block_hash)

    def body(self, header: Header) -> Body:
        """Return the body of a stored block."""
        body: Body | None = self.node.caches.bodies.get(header.hash)
        if body is None:
            data = self.view.store.get(schema.body_key(header.number, header.hash))
            if data is None:
                raise RpcError(SERVER_ERROR, "header found, but block body is missing")
            body = types.decode_body(data)
            self.node.caches.bodies.put(header.hash, body, DECODED_PER_STORED * len(data))
        return body

    def receipts(self, header: Header) -> tuple[Receipt, ...]:
        """Return the receipts of a stored block."""
        receipts: tuple[Receipt, ...] | None = self.node.caches.receipts.get(header.hash)
        if receipts is None:
            data = self.view.store.get(schema.receipts_key(header.number, header.hash))
            if data is None:
                raise RpcError(SERVER_ERROR, f"receipts of block {header.number} are missing")
            receipts = types.decode_stored_receipts(data)
            self.node.caches.receipts.put(header.hash, receipts, DECODED_PER_STORED * len(data))
        return receipts

    def sender(self, transaction: Transaction) -> bytes:
        """Return who signed a transaction; the zero address where nobody could have, as geth shows it."""
        sender: bytes | None = self.node.caches.senders.get(transaction.hash)
        if sender is None:
            try:
                sender = sender_of(transaction, self.node.config.chain_id)
            except ValueError:
                sender = bytes(20)
            self.node.caches.senders[transaction.hash] = sender
        return sender

    def transaction_location(self, transaction_hash: bytes) -> tuple[Header, int] | None:
        """Return the canonical block a transaction is in and its index there, or None."""
        number = self.view.store.get(schema.transaction_lookup_key(transaction_hash))
        header = None if number is None else self.header_by_number(int.from_bytes(number, "big"))
        if header is None:
            return None
        for index, transaction in enumerate(self.body(header).transactions):
            if transaction.hash == transaction_hash:
                return header, index
        return None

    def resolve(self, ref: BlockRef) -> Header | None:
        """Return the header a request names, or None where there is no such number or hash.

        `pending` is the latest block: a replica has no pool from which to build another.

        Raises:
            RpcError: safe or finalized are not known, or the hash is not canonical where it has to be.
        """
        if ref.hash is not None:
            header = self.header_by_hash(ref.hash)
            if header is not None and ref.require_canonical and self.canonical_hash(header.number) != ref.hash:
                raise RpcError(SERVER_ERROR, "hash is not currently canonical")
            return header
        if ref.number is not None:
            return self.header_by_number(ref.number)
        if ref.tag is Tag.EARLIEST:
            return self.header_by_number(0)
        if ref.tag is Tag.SAFE or ref.tag is Tag.FINALIZED:
            block_hash = self.view.safe_hash if ref.tag is Tag.SAFE else self.view.finalized_hash
            found = None if block_hash is None else self.header_by_hash(block_hash)
            if found is None:
                raise RpcError(SERVER_ERROR, f"{ref.tag.value} block not found")
            return found
        return self.view.head

    def resolve_state(self, ref: BlockRef) -> Header:
        """Return the header whose state a request asks for. Raises RpcError with geth's text where there is none."""
        header = self.resolve(ref)
        if header is None:
            raise RpcError(SERVER_ERROR, "header not found" if ref.hash is None else "header for hash not found")
        return header
