"""Dev production: a master that makes its own blocks from transactions it is sent, and reorgs on request."""

import threading
import time
from collections.abc import Callable

from reference_node.backend import SERVER_ERROR, Backend, Node
from reference_node.capture.executor import BlockAttributes, BuiltBlock, build_block
from reference_node.capture.head import switch_head
from reference_node.chain.submitted import decode_submitted
from reference_node.chain.types import Header, Transaction, decode_body
from reference_node.errors import EtherCattleError
from reference_node.health import Facts, Head, Health, judge
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.journal import Journal
from reference_node.roles.ledger import ForkChoiceMove
from reference_node.roles.outlet import Outlet
from reference_node.roles.pool import Pool
from reference_node.rpc.params import decode_uint64
from reference_node.rpc.registry import Method, Param, RpcError
from reference_node.store import schema
from reference_node.store.overlay import Overlay
from reference_node.store.publish import Publisher, head_is_readable
from reference_node.store.view import KeyValueReader

SAFE_BLOCKS_BACK = 16
FINALIZED_BLOCKS_BACK = 32
"""How far safe and finalized stay behind the head; a reorg never goes below the finalized block."""
BLOCKS_A_CALL_MAX = 1000
WAKE_SECONDS = 0.1
"""How long a stop may take to be seen."""
FEE_RECIPIENT = bytes(20)


