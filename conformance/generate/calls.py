"""Strategies of eth_call and eth_estimateGas.

Calls of the chain's contracts, programs put in place by overrides, fields of a wrong type, and overrides of blocks.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.generate.facts import Facts
from conformance.generate.programs import LIMITS, NUMBERS, programs
from conformance.generate.values import (
    UNKNOWN_ACCOUNT,
    UNKNOWN_HASH,
    WRONG,
    Kinds,
    Params,
    choose,
    kinds_of,
    params,
    weighted,
)

PROGRAM = "0x" + "c0de" * 10
"""Where generated programs stand, by an override."""
_GAS = (21_000, 22_000, 25_000, 30_000, 53_000, 60_000, 100_000, 1_000_000, 1 << 24, (1 << 24) + 1, 2**64 - 1, 0)
_PROGRAM_GAS = (21_000, 24_000, 30_000, 45_000, 70_000, 300_000, 1_500_000)
"""Little enough that an endless loop ends before a node's time for a call is over."""
_PRICES = (0, 1, 10**9, 10**11, 2**256 - 1)
_RICH_WEI = 10**21
_SETS = 100
"""Sets of fields that objects are made with."""
_FIELDS = (
    "from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce", "data", "input",
    "accessList", "chainId", "maxFeePerBlobGas", "blobVersionedHashes", "authorizationList", "unknown",
)  # fmt: skip
_ACCOUNT_FIELDS = ("nonce", "code", "balance", "state", "stateDiff", "movePrecompileToAddress", "unknown")
_BLOCK_FIELDS = (
    "number", "difficulty", "time", "gasLimit", "feeRecipient", "prevRandao", "baseFeePerGas", "blobBaseFee",
)  # fmt: skip
Fields = SearchStrategy[dict[str, Any]]


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return the strategy of eth_call."""
    return {"eth_call": _calls(facts)}


def estimate_strategies(facts: Facts) -> Mapping[str, Params]:
    """Return the strategy of eth_estimateGas."""
    return {"eth_estimateGas": _calls(facts)}


def _calls(facts: Facts) -> Params:
    kinds = kinds_of(facts)
    block = choose(settled(kinds.blocks))
    return weighted(
        (2, params(_arguments(facts, kinds), block)),
        (2, _programs(facts, kinds, block)),
        (1, _wrong(facts, kinds, block)),
        (1, _overridden(facts, kinds, block)),
    )


def settled(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return block parameters without those that name the pending block: what a call sees there is the time."""
    return tuple(value for value in values if value != "pending")


def some_fields(fields: Mapping[str, tuple[int, SearchStrategy[Any]]]) -> Fields:
    """Return a strategy of objects that have some fields, each with its chance in percent.

    One choice tells which fields are there, out of sets made before: a choice for each field would cost much more.
    """
    random = Random(0)  # noqa: S311 - no secrets
    sets = [[name for name, (percent, _) in fields.items() if random.random() * 100 < percent] for _ in range(_SETS)]
    return st.one_of([st.fixed_dictionaries({name: fields[name][1] for name in names}) for names in ([], *sets)])


def _arguments(facts: Facts, kinds: Kinds) -> Fields:
    """Return a strategy of arguments that can be read, though many make no good call."""
    right = tuple(account for account in kinds.accounts if isinstance(account, str) and len(account) == 42)
    contracts = facts.contracts or right
    fields: dict[str, tuple[int, SearchStrategy[Any]]] = {
        "to": (88, choose((*contracts * 4, *right))),
        "from": (60, choose(right)),
        "input": (45, _data(facts)),
        "data": (35, _data(facts)),
        "gas": (40, _quantity(_GAS)),
        "value": (20, _quantity((0, 1, 10**18, 2**256 - 1))),
        "gasPrice": (8, _quantity(_PRICES)),
        "maxFeePerGas": (8, _quantity(_PRICES)),
        "maxPriorityFeePerGas": (8, _quantity(_PRICES)),
        "nonce": (8, _quantity((0, 1, 99, 2**64 - 1))),
        "chainId": (8, _quantity((facts.chain_id, facts.chain_id, 1, 0))),
        "accessList": (10, st.lists(_access(facts, right), max_size=3)),
        "blobVersionedHashes": (5, st.lists(st.sampled_from(("0x01" + "11" * 31, "0x02" + "11" * 31)), max_size=8)),
        "maxFeePerBlobGas": (5, _quantity((0, 1, 10**9))),
        "authorizationList": (4, st.lists(_authorization(facts, right), max_size=2)),
    }
    return some_fields(fields)


def _programs(facts: Facts, kinds: Kinds, block: SearchStrategy[Any]) -> Params:
    """Return a strategy of calls of a program, which may stand in place of a contract that others call."""
    code = programs(facts)
    changed = st.fixed_dictionaries({"code": code, "nonce": _quantity((0, 5, 2**64 - 1))})
    others = st.dictionaries(st.sampled_from(facts.contracts or kinds.accounts[:1]), changed, max_size=2)
    gas, balance = _quantity(_PROGRAM_GAS), _quantity((0, 10**19))
    some_others = weighted((2, st.just({})), (1, others))
    drawn = st.tuples(_data(facts), gas, code, balance, some_others, block)
    return drawn.map(_program_call)


