"""All that an endpoint says about one block, asked for once; checks read it and ask nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from conformance.answers import Json
from conformance.verify.ask import Answer, Asker
from conformance.verify.facts import BlockFacts, read_block, read_receipt
from conformance.verify.request_queues import QUEUES, QueueAnswers, ask_queue
from conformance.verify.spot import Malformed, Unchecked, hex_data, hex_quantity, result_of
from reference_node.chain.senders import authority_of
from reference_node.chain.types import Authorization, Log, Receipt

SLOTS_MAX = 6
_FIRST_SLOTS = 3
TOPICS_MAX = 4


@dataclass(frozen=True, slots=True)
class TransactionAnswers:
    """What every method says of one transaction of a block."""

    index: int
    by_hash: Answer
    by_block_hash: Answer
    by_block_number: Answer
    receipt: Answer


@dataclass(frozen=True, slots=True)
class FilterAnswer:
    """The logs of a block that a filter lets through."""

    address: str | None
    topics: tuple[str | None, ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class AccountAnswers:
    """What every method says of an account after a block."""

    address: str
    slots: tuple[int, ...]
    proof: Answer
    balance: Answer
    nonce: Answer
    code: Answer
    storage: tuple[Answer, ...]
    """One for each slot."""


@dataclass(frozen=True, slots=True)
class AuthorityAnswers:
    """The code of an account that signed authorizations of a block, before and after it."""

    address: bytes
    signed: tuple[Authorization, ...]
    before: Answer
    after: Answer


@dataclass(frozen=True, slots=True)
class Scene:
    """The answers about one block."""

    number: int
    chain_id: Answer
    full: Answer
    """The block by number with whole transactions; all else is held against it."""
    full_by_hash: Answer
    hashes: Answer
    """The block by number with hashes of transactions."""
    hashes_by_hash: Answer
    count: Answer
    count_by_hash: Answer
    receipts: Answer
    receipts_by_hash: Answer
    logs: Answer
    """The block's logs, asked for by number."""
    logs_by_hash: Answer
    fees: Answer
    """The history of fees of the block alone."""
    past_end: Answer
    """The transaction behind the last one."""
    parent: Answer | None
    """The block before by number, with hashes of transactions; None for the first."""
    transactions: tuple[TransactionAnswers, ...]
    filters: tuple[FilterAnswer, ...]
    accounts: tuple[AccountAnswers, ...]
    authorities: tuple[AuthorityAnswers, ...]
    queues: tuple[QueueAnswers, ...]
    again: Answer
    """The block by number once more, after all others."""
    block_read: BlockFacts | Malformed | Unchecked
    receipts_read: tuple[Receipt, ...] | Malformed | Unchecked

    def block(self) -> BlockFacts:
        """Return the block. Raises Unchecked where it can't be read, which is a finding of another claim."""
        if isinstance(self.block_read, BlockFacts):
            return self.block_read
        raise Unchecked(f"the block can't be read: expected {self.block_read}")

    def block_receipts(self) -> tuple[Receipt, ...]:
        """Return its receipts, one for each transaction. Raises Unchecked as `block` does."""
        if not isinstance(self.receipts_read, tuple):
            raise Unchecked(f"the receipts can't be read: expected {self.receipts_read}")
        if len(self.receipts_read) != len(self.block().transactions):
            raise Unchecked("there is not one receipt for each transaction")
        return self.receipts_read


def read_or_why(answer: Answer) -> BlockFacts | Malformed | Unchecked:
    """Return the block in an answer, or why it can't be read."""
    try:
        return read_block(result_of(answer))
    except (Malformed, Unchecked) as error:
        return error


def read_receipts_or_why(answer: Answer) -> tuple[Receipt, ...] | Malformed | Unchecked:
    """Return the receipts in an answer, or why they can't be read."""
    try:
        return tuple(map(read_receipt, result_of(answer).items()))
    except (Malformed, Unchecked) as error:
        return error


def ask_scene(asker: Asker, number: int, chance: Random, transactions_max: int, accounts_max: int) -> Scene:
    """Ask for everything about a block.

    Args:
        asker: whom to ask.
        number: the block's.
        chance: chooses which transactions, filters and accounts are asked about.
        transactions_max: transactions that are asked for one by one.
        accounts_max: accounts whose proofs are asked for, one that nobody has among them.
    """
    name = hex_quantity(number)
    full = asker.ask("eth_getBlockByNumber", name, True)  # noqa: FBT003 - JSON-RPC's second parameter
    block = read_or_why(full)
    known = block if isinstance(block, BlockFacts) else None
    block_hash = _stated_hash(full)
    receipts = asker.ask("eth_getBlockReceipts", name)
    read = read_receipts_or_why(receipts)
    logs = [log for receipt in read for log in receipt.logs] if isinstance(read, tuple) else []
    count = len(known.transactions) if known else 0
    indexes = sorted(chance.sample(range(count), min(count, transactions_max)))
    return Scene(
        number=number,
        chain_id=asker.ask("eth_chainId"),
        full=full,
        full_by_hash=asker.ask("eth_getBlockByHash", block_hash, True),  # noqa: FBT003
        hashes=asker.ask("eth_getBlockByNumber", name, False),  # noqa: FBT003
        hashes_by_hash=asker.ask("eth_getBlockByHash", block_hash, False),  # noqa: FBT003
        count=asker.ask("eth_getBlockTransactionCountByNumber", name),
        count_by_hash=asker.ask("eth_getBlockTransactionCountByHash", block_hash),
        receipts=receipts,
        receipts_by_hash=asker.ask("eth_getBlockReceipts", block_hash),
        logs=asker.ask("eth_getLogs", {"fromBlock": name, "toBlock": name}),
        logs_by_hash=asker.ask("eth_getLogs", {"blockHash": block_hash}),
        fees=asker.ask("eth_feeHistory", hex_quantity(1), name, []),
        past_end=asker.ask("eth_getTransactionByBlockHashAndIndex", block_hash, hex_quantity(count)),
        parent=asker.ask("eth_getBlockByNumber", hex_quantity(number - 1), False) if number else None,  # noqa: FBT003
        transactions=tuple(_ask_transaction(asker, known, index) for index in indexes) if known else (),
        filters=tuple(_ask_filters(asker, block_hash, logs, chance)),
        accounts=tuple(_ask_accounts(asker, known, chance, accounts_max)) if known else (),
        authorities=tuple(_ask_authorities(asker, known, accounts_max)) if known else (),
        queues=tuple(ask_queue(asker, queue, number) for queue in QUEUES) if _has_requests(known) else (),
        again=asker.ask("eth_getBlockByNumber", name, False),  # noqa: FBT003
        block_read=block,
        receipts_read=read,
    )