class Producer:
    """Makes the blocks of one chain; its methods may be called from several threads."""

    def __init__(
        self,
        writer: ChainWriter,
        outlet: Outlet,
        period_seconds: float,
        clock: Callable[[], float] = time.time,
        journal: Journal | None = None,
    ) -> None:
        """Serve the chain as it is now, and go on with what the journal holds.

        Args:
            writer: of the chain.
            outlet: where it is published.
            period_seconds: between blocks; 0 makes one as soon as there is a transaction for it.
            clock: seconds since 1970.
            journal: keeps what waits for a block; None keeps it in memory alone.
        """
        self._writer = writer
        self._outlet = outlet
        self._ledger = outlet.ledger
        self._store = self._ledger.store
        self._period_seconds = period_seconds
        self._clock = clock
        self._pool = Pool(writer.config)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._publisher = Publisher(self._store)
        self._reorgs = 0
        self.failure: Exception | None = None
        """What ended `run`, or None."""
        genesis_hash = self._store.get(schema.canonical_hash_key(0)) or b""
        self._node = Node(writer.config, genesis_hash, send_transaction=lambda _backend, raw: self.send(raw))
        self._publisher.refresh(self._ledger.position)
        self._journal = journal
        if journal is not None:
            self._pool.put_back(journal.load())
            journal.rewrite(self._pool.in_order)
            self._wake.set()

    def send(self, raw: bytes) -> bytes:
        """Take a signed transaction into the pool and return its hash. Raises RpcError where it is not taken."""
        try:
            submitted = decode_submitted(raw)
            self._pool.add(submitted, self._store, self._writer.head)
        except ValueError as error:
            raise RpcError(SERVER_ERROR, str(error)) from error
        self._keep(submitted.transaction)
        self._wake.set()
        return submitted.transaction.hash

    def mine(self, count: int = 1) -> Header:
        """Make blocks from what waits, empty ones too, and return the new head."""
        if count > BLOCKS_A_CALL_MAX:
            raise RpcError(SERVER_ERROR, f"{count} blocks are too many at once, expected at most {BLOCKS_A_CALL_MAX}")
        with self._lock:
            for _ in range(count):
                self._make_head(self._build(self._writer.head))
            self._publish()
            return self._writer.head

    def reorg(self, depth: int, length: int) -> Header:
        """Replace the newest `depth` blocks by `length` others, which hold the same transactions where they fit.

        Raises:
            RpcError: it would replace the finalized block, or leave no new block.
        """
        with self._lock:
            head = self._writer.head
            lowest = self._number_of(self._ledger.position.finalized_hash)
            if not 1 <= depth <= head.number - lowest:
                raise RpcError(SERVER_ERROR, f"depth is {depth}, expected 1 to {head.number - lowest}")
            if not 1 <= length <= BLOCKS_A_CALL_MAX:
                raise RpcError(SERVER_ERROR, f"length is {length}, expected 1 to {BLOCKS_A_CALL_MAX}")
            parent = head
            for _ in range(depth):
                self._put_back(self._transactions(parent))
                parent = self._writer.header(parent.parent_hash)
            self._reorgs += 1
            extra = b"reorg %d" % self._reorgs
            for _ in range(length):
                built = self._build(parent, extra)
                parent = built.executed.block.header
                self._writer.store_executed(dict(built.executed.writes), parent, as_head=False)
                self._settle(built)
            writes = switch_head(self._store, parent)
            self._writer.choose(self._tags(Overlay(self._store, writes), parent), parent)
            self._publish()
            return parent

    def run(self, stopping: threading.Event, heartbeat_seconds: float) -> None:
        """Make blocks as they fall due, and heartbeats, until told to stop; what ends it otherwise is `failure`."""
        block_due = time.monotonic() + self._period_seconds
        heartbeat_due = time.monotonic() + heartbeat_seconds
        try:
            while not stopping.is_set():
                is_woken = self._wake.wait(min(WAKE_SECONDS, self._period_seconds or WAKE_SECONDS))
                self._wake.clear()
                now = time.monotonic()
                if self._period_seconds and now >= block_due:
                    self.mine()
                    block_due = max(block_due + self._period_seconds, now)
                elif is_woken and not self._period_seconds:
                    self._mine_waiting()
                if now >= heartbeat_due or self._outlet.away:
                    with self._lock:
                        self._outlet.heartbeat()
                    heartbeat_due = now + heartbeat_seconds
        except Exception as error:
            self.failure = error
            if not isinstance(error, EtherCattleError):
                raise
        finally:
            stopping.set()

    def methods(self) -> dict[str, Method]:
        """Return the `dev_*` methods, by which tests drive the chain."""

        def mine(_backend: Backend, count: int) -> str:
            return "0x" + self.mine(count).hash.hex()

        def reorg(_backend: Backend, depth: int, length: int | None) -> str:
            return "0x" + self.reorg(depth, depth if length is None else length).hash.hex()

        return {
            "dev_mine": Method("dev_mine", (Param(decode_uint64, 1),), mine, slow=True),
            "dev_reorg": Method("dev_reorg", (Param(decode_uint64), Param(decode_uint64, None)), reorg, slow=True),
        }

    def backend(self) -> Backend | None:
        """Return a backend pinned to the newest view."""
        view = self._publisher.view
        return None if view is None else Backend(view, self._node)

    def health(self) -> Health:
        """Return where the chain stands."""
        view, position = self._publisher.view, self._ledger.position
        head = None if view is None else Head(view.head.number, view.head.hash, view.head.timestamp)
        return judge(
            Facts(
                caught_up=True,
                head=head,
                head_readable=view is not None and head_is_readable(view),
                block_age_seconds=None if head is None else max(0.0, round(self._clock() - head.timestamp, 3)),
                offset=position.offset,
                lag_records=0,
                lag_blocks=0,
                epoch=position.epoch,
                failure=str(self.failure or ""),
                log_away=self._outlet.away,
            )
        )

    def _mine_waiting(self) -> None:
        """Make blocks while there are transactions that fit."""
        with self._lock:
            while len(self._pool):
                built = self._build(self._writer.head)
                if not built.executed.block.body.transactions:
                    self._settle(built)
                    return
                self._make_head(built)
                self._publish()

    def _build(self, parent: Header, extra_data: bytes = b"") -> BuiltBlock:
        timestamp = max(parent.timestamp + 1, int(self._clock()))
        attributes = BlockAttributes(timestamp, FEE_RECIPIENT, prev_randao=parent.hash, extra_data=extra_data)
        return build_block(self._store, self._writer.config, parent, attributes, self._pool.in_order())

    def _make_head(self, built: BuiltBlock) -> None:
        header = built.executed.block.header
        writes: dict[bytes, bytes | None] = dict(built.executed.writes)
        writes.update(switch_head(Overlay(self._store, writes), header))
        move = self._tags(Overlay(self._store, writes), header)
        self._writer.store_executed(dict(built.executed.writes), header, as_head=True, move=move)
        self._settle(built)

    def _put_back(self, transactions: tuple[Transaction, ...]) -> None:
        self._pool.put_back(transactions)
        for transaction in transactions:
            self._keep(transaction)

    def _keep(self, transaction: Transaction) -> None:
        """Write a transaction that waits to the journal."""
        if self._journal is not None:
            self._journal.add(transaction)
            if self._journal.is_long:
                self._journal.rewrite(self._pool.in_order)

    def _settle(self, built: BuiltBlock) -> None:
        """Forget what a block holds, and what no block will."""
        lost = [left.transaction for left in built.left_out if not left.may_come_later]
        self._pool.remove([*built.executed.block.body.transactions, *lost])

    def _tags(self, store: KeyValueReader, head: Header) -> ForkChoiceMove:
        """Return how safe and finalized move when `head` is the head of this store."""
        position = self._ledger.position
        finalized = max(self._number_of(position.finalized_hash), head.number - FINALIZED_BLOCKS_BACK)
        safe_hash = store.get(schema.canonical_hash_key(max(finalized, head.number - SAFE_BLOCKS_BACK)))
        finalized_hash = store.get(schema.canonical_hash_key(finalized))
        return ForkChoiceMove(
            None if safe_hash == position.safe_hash else safe_hash,
            None if finalized_hash == position.finalized_hash else finalized_hash,
        )

    def _number_of(self, block_hash: bytes | None) -> int:
        return self._writer.header(block_hash).number if block_hash else 0

    def _transactions(self, header: Header) -> tuple[Transaction, ...]:
        data = self._store.get(schema.body_key(header.number, header.hash))
        return decode_body(data).transactions if data else ()

    def _publish(self) -> None:
        self._outlet.publish()
        self._publisher.refresh(self._ledger.position)
