"""Every method of a replica is asked, each family as often as any other; wrong and near values are among the right."""

import json
from collections import Counter
from functools import cache

import pytest

from conformance.corpus import Question
from conformance.generate.bodies import message, write_body
from conformance.generate.families import BATCHES, BODIES, FAMILIES, methods_of
from conformance.generate.run import generated_questions, generator_about, number_of
from conformance.generate.values import NEAR_SHARE, WRONG, WRONG_SHARE, mixed, near_data, near_number
from reference_node.rpc.methods import METHODS
from tests.conformance.generate.chain import InMemory, small_facts

EXAMPLES = 2400


@cache
def questions() -> tuple[Question, ...]:
    """Return many questions about the small chain."""
    return tuple(generated_questions(small_facts(), EXAMPLES, 1))


def test_every_method_of_a_replica_has_a_strategy() -> None:
    assert set(methods_of(small_facts())) == {*METHODS, BODIES, BATCHES}


def test_a_method_belongs_to_one_family() -> None:
    names = methods_of(small_facts())
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_all_methods_are_asked_and_families_evenly() -> None:
    asked = Counter(question.method for question in questions())
    assert set(asked) == set(methods_of(small_facts()))
    expected = EXAMPLES / (len(FAMILIES) + 1)
    for family in FAMILIES:
        count = sum(asked[method] for method in family.strategies(small_facts()))
        assert expected / 1.6 < count < expected * 1.6, family.name


def test_most_requests_are_answered_and_some_refused() -> None:
    subject = InMemory()
    outcomes: dict[str, Counter[str]] = {}
    for question in questions():
        if question.method not in {BODIES, BATCHES, "eth_sendRawTransaction"}:
            answer = json.loads(subject.ask(question).body)
            outcomes.setdefault(question.method, Counter())["error" if "error" in answer else "result"] += 1
    for method, counted in outcomes.items():
        assert counted["result"] > 0, method
    total = sum((counted for counted in outcomes.values()), Counter[str]())
    assert 0.08 < total["error"] / total.total() < 0.5, total


def test_the_same_seed_asks_the_same_and_another_one_something_else() -> None:
    again = tuple(generated_questions(small_facts(), 300, 1))
    assert again == questions()[:300]
    other = {question.body for question in generated_questions(small_facts(), 300, 2)}
    assert len(other - {question.body for question in again}) > 150


def test_questions_are_named_by_method_seed_and_number() -> None:
    assert [number_of(question) for question in questions()] == list(range(EXAMPLES))
    assert {question.name for question in questions()} == {
        f"{question.method}/seed-1-{place:06}" for place, question in enumerate(questions())
    }


def test_only_methods_that_are_wanted_are_asked() -> None:
    generator = generator_about(small_facts(), 1, lambda method: method.startswith("eth_getLogs"))
    assert generator is not None
    asked = list(generator.questions(50))
    assert {question.method for question in asked} == {"eth_getLogs"}
    assert len(asked) == 50
    assert generator_about(small_facts(), 1, lambda _: False) is None


def test_batches_hold_calls_with_ids_of_their_own() -> None:
    batches = [json.loads(question.body) for question in questions() if question.method == BATCHES]
    assert len(batches) > 20
    for batch in batches:
        identities = [call["id"] for call in batch if isinstance(call, dict) and "params" in call]
        assert identities == list(range(1, len(identities) + 1))
        assert identities


def test_values_have_their_shares() -> None:
    values = mixed(range(100), ["near"] * 3)
    assert values[0] == 0
    assert set(range(100)) <= {value for value in values if type(value) is int}
    assert values.count("near") / len(values) == pytest.approx(NEAR_SHARE, abs=0.01)
    assert sum(values.count(wrong) for wrong in ("zz", "Latest")) / len(values) == pytest.approx(
        2 * WRONG_SHARE / len(WRONG), abs=0.01
    )


def test_near_misses_are_near_and_all_different() -> None:
    for right, near in (("0xab12", near_data("0xab12")), ("0x5", near_number(5))):
        assert right not in near
        assert len({write_body(value) for value in near}) == len(near)


def test_a_message_is_a_whole_request() -> None:
    assert write_body(message("m", [1])) == '{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}'
