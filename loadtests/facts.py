"""What is known of a target's chain: its range, and what is in it, hot things first.

Everything is bounded: a long chain is told of by a sample of its blocks, both ends and others evenly between.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from conformance.generate.asking import Ask, Call
from conformance.generate.facts import BlockFact, LogFact, TransactionFact, mapping_slot, sample_numbers
from reference_node.errors import CouldNotJudge

ACCOUNTS_MAX = 1000
CONTRACTS_MAX = 200
TRANSACTIONS_MAX = 2000
TRANSACTIONS_PER_BLOCK_MAX = 50
LOGS_MAX = 400
LOGS_PER_BLOCK_MAX = 40
SLOTS_PER_CONTRACT = 4
CONTRACTS_ASKED_FOR_SLOTS_MAX = 60
DATA_CHARACTERS_MAX = 4096


@dataclass(frozen=True, slots=True)
class Sent:
    """What a transaction of the chain asked of a contract, moving no ether."""

    sender: str
    to: str
    data: str
    gas: int
    """Its limit."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A chain as a target tells of it; hot things first: the newest, or those seen most often."""

    chain_id: int
    genesis_hash: str
    """Of the first block that there is, which is the genesis unless old blocks are gone."""
    head: int
    first_block: int
    """The oldest sampled block from which on every sampled one is there."""
    first_state: int
    """The same for the state after a block."""
    blocks: tuple[BlockFact, ...]
    transactions: tuple[TransactionFact, ...]
    accounts: tuple[str, ...]
    contracts: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    """Contract and key; of slots that are not zero where any were found."""
    logs: tuple[LogFact, ...]
    sent: tuple[Sent, ...]

    @property
    def has_old_state(self) -> bool:
        """Whether state is there as far back as blocks are; one that keeps recent state only forgets on."""
        return self.first_state <= self.first_block


def gather_facts(ask: Ask) -> Facts:
    """Ask a target about its chain.

    Raises:
        CouldNotJudge: it doesn't answer, or has no head.
    """
    chain_id, head = ask([("eth_chainId", ()), ("eth_getBlockByNumber", ("latest", False))])
    if not isinstance(chain_id, str) or not isinstance(head, dict):
        raise CouldNotJudge("the target tells neither its chain id nor its head, so no calls can be made about it")
    numbers = sample_numbers(int(head["number"], 16))[::-1]
    answers = ask([("eth_getBlockByNumber", (hex(number), True)) for number in numbers])
    found = list(takewhile(bool, answers))  # newest first, so from the first gap on what is older is gone
    if not found:
        raise CouldNotJudge(f"the target has no block {numbers[0]}, which it just named as its head")
    logs = ask([("eth_getLogs", ({"blockHash": block["hash"]},)) for block in found])
    facts = {block["hash"]: _block_fact(block) for block in found}
    accounts = _accounts(found, logs)
    contracts = _contracts(ask, accounts)
    first = ask([("eth_getBlockByNumber", (hex(0), False))])[0] or found[-1]
    return Facts(
        chain_id=int(chain_id, 16),
        genesis_hash=first["hash"],
        head=int(found[0]["number"], 16),
        first_block=int(found[-1]["number"], 16),
        first_state=_first_state(ask, numbers[: len(found)], accounts),
        blocks=tuple(facts.values()),
        transactions=tuple(islice(_transactions(found), TRANSACTIONS_MAX)),
        accounts=accounts,
        contracts=contracts,
        slots=_slots(ask, contracts, accounts),
        logs=tuple(islice(_logs(logs, facts), LOGS_MAX)),
        sent=_sent(found, frozenset(contracts)),
    )


def _first_state(ask: Ask, numbers: Sequence[int], accounts: Sequence[str]) -> int:
    """Return the oldest of some blocks, newest first, from which on the state after each is there."""
    answers = ask([("eth_getBalance", (accounts[0], hex(number))) for number in numbers])
    known = [number for number, _ in takewhile(lambda pair: pair[1] is not None, zip(numbers, answers, strict=True))]
    return known[-1] if known else numbers[0]


def _block_fact(block: Mapping[str, Any]) -> BlockFact:
    return BlockFact(int(block["number"], 16), block["hash"], len(block["transactions"]))


def _transactions(blocks: Iterable[Mapping[str, Any]]) -> Iterable[TransactionFact]:
    for block in blocks:
        fact = _block_fact(block)
        for index, transaction in islice(enumerate(block["transactions"]), TRANSACTIONS_PER_BLOCK_MAX):
            yield TransactionFact(transaction["hash"], int(transaction.get("type", "0x0"), 16), fact, index)


def _logs(found: Iterable[Any], facts: Mapping[str, BlockFact]) -> Iterable[LogFact]:
    for logs in found:
        for log in islice(logs or [], LOGS_PER_BLOCK_MAX):
            if log["blockHash"] in facts:
                yield LogFact(log["address"], tuple(log["topics"]), facts[log["blockHash"]])


def _accounts(blocks: Iterable[Mapping[str, Any]], logs: Iterable[Any]) -> tuple[str, ...]:
    """Return accounts by how often they take part; there is always one."""
    seen: Counter[str] = Counter()
    for block in blocks:
        seen[block["miner"]] += 1
        seen.update(withdrawal["address"] for withdrawal in block.get("withdrawals") or [])
        for transaction in block["transactions"]:
            seen.update(filter(None, (transaction["from"], transaction.get("to"))))
    seen.update(log["address"] for each in logs for log in each or [])
    return tuple(address for address, _ in seen.most_common(ACCOUNTS_MAX))


def _contracts(ask: Ask, accounts: Sequence[str]) -> tuple[str, ...]:
    codes = ask([("eth_getCode", (account, "latest")) for account in accounts])
    found = (account for account, code in zip(accounts, codes, strict=True) if code not in (None, "0x"))
    return tuple(islice(found, CONTRACTS_MAX))


def _slots(ask: Ask, contracts: Sequence[str], accounts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return slots: the first ones of each contract, and where Solidity would keep balances of hot accounts."""
    keys = [f"0x{slot:064x}" for slot in range(SLOTS_PER_CONTRACT)]
    keys += [mapping_slot(account, 0) for account in accounts[:SLOTS_PER_CONTRACT]]
    asked = [(contract, key) for contract in contracts[:CONTRACTS_ASKED_FOR_SLOTS_MAX] for key in keys]
    calls: list[Call] = [("eth_getStorageAt", (contract, key, "latest")) for contract, key in asked]
    found = [slot for slot, value in zip(asked, ask(calls), strict=True) if value and int(value, 16)]
    return tuple(found or asked or [(accounts[0], keys[0])])


def _sent(blocks: Iterable[Mapping[str, Any]], contracts: frozenset[str]) -> tuple[Sent, ...]:
    """Return what transactions asked of contracts, once each."""
    found: dict[Sent, None] = {}
    for block in blocks:
        for transaction in block["transactions"]:
            data = transaction.get("input", "0x")
            is_free = int(transaction["value"], 16) == 0
            if transaction.get("to") in contracts and is_free and len(data) <= DATA_CHARACTERS_MAX:
                found[Sent(transaction["from"], transaction["to"], data, int(transaction["gas"], 16))] = None
    return tuple(found)
