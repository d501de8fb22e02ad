"""Bodies are read exactly, or refused with what is wrong with them."""

import json
import time
from decimal import Decimal
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.answers import (
    NESTING_MAX,
    VALUES_MAX,
    UnreadableAnswer,
    decode_answer,
    encode_answer,
    is_nested_deeper,
    is_plainly_same,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(json_values)
def test_what_is_written_is_read_back(value: object) -> None:
    read = decode_answer(json.dumps(value).encode())
    assert read == value
    assert decode_answer(encode_answer(read).encode()) == value


def test_numbers_keep_every_digit() -> None:
    assert decode_answer(b"[9007199254740993, 0.1000000000000000055511151231257827]") == [
        9007199254740993,
        Decimal("0.1000000000000000055511151231257827"),
    ]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"<html>502 Bad Gateway</html>", "not JSON"),
        (b'{"result":"0x1"', "not JSON"),
        (b'{"result":"0x1"} {}', "not JSON"),
        (b'{"result":NaN}', "NaN is no JSON value"),
        (b'{"result":-Infinity}', "-Infinity is no JSON value"),
        (b'{"result":"0x1","result":"0x2"}', "'result' is there twice"),
        (b'"\xff"', "utf-8"),
        ('{"result":"0x1"}'.encode("utf-16"), "utf-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"1" * 5000, "5000 digits"),
        (b"1e99999999999999999999", "not JSON"),
        (b"[" * 100_000, "not JSON|nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
        (b"[" * (NESTING_MAX + 1) + b"]" * (NESTING_MAX + 1), "nested deeper"),
    ],
)
def test_what_is_not_one_json_value_is_refused(body: bytes, complaint: str) -> None:
    with pytest.raises(UnreadableAnswer, match=complaint):
        decode_answer(body)


def test_nesting_up_to_the_limit_is_read_and_written() -> None:
    body = b"[" * NESTING_MAX + b"]" * NESTING_MAX
    assert encode_answer(decode_answer(body)).encode() == body


def test_brackets_in_texts_are_no_nesting() -> None:
    text = '[{"\\"' * 1000
    assert decode_answer(json.dumps([text, text]).encode()) == [text, text]


def test_many_values_beside_each_other_are_no_nesting() -> None:
    assert decode_answer(json.dumps([[]] * 5000).encode()) == [[]] * 5000


def test_brackets_are_counted_in_one_go_however_quotes_stand() -> None:
    started = time.process_time()
    with pytest.raises(UnreadableAnswer, match="nested deeper"):
        decode_answer(b"[" * (NESTING_MAX + 1) + b'"' + b'\\"' * 200_000)
    assert time.process_time() - started < 5


def test_a_key_that_is_there_twice_among_many_is_found_in_one_go() -> None:
    started = time.process_time()
    keys = ",".join(f'"{number}":0' for number in (*range(200_000), 199_999))
    with pytest.raises(UnreadableAnswer, match="'199999' is there twice"):
        decode_answer(f"{{{keys}}}".encode())
    assert time.process_time() - started < 20


def test_a_body_of_too_many_values_is_not_read() -> None:
    with pytest.raises(UnreadableAnswer, match=f"more than {VALUES_MAX} values"):
        decode_answer(b"[" + b"0," * VALUES_MAX + b"0]")


def levels_of(value: object) -> int:
    """Return how deep a value nests."""
    if not isinstance(value, list | dict):
        return 0
    return 1 + max(map(levels_of, value.values() if isinstance(value, dict) else value), default=0)


tricky_values = st.recursive(
    st.integers(0, 1) | st.text('[]{}"\\a', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=3), inner, max_size=3),
)


@given(tricky_values, st.integers(0, 4))
def test_nesting_is_what_it_is_whatever_strings_hold(value: object, levels_max: int) -> None:
    assert is_nested_deeper(json.dumps(value).encode(), levels_max) == (levels_of(value) > levels_max)


def shuffled(value: Any, chance: Random) -> Any:
    """Return a value with the keys of its objects in another order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], chance) for key in chance.sample(sorted(value), len(value))}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def compact(value: object) -> bytes:
    """Return JSON as most nodes write it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@given(json_values, st.randoms(use_true_random=False))
def test_what_is_plainly_the_same_is_seen_whatever_the_order_of_keys(value: object, chance: Random) -> None:
    body = compact(value)
    if orjson.dumps(orjson.loads(body)) == body:  # no integers of more than 64 bits
        assert is_plainly_same(body, body + b"\n")
        assert is_plainly_same(body, compact(shuffled(value, chance)))


def read_or_none(body: bytes) -> tuple[object, ...] | None:
    """Return what is read from a body, None where nothing is."""
    try:
        return (encode_answer(decode_answer(body)),) if b"{" not in body else (decode_answer(body),)
    except UnreadableAnswer:
        return None


SIGNS = b'{}[]",:019.-eE+"ab\\u\n \x0b\xc3truefalsn'


@given(json_values, st.lists(st.tuples(st.integers(0, 200), st.sampled_from(SIGNS)), max_size=3), st.booleans())
def test_nothing_is_called_the_same_that_is_read_otherwise(
    value: object, changes: list[tuple[int, int]], is_same_change: bool
) -> None:
    """However two bodies are damaged."""
    body = compact(value)
    damaged = bytearray(body)
    for place, sign in changes:
        damaged[place % len(body)] = sign
    one, other = bytes(damaged) if is_same_change else body, bytes(damaged)
    if is_plainly_same(one, other):
        assert read_or_none(one) == read_or_none(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"a":1}', b'{"a":1,"a":1}'),
        (b'{"a":2,"a":1}', b'{"a":1}'),
        (b"1", b"1.0"),
        (b"1.0", b"1.00"),
        (b"18446744073709551617", b"18446744073709551616"),
        (b"9007199254740993.0", b"9007199254740992.0"),
        (b"[1,2]", b"[2,1]"),
        (b'"\\ud800"', b'"\\ud800"'),
        (b'"a"', b'"A"'),
        (b"null", b"{}"),
        (b'{"a":null}', b"{}"),
        (b"\x0b1", b"1"),
        (b"\xff", b"\xff"),
        (b"[" * 200 + b"]" * 200, b"[" * 200 + b"]" * 200),
        (b"NaN", b"NaN"),
        (b"", b""),
    ],
)
def test_what_is_not_plainly_the_same_is_not_said_to_be(one: bytes, other: bytes) -> None:
    assert not is_plainly_same(one, other)
    assert not is_plainly_same(other, one)