def _program_call(drawn: tuple[str, str, str, str, dict[str, Any], Any]) -> list[Any]:
    data, gas, code, balance, others, block = drawn
    overrides = {PROGRAM: {"code": code, "balance": balance}, **others}
    return [{"to": PROGRAM, "input": data, "gas": gas}, block, overrides]


def _wrong(facts: Facts, kinds: Kinds, block: SearchStrategy[Any]) -> Params:
    """Return a strategy of calls with a value of a wrong type in one place."""
    wrong, account = choose(WRONG), choose(kinds.accounts[:20])
    arguments = st.tuples(_arguments(facts, kinds), st.sampled_from(_FIELDS), wrong).map(lambda d: {**d[0], d[1]: d[2]})
    override = st.one_of(
        wrong,
        st.tuples(account, st.sampled_from(_ACCOUNT_FIELDS), wrong).map(lambda d: {str(d[0]): {d[1]: d[2]}}),
        st.tuples(account, wrong).map(lambda d: {str(d[0]): {"stateDiff": {"0x" + "11" * 32: d[1]}}}),
        st.tuples(account, wrong).map(lambda d: {str(d[0]): {"stateDiff": {str(d[1]): "0x" + "11" * 32}}}),
        st.tuples(wrong, st.just({})).map(lambda d: {str(d[0]): d[1]}),
    )
    fields = st.tuples(st.sampled_from(_BLOCK_FIELDS), wrong).map(lambda d: {d[0]: d[1]})
    return st.one_of(
        params(arguments, block),
        params(_arguments(facts, kinds), block, override),
        params(_arguments(facts, kinds), block, st.just({}), fields),
        params(wrong, block),
    )


def _overridden(facts: Facts, kinds: Kinds, block: SearchStrategy[Any]) -> Params:
    """Return a strategy of calls with other accounts and another block than the chain has."""
    slots = st.dictionaries(st.sampled_from([f"0x{slot:064x}" for slot in range(4)]), _word(facts), max_size=3)
    accounts = some_fields({
        "balance": (40, _quantity((0, 1, _RICH_WEI, 2**256 - 1))), "nonce": (20, _quantity((0, 1, 2**64 - 1))),
        "code": (30, programs(facts)), "stateDiff": (40, slots), "state": (15, slots),
        "movePrecompileToAddress": (5, st.sampled_from((UNKNOWN_ACCOUNT, PROGRAM))),
    })  # fmt: skip
    right = tuple(account for account in kinds.accounts if isinstance(account, str) and len(account) == 42)
    whole = st.dictionaries(choose((*facts.contracts, *right)), accounts, max_size=3)
    head = facts.head.number
    fields = some_fields({
        "number": (30, _quantity((0, 1, head, head + 1, head + 300, 2**64))), "time": (30, _quantity((0, 1, 2**40))),
        "gasLimit": (20, _quantity((0, 21_000, 30_000_000, 2**64 - 1))), "feeRecipient": (20, choose(right)),
        "prevRandao": (20, _word(facts)), "baseFeePerGas": (20, _quantity(_PRICES)),
        "blobBaseFee": (20, _quantity((0, 1, 10**9))), "difficulty": (5, _quantity((0, 1))),
    })  # fmt: skip
    arguments = _arguments(facts, kinds)
    return st.one_of(params(arguments, block, whole), params(arguments, block, whole, fields))


def _access(facts: Facts, accounts: tuple[str, ...]) -> SearchStrategy[Any]:
    keys = st.lists(st.sampled_from([f"0x{slot:064x}" for slot in range(5)]), max_size=3)
    return st.fixed_dictionaries({"address": choose((*facts.contracts, *accounts)), "storageKeys": keys})


def _authorization(facts: Facts, accounts: tuple[str, ...]) -> SearchStrategy[Any]:
    """Return a strategy of EIP-7702 authorizations; of most, the signature belongs to an account nobody knows."""
    return st.fixed_dictionaries({
        "chainId": _quantity((0, facts.chain_id, 1)), "address": choose((*facts.contracts, *accounts)),
        "nonce": _quantity((0, 1, 2**64 - 1)), "yParity": _quantity((0, 1, 2, 255)),
        "r": _quantity((1, 0, 2**200 + 7)), "s": _quantity((1, 0, 2**199 + 3, 2**255)),
    })  # fmt: skip


def _data(facts: Facts) -> SearchStrategy[str]:
    words = st.lists(_word(facts), max_size=5).map(lambda drawn: "0x" + "".join(word[2:] for word in drawn))
    return weighted((2, words), (1, st.sampled_from(("0x", "0x00", "0x12345678", "0x" + "ff" * 100))))


def _word(facts: Facts) -> SearchStrategy[str]:
    numbers = (*range(12), *NUMBERS, *LIMITS, *(int(account, 16) for account in facts.accounts[:30]))
    return st.sampled_from([*(f"0x{number:064x}" for number in numbers), UNKNOWN_HASH])


def _quantity(numbers: tuple[int, ...]) -> SearchStrategy[str]:
    return st.sampled_from([hex(number) for number in numbers])
