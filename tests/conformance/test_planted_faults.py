"""Each kind of fault is planted in every recorded answer that can bear it, and caught; no right answer is blamed."""

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from conformance.allowances import Settings
from conformance.answers import decode_answer, encode_answer
from conformance.compare import Path
from conformance.corpus import Question, answers_folder, load_corpus
from conformance.subject import Reply
from conformance.verdict import Verdict, judge

SEED = 20_240_501
CORPUS = load_corpus(answers_folder("everyfork"), exclude=["web3_clientVersion", "eth_getBlockByNumber/pending*"])
"""Without the answers that an allowance covers; those have tests of their own."""


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value inside a value with its path, the whole first."""
    yield path, value
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, step))


def replaced(whole: Any, path: Path, value: Any) -> Any:
    """Return a copy of a value with the part at a path replaced."""
    if not path:
        return value
    changed = copy.deepcopy(whole)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def is_hex(value: Any) -> bool:
    """Say whether a value is hex with a digit."""
    return isinstance(value, str) and value.startswith("0x") and len(value) > 2


FAULTS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "other last digit": (is_hex, lambda v: v[:-1] + ("1" if v[-1] != "1" else "2")),
    "other first digit": (is_hex, lambda v: "0x" + ("e" if v[2] != "e" else "f") + v[3:]),
    "padded": (is_hex, lambda v: "0x0" + v[2:]),
    "cut short": (is_hex, lambda v: v[:-1]),
    "without prefix": (is_hex, lambda v: v[2:]),
    "upper case": (lambda v: is_hex(v) and v != "0x" + v[2:].upper(), lambda v: "0x" + v[2:].upper()),
    "number for text": (lambda v: is_hex(v) and len(v) < 50, lambda v: int(v, 16)),
    "one more": (lambda v: type(v) is int, lambda v: v + 1),
    "text for number": (lambda v: type(v) is int, str),
    "other truth": (lambda v: isinstance(v, bool), lambda v: not v),
    "number for truth": (lambda v: isinstance(v, bool), int),
    "null": (lambda v: v is not None, lambda _: None),
    "something for null": (lambda v: v is None, lambda _: "0x"),
    "field dropped": (lambda v: isinstance(v, dict) and len(v) > 0, lambda v: dict(list(v.items())[:-1])),
    "field added": (lambda v: isinstance(v, dict), lambda v: {**v, "planted": None}),
    "field renamed": (
        lambda v: isinstance(v, dict) and len(v) > 0,
        lambda v: {key + "_" if key == next(iter(v)) else key: item for key, item in v.items()},
    ),
    "item dropped": (lambda v: isinstance(v, list) and len(v) > 0, lambda v: v[1:]),
    "item twice": (lambda v: isinstance(v, list) and len(v) > 0, lambda v: [*v, v[-1]]),
    "emptied": (lambda v: isinstance(v, list | dict) and len(v) > 0, lambda v: type(v)()),
    "reversed": (lambda v: isinstance(v, list) and v != v[::-1], lambda v: v[::-1]),
    "wrapped": (lambda _: True, lambda v: [v]),
}


def judge_body(asked: Question, body: bytes) -> Verdict:
    """Judge a body by the record, messages included."""
    return judge(asked, Reply(200, asked.recorded.encode()), Reply(200, body), Settings(strict_messages=True)).verdict


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_in_every_answer_that_can_bear_it(name: str) -> None:
    can_bear, plant = FAULTS[name]
    random = Random(SEED)
    planted = 0
    for asked in CORPUS.questions:
        if not asked.recorded:
            continue
        right = decode_answer(asked.recorded.encode())
        bearing = [place for place in places(right) if can_bear(place[1])]
        if not bearing:
            continue
        path, value = random.choice(bearing)
        wrong = encode_answer(replaced(right, path, plant(value)))
        assert judge_body(asked, wrong.encode()) is Verdict.MISMATCH, f"{asked.name}: {name} at {path}"
        planted += 1
    assert planted >= 10, f"only {planted} answers can bear it"


def test_an_answer_that_ends_too_early_is_caught_wherever_it_ends() -> None:
    random = Random(SEED)
    for asked in CORPUS.questions:
        body = asked.recorded.encode()
        if body:
            assert judge_body(asked, body[: random.randrange(len(body))]) is Verdict.MISMATCH, asked.name


def test_the_answer_to_another_question_is_caught() -> None:
    for asked, other in pairwise(CORPUS.questions):
        if asked.recorded != other.recorded:
            assert judge_body(asked, other.recorded.encode()) is Verdict.MISMATCH, asked.name


def test_no_recorded_answer_is_blamed() -> None:
    for asked in load_corpus(answers_folder("everyfork")).questions:
        assert judge_body(asked, asked.recorded.encode()) is Verdict.MATCH, asked.name
