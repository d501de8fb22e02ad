"""Only calls that succeed are sent: each was made once before."""

from functools import cache
from typing import Any

from conformance.generate.asking import Ask, asking
from loadtests.facts import Facts, gather_facts
from loadtests.probes import GAS_MAX, Probed, candidate_filters, probe, text_of
from tests.conformance.generate.chain import InMemory

ALL = ("eth_call", "eth_estimateGas", "eth_getLogs", "debug_traceTransaction", "eth_getProof")


@cache
def known() -> tuple[Ask, Facts]:
    ask = asking(InMemory())
    return ask, gather_facts(ask)


@cache
def probed() -> Probed:
    return probe(*known(), ALL, 4)


def test_every_call_that_is_kept_succeeds() -> None:
    ask, found = known()[0], probed()
    assert found.calls
    assert None not in ask([("eth_call", (call, "latest")) for call in found.calls])
    assert None not in ask([("eth_call", each.value) for each in found.old_calls])
    assert None not in ask([("eth_estimateGas", (call,)) for call in found.estimates])
    assert all(int(call["gas"], 16) <= GAS_MAX for call in found.calls if "gas" in call)


def test_calls_that_revert_are_left_out() -> None:
    reverting = "0x" + "20" * 20
    assert reverting in known()[1].contracts
    assert reverting not in {call["to"] for call in probed().calls}


def test_old_calls_know_their_block() -> None:
    for each in probed().old_calls:
        assert int(each.value[1], 16) == each.block
        assert each.block is not None
        assert each.block < 5


def test_filters_hit_logs_in_ranges_that_there_are() -> None:
    ask, facts = known()
    filters = probed().filters
    assert len(filters) == len(facts.logs)
    for each, answer in zip(filters, ask([("eth_getLogs", (each.value,)) for each in filters]), strict=True):
        assert answer
        first, last = int(each.value["fromBlock"], 16), int(each.value["toBlock"], 16)
        assert (first >= 0, last, last <= facts.head) == (True, each.block, True)
        assert last - first < 4


def test_a_chain_without_logs_is_asked_for_ranges() -> None:
    ask, facts = known()
    bare = Facts(**{name: getattr(facts, name) for name in Facts.__slots__} | {"logs": ()})
    filters = list(candidate_filters(bare, 2))
    assert len(filters) == 6
    assert None not in ask([("eth_getLogs", (each.value,)) for each in filters])


def test_what_no_method_needs_is_not_tried() -> None:
    subject = InMemory()
    found = probe(asking(subject), known()[1], ["eth_blockNumber"], 1)
    assert subject.asked == []
    assert (found.calls, found.filters, found.traces, found.has_old_proofs) == ((), (), (), False)


def test_a_target_that_traces_nothing_is_asked_again_so_that_it_says_why() -> None:
    hashes = tuple(fact.hash for fact in known()[1].transactions)
    assert probed().traces == hashes
    answers: dict[str, Any] = {hashes[2]: {}}
    ask: Ask = lambda calls: [answers.get(params[0]) for _, params in calls]  # noqa: E731 - as short as that
    assert probe(ask, known()[1], ["debug_traceTransaction"], 1).traces == (hashes[2],)


def test_old_proofs_are_asked_for_where_they_are_given() -> None:
    assert probed().has_old_proofs


def test_values_are_json_text() -> None:
    assert text_of({"a": [1, "b"]}) == '{"a":[1,"b"]}'
