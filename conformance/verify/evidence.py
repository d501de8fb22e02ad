"""Blocks, receipts and accounts that are proven by a block's hash, whoever tells of them."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from conformance.answers import Json
from conformance.verify.ask import Answer, Asker
from conformance.verify.checks_block import body_roots
from conformance.verify.checks_state import account_proof
from conformance.verify.facts import BlockFacts, read_block, read_header, read_receipt
from conformance.verify.spot import Malformed, Spot, Unchecked, hex_data, hex_quantity, result_of
from reference_node.chain.roots import receipts_root
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.chain.types import Receipt

KEPT_MAX = 64
"""Blocks, and lists of receipts, that are kept."""
_Kept = TypeVar("_Kept")


class _Newest(Generic[_Kept]):
    """What was found of late, by a block's hash."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, _Kept] = OrderedDict()

    def get(self, key: bytes, find: Callable[[], _Kept]) -> _Kept:
        """Return what is kept, or else what is found."""
        if key not in self._found:
            self._found[key] = find()
            if len(self._found) > KEPT_MAX:
                self._found.popitem(last=False)
        return self._found[key]


class Evidence:
    """Finds what hashes prove; it does not matter who says it."""

    def __init__(self, askers: Sequence[Asker]) -> None:
        """Name whom to ask, the first one first."""
        self._askers = askers
        self._blocks: _Newest[BlockFacts] = _Newest()
        self._receipts: _Newest[tuple[Receipt, ...]] = _Newest()

    def block(self, block_hash: bytes) -> BlockFacts:
        """Return the block with a hash, all of it proven. Raises Unchecked where nobody tells of it."""
        return self._blocks.get(block_hash, lambda: self._find_block(block_hash))

    def receipts(self, block: BlockFacts) -> tuple[Receipt, ...]:
        """Return a block's receipts, proven by their root. Raises Unchecked where nobody tells of them."""
        return self._receipts.get(block.header.hash, lambda: self._find_receipts(block))

    def block_of(self, transaction_hash: bytes) -> BlockFacts:
        """Return a block that has a transaction. Raises Unchecked where nobody tells of one."""
        for asker in self._askers:
            answer = asker.ask("eth_getTransactionByHash", hex_data(transaction_hash))
            try:
                block = self.block(result_of(answer).key("blockHash").data(32))
            except (Malformed, Unchecked):
                continue
            if any(item.hash == transaction_hash for item in block.transactions):
                return block
        raise Unchecked(f"nobody has a block with transaction {hex_data(transaction_hash)}")

    def account(self, block: BlockFacts, address: str, slots: Sequence[int] = ()) -> Spot:
        """Return a proof of an account after a block, which holds. Raises Unchecked where nobody has one."""
        keys: list[Json] = [f"0x{slot:064x}" for slot in slots]
        by_hash: Json = {"blockHash": hex_data(block.header.hash)}
        for asker in self._askers:
            for at in (by_hash, hex_quantity(block.header.number)):
                answer = asker.ask("eth_getProof", address, keys, at)
                try:
                    proof = result_of(answer)
                    if next(iter(account_proof(block, proof, address, slots)), None) is None:
                        return proof
                except (Malformed, Unchecked):
                    continue
        raise Unchecked(f"nobody has a proof of {address} after block {hex_data(block.header.hash)}")

    def _find_block(self, block_hash: bytes) -> BlockFacts:
        for asker in self._askers:
            answer = asker.ask("eth_getBlockByHash", hex_data(block_hash), True)  # noqa: FBT003 - JSON-RPC's parameter
            try:
                block = read_block(result_of(answer))
                if block.header.hash == block_hash and next(iter(body_roots(block)), None) is None:
                    return block
            except (Malformed, Unchecked):
                continue
        raise Unchecked(f"nobody has the whole block {hex_data(block_hash)}")

    def _find_receipts(self, block: BlockFacts) -> tuple[Receipt, ...]:
        if block.header.receipts_root == EMPTY_ROOT:
            return ()
        name = hex_data(block.header.hash)
        by_hash: Json = {"blockHash": name}
        for asker in self._askers:
            for at in (name, by_hash):  # some clients take one of them only
                try:
                    items = result_of(asker.ask("eth_getBlockReceipts", at)).items()
                    receipts = tuple(map(read_receipt, items))
                except (Malformed, Unchecked):
                    continue
                is_whole = len(receipts) == len(block.transactions)
                if is_whole and receipts_root(block.transactions, receipts) == block.header.receipts_root:
                    return receipts
        raise Unchecked(f"nobody has the receipts of block {hex_data(block.header.hash)}")


def hash_at(asker: Asker, number: int) -> bytes:
    """Return the hash of the block that an endpoint has at a number, worked out. Raises Unchecked."""
    answer: Answer = asker.ask("eth_getBlockByNumber", hex_quantity(number), False)  # noqa: FBT003
    try:
        header = read_header(result_of(answer))
    except Malformed as error:
        raise Unchecked(f"block {number} can't be read") from error
    if header.number != number:
        raise Unchecked(f"asked for block {number}, {asker.name} shows another one")
    return header.hash
