"""The table of what is verified: a row for each claim about a block."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from conformance.verify import checks_block, checks_receipts, checks_state
from conformance.verify.facts import BlockFacts, read_header
from conformance.verify.scene import Scene
from conformance.verify.spot import Malformed, Unchecked, Wrong, result_of
from conformance.verify.values import Outcome, State, check_claim


@dataclass(frozen=True, slots=True)
class Check:
    """A claim about a block's answers, and what holds them to it."""

    claim: str
    method: str
    """The method whose answers it is mostly about: the row of the report it counts in."""
    run: Callable[[Scene], Iterable[Wrong]]
    """Yields where it does not hold; its docstring is the claim in a sentence."""

    @property
    def meaning(self) -> str:
        """The claim in a sentence."""
        return (self.run.__doc__ or "").strip().rstrip(".")


CHECKS = (
    Check("block-form", "eth_getBlockByNumber", checks_block.form),
    Check("block-asked-for", "eth_getBlockByNumber", checks_block.identity),
    Check("block-hash", "eth_getBlockByNumber", checks_block.block_hash),
    Check("block-body", "eth_getBlockByNumber", checks_block.body),
    Check("transactions", "eth_getBlockByNumber", checks_block.transactions),
    Check("parent", "eth_getBlockByNumber", checks_block.parent_link),
    Check("requests", "eth_getBlockByNumber", checks_block.requests),
    Check("block-every-way", "eth_getBlockByHash", checks_block.every_way),
    Check("transaction-count", "eth_getBlockTransactionCountByHash", checks_block.counts),
    Check("transaction-every-way", "eth_getTransactionByHash", checks_block.single_transactions),
    Check("receipts-form", "eth_getBlockReceipts", checks_receipts.form),
    Check("receipts-root", "eth_getBlockReceipts", checks_receipts.root),
    Check("receipts-bloom", "eth_getBlockReceipts", checks_receipts.blooms),
    Check("receipts-gas", "eth_getBlockReceipts", checks_receipts.gas),
    Check("receipts-fields", "eth_getBlockReceipts", checks_receipts.fields),
    Check("fees", "eth_feeHistory", checks_receipts.fees),
    Check("receipt-every-way", "eth_getTransactionReceipt", checks_receipts.every_way),
    Check("logs", "eth_getLogs", checks_receipts.logs),
    Check("logs-filtered", "eth_getLogs", checks_receipts.filters),
    Check("proof", "eth_getProof", checks_state.proofs),
    Check("account", "eth_getBalance", checks_state.values),
    Check("delegation", "eth_getCode", checks_state.delegations),
)


_BY_ITSELF = {"block-form", "block-asked-for", "block-hash", "block-body", "transactions"}
"""Claims about one answer, which hold whatever comes to be the block of this number later."""


def check_scene(scene: Scene) -> Iterator[Outcome]:
    """Yield what becomes of every claim about a block.

    Where the chain turned out to be another one at the end than at the start, answers by number were about two
    blocks, and what does not hold between them counts as not checked.
    """
    moved = _has_moved(scene)
    for check in CHECKS:
        about = f"block-{scene.number}"
        outcome = check_claim(check.claim, about, check.method, check.meaning, partial(check.run, scene))
        if moved and outcome.state is State.BROKEN and check.claim not in _BY_ITSELF:
            reason = "the block of this number became another one while it was asked about"
            yield Outcome(check.claim, about, check.method, check.meaning, State.UNCHECKED, (), reason)
        else:
            yield outcome


def _has_moved(scene: Scene) -> bool:
    """Say whether another block, which has the hash it says, is at this number after all was asked."""
    if not isinstance(scene.block_read, BlockFacts):
        return False
    try:
        again = result_of(scene.again)
        header = read_header(again)
        return again.key("hash").data(len(header.hash)) == header.hash != scene.block_read.header.hash
    except (Malformed, Unchecked):
        return False
