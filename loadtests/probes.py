"""Finds calls that succeed, by making each once: a load of errors would measure how fast a node can refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from conformance.generate.asking import Ask
from loadtests.facts import Facts

CALLS_MAX = 200
OLD_BLOCKS_PER_CALL = 2
ESTIMATES_MAX = 100
FILTERS_MAX = 200
LOGS_PER_ANSWER_MAX = 10_000
TRACES_MAX = 60
PROVED_MAX = 8
TRACER = {"tracer": "callTracer"}
GAS_MAX = 500_000
"""What a call may use: what would run on without end is found out soon."""
VIEW_GAS = 100_000
_VIEWS = ("0x18160ddd", "0x313ce567", "0x06fdde03")
"""totalSupply(), decimals(), name() of ERC-20."""
_BALANCE_OF = "0x70a08231"
_ACCOUNTS_PER_CONTRACT = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """A parameter, and the block that must be there for its answer."""

    value: Any
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """Calls that were made and succeeded, hot ones first."""

    calls: tuple[dict[str, str], ...]
    """Arguments of eth_call that succeed now, and did wherever they were tried."""
    old_calls: tuple[Placed, ...]
    """The same with an older block: pairs of arguments and the block's number in hex."""
    estimates: tuple[dict[str, str], ...]
    filters: tuple[Placed, ...]
    """Of eth_getLogs, about older blocks."""
    traces: tuple[str, ...]
    """Hashes of transactions."""
    has_old_proofs: bool


def probe(ask: Ask, facts: Facts, methods: Iterable[str], logs_blocks_max: int) -> Probed:
    """Try what the given methods need; what none of them needs is not tried and empty."""
    wanted = frozenset(methods)
    needs_calls = bool(wanted & {"eth_call", "eth_estimateGas"})
    numbers = old_state_numbers(facts) if "eth_call" in wanted else ()
    calls, old_calls = _probe_calls(ask, facts, numbers) if needs_calls else ((), ())
    return Probed(
        calls=calls,
        old_calls=old_calls,
        estimates=_succeeding(ask, "eth_estimateGas", calls[:ESTIMATES_MAX]) if "eth_estimateGas" in wanted else (),
        filters=_probe_filters(ask, facts, logs_blocks_max) if "eth_getLogs" in wanted else (),
        traces=_probe_traces(ask, facts) if "debug_traceTransaction" in wanted else (),
        has_old_proofs=_probe_old_proofs(ask, facts) if "eth_getProof" in wanted else False,
    )


def candidate_calls(facts: Facts) -> Iterable[dict[str, str]]:
    """Yield arguments that may succeed: what transactions asked, views of tokens, and plain calls of any account."""
    for sent in facts.sent:
        yield {"from": sent.sender, "to": sent.to, "data": sent.data, "gas": hex(min(sent.gas, GAS_MAX))}
    for contract in facts.contracts:
        for account in facts.accounts[:_ACCOUNTS_PER_CONTRACT]:
            yield {"to": contract, "data": f"{_BALANCE_OF}{account[2:]:0>64}", "gas": hex(VIEW_GAS)}
        for data in _VIEWS:
            yield {"to": contract, "data": data, "gas": hex(VIEW_GAS)}
    if not facts.contracts:
        for account in facts.accounts:
            yield {"to": account, "data": "0x"}


def candidate_filters(facts: Facts, logs_blocks_max: int) -> Iterable[Placed]:
    """Yield filters of which each fits a log of the chain, in ranges within it; of any log where there are none."""
    spans = [2**power for power in range(logs_blocks_max.bit_length()) if 2**power <= logs_blocks_max]
    for place, log in enumerate(facts.logs):
        wanted: dict[str, Any] = {}
        if place % 3 != 1:
            wanted["address"] = log.address
        if place % 3 != 0 and log.topics:
            wanted["topics"] = [log.topics[0]]
        yield Placed(_range(log.block.number, spans[place % len(spans)], facts) | wanted, log.block.number)
    for place, block in enumerate(facts.blocks if not facts.logs else ()):
        yield Placed(_range(block.number, spans[place % len(spans)], facts), block.number)


def old_state_numbers(facts: Facts) -> tuple[int, ...]:
    """Return blocks before the head whose state is there to stay, newest first."""
    return tuple(block.number for block in facts.blocks[1:]) if facts.has_old_state else ()


def _range(last: int, span: int, facts: Facts) -> dict[str, str]:
    return {"fromBlock": hex(max(last - span + 1, facts.first_block)), "toBlock": hex(last)}


def _probe_calls(
    ask: Ask, facts: Facts, numbers: Sequence[int]
) -> tuple[tuple[dict[str, str], ...], tuple[Placed, ...]]:
    """Return the calls that succeed at the head and at a few older blocks out of some, and with those blocks."""
    candidates = list(islice(candidate_calls(facts), CALLS_MAX))
    per_call = min(OLD_BLOCKS_PER_CALL, len(numbers))
    steps = [step * len(numbers) // per_call for step in range(per_call)]
    places = [
        ["latest", *(hex(numbers[(place + step) % len(numbers)]) for step in steps)] for place in range(len(candidates))
    ]
    tried = [(call, block) for call, blocks in zip(candidates, places, strict=True) for block in blocks]
    answers = iter(ask([("eth_call", pair) for pair in tried]))
    calls: list[dict[str, str]] = []
    old_calls: list[Placed] = []
    for call, blocks in zip(candidates, places, strict=True):
        if None not in [next(answers) for _ in blocks]:
            calls.append(call)
            old_calls += [Placed((call, block), int(block, 16)) for block in blocks[1:]]
    return tuple(calls), tuple(old_calls)


def _succeeding(ask: Ask, method: str, values: Sequence[dict[str, str]]) -> tuple[dict[str, str], ...]:
    answers = ask([(method, (value,)) for value in values])
    return tuple(value for value, answer in zip(values, answers, strict=True) if answer is not None)


def _probe_filters(ask: Ask, facts: Facts, logs_blocks_max: int) -> tuple[Placed, ...]:
    filters = list(islice(candidate_filters(facts, logs_blocks_max), FILTERS_MAX))
    answers = ask([("eth_getLogs", (each.value,)) for each in filters])
    return tuple(
        each
        for each, answer in zip(filters, answers, strict=True)
        if isinstance(answer, list) and len(answer) <= LOGS_PER_ANSWER_MAX
    )


def _probe_traces(ask: Ask, facts: Facts) -> tuple[str, ...]:
    hashes = [fact.hash for fact in facts.transactions[:TRACES_MAX]]
    answers = ask([("debug_traceTransaction", (each, TRACER)) for each in hashes])
    found = tuple(each for each, answer in zip(hashes, answers, strict=True) if answer is not None)
    return found or tuple(hashes)  # the target is asked again, and says why not


def _probe_old_proofs(ask: Ask, facts: Facts) -> bool:
    numbers = old_state_numbers(facts)[:: max(len(old_state_numbers(facts)) // PROVED_MAX, 1)]
    answers = ask([("eth_getProof", (facts.accounts[0], [], hex(number))) for number in numbers])
    return bool(answers) and all(answer is not None for answer in answers)


def text_of(value: Any) -> str:
    """Return a value as JSON text."""
    return orjson.dumps(value).decode()
