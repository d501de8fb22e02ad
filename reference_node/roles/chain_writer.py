"""Executes blocks into a master's database: block by block, side blocks, fork choice, reorgs."""

from reference_node.capture.executor import execute_block
from reference_node.capture.head import finalize_writes, head_of, stored_header, switch_head
from reference_node.chain.config import ChainConfig
from reference_node.chain.files import ForkChoice
from reference_node.chain.genesis import Genesis, stored_config, stored_genesis_hash
from reference_node.chain.types import Block, Header
from reference_node.errors import InvalidBlock, StoreError
from reference_node.roles.ledger import NO_MOVE, ForkChoiceMove, Ledger
from reference_node.store import schema
from reference_node.store.leveldb import Store
from reference_node.store.overlay import Overlay
from reference_node.store.position import read_position


def holds_chain(store: Store, genesis: Genesis) -> bool:
    """Say whether a database holds a chain already. Raises StoreError where it holds another one."""
    found = stored_genesis_hash(store)
    if found is not None and found != genesis.header.hash:
        raise StoreError(
            f"{store.path} holds the chain of genesis 0x{found.hex()}, expected 0x{genesis.header.hash.hex()}"
        )
    if found is not None and stored_config(store) != genesis.config:
        raise StoreError(
            f"{store.path} holds a chain with another config (fork times, blob schedule, deposit contract)"
        )
    if found is not None and read_position(store).chain.sequence == 0:
        raise StoreError(f"{store.path} holds a chain that no master has written: start from an empty database")
    return found is not None


class ChainWriter:
    """The chain in a master's database, and the only way it grows."""

    def __init__(self, ledger: Ledger, genesis: Genesis) -> None:
        """Write the genesis into an empty database. Raises StoreError where it holds another chain."""
        self._ledger = ledger
        self._store = ledger.store
        self.config: ChainConfig = genesis.config
        if not holds_chain(self._store, genesis):
            ledger.commit(dict(genesis.writes), 0, 0)

    @property
    def head(self) -> Header:
        """The canonical head."""
        return head_of(self._store)

    def knows(self, block_hash: bytes) -> bool:
        """Say whether a block is stored."""
        return self._store.get(schema.header_number_key(block_hash)) is not None

    def header(self, block_hash: bytes) -> Header:
        """Return a stored header. Raises StoreError where there is none."""
        number = self._store.get(schema.header_number_key(block_hash))
        if number is None:
            raise StoreError(f"block 0x{block_hash.hex()} is not in {self._store.path}")
        return stored_header(self._store, int.from_bytes(number, "big"), block_hash)

    def extend(self, block: Block, move: ForkChoiceMove = NO_MOVE) -> None:
        """Execute a block and make it the head, in one step; one that is known is only made the head.

        Args:
            block: whose parent is known.
            move: how safe and finalized move in the same step.

        Raises:
            InvalidBlock: the block breaks a rule; nothing of it is stored.
        """
        if self.knows(block.header.hash):
            if not self._is_canonical(block.header):
                self.choose(move, block.header)
            return
        self.store_executed(self._execute(block), block.header, as_head=True, move=move)

    def add_side(self, block: Block) -> None:
        """Execute a block and store it beside the chain."""
        if not self.knows(block.header.hash):
            self._ledger.commit(self._execute(block), block.header.number, block.header.number)

    def store_executed(
        self,
        writes: dict[bytes, bytes | None],
        header: Header,
        *,
        as_head: bool,
        move: ForkChoiceMove = NO_MOVE,
    ) -> None:
        """Store a block that was built here, as the head or beside the chain."""
        if as_head:
            writes = {**writes, **switch_head(Overlay(self._store, writes), header)}
        if move.finalized_hash:
            writes = {**writes, **finalize_writes(move.finalized_hash)}
        self._ledger.commit(writes, header.number, header.number, move)

    def choose(self, move: ForkChoiceMove, head: Header) -> None:
        """Make a stored block the head, and move safe and finalized."""
        writes: dict[bytes, bytes | None] = {}
        if head.hash != self.head.hash:
            writes.update(switch_head(self._store, head))
        if move.finalized_hash:
            writes.update(finalize_writes(move.finalized_hash))
        position = self._ledger.position
        moved = (move.safe_hash or position.safe_hash, move.finalized_hash or position.finalized_hash)
        if writes or moved != (position.safe_hash, position.finalized_hash):
            changed = {key: value for key, value in writes.items() if self._store.get(key) != value}
            if changed or moved != (position.safe_hash, position.finalized_hash):
                self._ledger.commit(changed, head.number, head.number, move)

    def choose_file(self, choice: ForkChoice) -> None:
        """Do what a fork choice file says. Raises StoreError where it names a block that is not stored."""
        head = self.header(choice.head)
        self.header(choice.safe)
        self.header(choice.finalized)
        self.choose(ForkChoiceMove(choice.safe, choice.finalized), head)

    def _execute(self, block: Block) -> dict[bytes, bytes | None]:
        if not self.knows(block.header.parent_hash):
            raise InvalidBlock(
                f"block {block.header.number} (0x{block.header.hash.hex()}) has parent "
                f"0x{block.header.parent_hash.hex()}, expected a block of this chain"
            )
        parent = self.header(block.header.parent_hash)
        return dict(execute_block(self._store, self.config, parent, block).writes)

    def _is_canonical(self, header: Header) -> bool:
        return self._store.get(schema.canonical_hash_key(header.number)) == header.hash
