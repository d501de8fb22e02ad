"""What is known of the chain at hand, asked of an endpoint: the values that requests are made of.

Everything is bounded, so that a chain of millions of blocks is told of by a sample: its ends, the blocks around its
forks, and others evenly between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from eth_hash.auto import keccak

from conformance.generate.asking import Ask, Call
from reference_node.errors import CouldNotJudge

BLOCKS_MAX = 128
ENDS = 24
"""Blocks at each end of the chain that are always among those."""
TRANSACTIONS_PER_BLOCK_MAX = 24
TRANSACTIONS_MAX = 600
RAW_TRANSACTIONS_MAX = 40
ACCOUNTS_MAX = 240
CONTRACTS_ASKED_FOR_SLOTS_MAX = 40
SLOTS_ASKED_MAX = 1200
SLOTS_MAX = 200
LOGS_MAX = 400
TAGS = ("latest", "safe", "finalized", "earliest")
_FORK_FIELDS = ("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "requestsHash")
"""Fields of a header that came with London, Shanghai, Cancun and Prague, and stay."""
_SMALL_SLOTS = 6


@dataclass(frozen=True, slots=True)
class BlockFact:
    """A block of the chain, or beside it."""

    number: int
    hash: str
    transaction_count: int


@dataclass(frozen=True, slots=True)
class TransactionFact:
    """A transaction of the chain."""

    hash: str
    type: int
    block: BlockFact
    index: int


@dataclass(frozen=True, slots=True)
class LogFact:
    """A log of the chain."""

    address: str
    topics: tuple[str, ...]
    block: BlockFact


@dataclass(frozen=True, slots=True)
class Facts:
    """A chain as an endpoint tells of it, every list in an order that the chain alone decides."""

    chain_id: int
    blocks: tuple[BlockFact, ...]
    """Canonical ones, ascending; the genesis first, the head last."""
    side: tuple[BlockFact, ...]
    """Known blocks that are not canonical, above the finalized one: others a node may forget while it is asked."""
    tags: Mapping[str, int]
    """The tags that name a block, and its number."""
    forks: tuple[int, ...]
    """First blocks of forks, as far as headers show them."""
    blob_fee_edges: tuple[int, ...]
    """Blocks whose blob fee is not what their parent foretells: first ones of a fork that changes the schedule."""
    accounts: tuple[str, ...]
    contracts: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    """Contract and key of slots that are not zero at the head."""
    transactions: tuple[TransactionFact, ...]
    raw_transactions: tuple[str, ...]
    """Bytes of some of them."""
    logs: tuple[LogFact, ...]

    @property
    def head(self) -> BlockFact:
        """The newest block."""
        return self.blocks[-1]


def _lasting(side: Sequence[dict[str, Any]], finalized: int) -> list[dict[str, Any]]:
    """Return the side blocks that stay known.

    Geth forgets blocks beside a finalized one, and all that stand on them, when it moves the chain into its freezer: a
    minute after its start.
    """
    forgotten: set[str] = set()
    for block in sorted(side, key=lambda found: int(found["number"], 16)):
        if int(block["number"], 16) <= finalized or block["parentHash"] in forgotten:
            forgotten.add(block["hash"])
    return [block for block in side if block["hash"] not in forgotten]


def gather_facts(ask: Ask, side_hashes: Sequence[str] = ()) -> Facts:
    """Ask an endpoint about its chain.

    Args:
        ask: puts calls to it.
        side_hashes: hashes of blocks beside the chain, which no method would tell of.

    Raises:
        CouldNotJudge: it doesn't answer, or has no head.
    """
    chain_id, head = ask([("eth_chainId", ()), ("eth_getBlockByNumber", ("latest", False))])
    if not isinstance(chain_id, str) or not isinstance(head, dict):
        raise CouldNotJudge("the reference tells neither its chain id nor its head, so requests can't be made about it")
    head_number = int(head["number"], 16)
    found = ask([("eth_getBlockByNumber", (tag, False)) for tag in TAGS])
    tags = {tag: int(block["number"], 16) for tag, block in zip(TAGS, found, strict=True) if block}
    forks = _find_forks(ask, head_number)
    numbers = sample_numbers(head_number, (*forks, *tags.values()))
    blocks = [block for block in ask([("eth_getBlockByNumber", (hex(n), True)) for n in numbers]) if block]
    side = [block for block in ask([("eth_getBlockByHash", (known, True)) for known in side_hashes]) if block]
    side = _lasting(side, tags.get("finalized", -1))
    receipts = ask([("eth_getBlockReceipts", (block["hash"],)) for block in blocks])
    transactions = _transactions(blocks)
    logs = _logs(blocks, receipts)
    accounts = _accounts([*blocks, *side], receipts)
    contracts = _contracts(ask, accounts)
    return Facts(
        chain_id=int(chain_id, 16),
        blocks=tuple(map(_block_fact, blocks)),
        side=tuple(map(_block_fact, side)),
        tags=tags,
        forks=forks,
        blob_fee_edges=_blob_fee_edges(ask, [int(block["number"], 16) for block in blocks]),
        accounts=accounts,
        contracts=contracts,
        slots=_slots(ask, contracts, accounts, [*blocks, *side]),
        transactions=transactions,
        raw_transactions=_raw_transactions(ask, transactions),
        logs=logs,
    )


def sample_numbers(head_number: int, wanted: Iterable[int] = ()) -> list[int]:
    """Return numbers of at most BLOCKS_MAX blocks: both ends, those wanted and their neighbours, others evenly."""
    if head_number < BLOCKS_MAX:
        return list(range(head_number + 1))
    chosen = {*range(ENDS), *range(head_number - ENDS + 1, head_number + 1)}
    near = [number + offset for offset in (0, -1, 1) for number in wanted]
    chosen.update([number for number in near if 0 <= number <= head_number][: BLOCKS_MAX // 4])
    missing = BLOCKS_MAX - len(chosen)
    chosen.update(head_number * place // (missing + 1) for place in range(1, missing + 1))
    return sorted(chosen)


def _find_forks(ask: Ask, head_number: int) -> tuple[int, ...]:
    """Return the first block that has each field of a later fork, found by halving the chain."""
    found = []
    for field in _FORK_FIELDS:
        low, high = 0, head_number + 1
        while low < high:
            middle = (low + high) // 2
            header = ask([("eth_getBlockByNumber", (hex(middle), False))])[0] or {}
            low, high = (low, middle) if field in header else (middle + 1, high)
        if low <= head_number:
            found.append(low)
    return tuple(dict.fromkeys(found))


def _block_fact(block: Mapping[str, Any]) -> BlockFact:
    return BlockFact(int(block["number"], 16), block["hash"], len(block["transactions"]))


def _transactions(blocks: Sequence[Mapping[str, Any]]) -> tuple[TransactionFact, ...]:
    found: list[TransactionFact] = []
    seen_types: set[int] = set()
    for block in blocks:
        fact = _block_fact(block)
        for index, transaction in enumerate(block["transactions"]):
            kind = int(transaction["type"], 16)
            if (index < TRANSACTIONS_PER_BLOCK_MAX and len(found) < TRANSACTIONS_MAX) or kind not in seen_types:
                seen_types.add(kind)
                found.append(TransactionFact(transaction["hash"], kind, fact, index))
    return tuple(found)


def _logs(blocks: Sequence[Mapping[str, Any]], receipts: Sequence[Any]) -> tuple[LogFact, ...]:
    facts = {block["hash"]: _block_fact(block) for block in blocks}
    every = [log for each in receipts for receipt in each or [] for log in receipt["logs"]]
    return tuple(
        LogFact(log["address"], tuple(log["topics"]), facts[log["blockHash"]])
        for log in _spread(every, LOGS_MAX)
        if log["blockHash"] in facts
    )


def _accounts(blocks: Sequence[Mapping[str, Any]], receipts: Sequence[Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}

    def note(*addresses: Any) -> None:
        found.update((address, None) for address in addresses if isinstance(address, str))

    for receipt in (receipt for each in receipts for receipt in each or []):
        note(receipt.get("contractAddress"), receipt["from"], receipt.get("to"))
        note(*(log["address"] for log in receipt["logs"]))
    for block in blocks:
        note(block["miner"], *(withdrawal["address"] for withdrawal in block.get("withdrawals") or []))
        for transaction in block["transactions"]:
            note(*(entry["address"] for entry in transaction.get("accessList") or []))
            note(*(entry["address"] for entry in transaction.get("authorizationList") or []))
    return tuple(_spread(list(found), ACCOUNTS_MAX))


def _contracts(ask: Ask, accounts: Sequence[str]) -> tuple[str, ...]:
    codes = ask([("eth_getCode", (account, "latest")) for account in accounts])
    return tuple(account for account, code in zip(accounts, codes, strict=True) if code not in (None, "0x"))


def _slots(
    ask: Ask, contracts: Sequence[str], accounts: Sequence[str], blocks: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, str], ...]:
    """Return slots that are set: those of access lists, the first ones, and entries of mappings by address."""
    wanted: dict[tuple[str, str], None] = {}
    for transaction in (transaction for block in blocks for transaction in block["transactions"]):
        for entry in transaction.get("accessList") or []:
            wanted.update(((entry["address"], key), None) for key in entry["storageKeys"])
    guesses = [f"0x{slot:064x}" for slot in range(_SMALL_SLOTS)]
    guesses += [mapping_slot(account, slot) for account in accounts[:8] for slot in (0, 1)]
    for contract in contracts[:CONTRACTS_ASKED_FOR_SLOTS_MAX]:
        wanted.update(((contract, key), None) for key in guesses)
    asked = _spread(list(wanted), SLOTS_ASKED_MAX)
    calls: list[Call] = [("eth_getStorageAt", (contract, key, "latest")) for contract, key in asked]
    found = [slot for slot, value in zip(asked, ask(calls), strict=True) if value and int(value, 16)]
    return tuple(found[:SLOTS_MAX])


def mapping_slot(account: str, slot: int) -> str:
    """Return where Solidity keeps the entry of an address in a mapping."""
    return "0x" + keccak(bytes.fromhex(account[2:]).rjust(32, b"\0") + slot.to_bytes(32, "big")).hex()


def _raw_transactions(ask: Ask, transactions: Sequence[TransactionFact]) -> tuple[str, ...]:
    first_of_types = {fact.type: fact for fact in reversed(transactions)}
    chosen = [*first_of_types.values(), *_spread(transactions, RAW_TRANSACTIONS_MAX)][:RAW_TRANSACTIONS_MAX]
    found = ask([("eth_getRawTransactionByHash", (fact.hash,)) for fact in chosen])
    return tuple(dict.fromkeys(raw for raw in found if isinstance(raw, str) and raw != "0x"))


def _blob_fee_edges(ask: Ask, numbers: Sequence[int]) -> tuple[int, ...]:
    """Return which of these blocks have another blob fee than the block before foretells."""
    neighbours = [(before, after) for before, after in pairwise(numbers) if after == before + 1]
    calls: list[Call] = [("eth_feeHistory", ("0x1", hex(number), [])) for pair in neighbours for number in pair]
    answers = iter(ask(calls))
    edges = []
    for _, after in neighbours:
        foretold, own = (next(answers) or {} for _ in range(2))
        if foretold.get("baseFeePerBlobGas", [])[1:] != own.get("baseFeePerBlobGas", [])[:1]:
            edges.append(after)
    return tuple(edges)


def _spread(values: Sequence[Any], count_max: int) -> list[Any]:
    """Return at most so many of the values, evenly from all of them."""
    count = min(len(values), count_max)
    return [values[place * len(values) // count] for place in range(count)]