def _stated_hash(answer: Answer) -> Json:
    """Return the hash an answer says its block has, whatever it is; null where there is none."""
    return answer.result.get("hash") if isinstance(answer.result, dict) else None


def _has_requests(block: BlockFacts | None) -> bool:
    return block is not None and block.header.requests_hash is not None and block.header.number > 0


def _ask_transaction(asker: Asker, block: BlockFacts, index: int) -> TransactionAnswers:
    transaction_hash = hex_data(block.transactions[index].hash)
    block_hash, place = hex_data(block.header.hash), hex_quantity(index)
    return TransactionAnswers(
        index,
        asker.ask("eth_getTransactionByHash", transaction_hash),
        asker.ask("eth_getTransactionByBlockHashAndIndex", block_hash, place),
        asker.ask("eth_getTransactionByBlockNumberAndIndex", hex_quantity(block.header.number), place),
        asker.ask("eth_getTransactionReceipt", transaction_hash),
    )


def _ask_filters(asker: Asker, block_hash: Json, logs: Sequence[Log], chance: Random) -> Iterable[FilterAnswer]:
    """Ask by the address of a log, by each place of its topics, by both, and by a topic in a place it is not in."""
    if not logs:
        return
    chosen = chance.choice(logs)
    address = hex_data(chosen.address)
    topics = [hex_data(topic) for topic in chosen.topics]
    filters: list[tuple[str | None, tuple[str | None, ...]]] = [(address, ())]
    filters += [(None, (*[None] * place, topic)) for place, topic in enumerate(topics)]
    if topics:
        filters += [(address, tuple(topics)), (None, (*[None] * (TOPICS_MAX - 1), topics[0]))]
    for who, what in filters:
        sent: dict[str, Json] = {"blockHash": block_hash}
        if who is not None:
            sent["address"] = who
        if what:
            sent["topics"] = list(what)
        yield FilterAnswer(who, what, asker.ask("eth_getLogs", sent))


def _ask_accounts(asker: Asker, block: BlockFacts, chance: Random, accounts_max: int) -> Iterable[AccountAnswers]:
    """Ask about some of the accounts a block names, and one that nobody has."""
    if accounts_max < 1:
        return
    named = {block.header.coinbase, *(sender for sender in block.senders if sender)}
    named |= {transaction.to for transaction in block.transactions if transaction.to}
    named |= {withdrawal.address for withdrawal in block.withdrawals or ()}
    chosen = chance.sample(sorted(named), min(len(named), accounts_max - 1))
    for address in (*chosen, chance.randbytes(20)):
        yield _ask_account(asker, block, address, chance)


def _ask_account(asker: Asker, block: BlockFacts, address: bytes, chance: Random) -> AccountAnswers:
    listed = {
        int.from_bytes(slot, "big")
        for transaction in block.transactions
        for where, slots in transaction.access_list or ()
        if where == address
        for slot in slots
    }
    slots = (*range(_FIRST_SLOTS), chance.getrandbits(256), *sorted(listed - set(range(_FIRST_SLOTS))))[:SLOTS_MAX]
    name, at = hex_data(address), hex_quantity(block.header.number)
    keys = [f"0x{slot:064x}" for slot in slots]
    return AccountAnswers(
        name,
        slots,
        asker.ask("eth_getProof", name, [*keys], at),
        asker.ask("eth_getBalance", name, at),
        asker.ask("eth_getTransactionCount", name, at),
        asker.ask("eth_getCode", name, at),
        tuple(asker.ask("eth_getStorageAt", name, key, at) for key in keys),
    )


def _ask_authorities(asker: Asker, block: BlockFacts, accounts_max: int) -> Iterable[AuthorityAnswers]:
    signed: dict[bytes, list[Authorization]] = {}
    for transaction in block.transactions:
        for item in transaction.authorization_list or ():
            try:
                signed.setdefault(authority_of(item), []).append(item)
            except ValueError:
                continue  # one that nobody signed counts for nothing
    for address in sorted(signed)[:accounts_max]:
        before, after = (hex_quantity(block.header.number - back) for back in (1, 0))
        yield AuthorityAnswers(
            address,
            tuple(signed[address]),
            asker.ask("eth_getCode", hex_data(address), before),
            asker.ask("eth_getCode", hex_data(address), after),
        )
