r"""Strings written with JSON escapes: what geth reads as it came is refused, what Go decodes first is taken."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_node.rpc.call_args import decode_call_arguments, decode_state_overrides
from reference_node.rpc.escapes import BODY_BYTES_MAX, EscapedText, as_written, parse_json
from reference_node.rpc.eth_fees import decode_block_count
from reference_node.rpc.eth_logs import decode_filter
from reference_node.rpc.eth_state import decode_storage_key
from reference_node.rpc.params import (
    decode_address,
    decode_block,
    decode_block_number,
    decode_bytes,
    decode_hash,
    decode_uint,
)

ADDRESS, HASH = "ab" * 20, "cd" * 32
NO_PREFIX = "hex string without 0x prefix"


def parsed(text: str) -> Any:
    """Return a JSON value as a request holds it."""
    return parse_json(text.encode())


@pytest.mark.parametrize(
    ("decode", "text", "message"),
    [
        (decode_address, rf'"\u0030x{ADDRESS}"', NO_PREFIX),
        (decode_hash, rf'"0x\u0063{HASH[1:]}"', "hex string of odd length"),
        (decode_bytes, r'"0x\u0030\u0030"', "invalid hex string"),
        (decode_uint, r'"\u0030x1"', NO_PREFIX),
        (decode_block_number, r'"l\u0061test"', NO_PREFIX),
        (decode_block_number, r'"0x\u0031"', "invalid hex string"),
        (decode_block_count, r'"\u0031"', r"invalid hex or decimal integer"),
        (decode_filter, r'{"fromBlock":"\u0030x1"}', NO_PREFIX),
        (decode_call_arguments, r'{"value":"\u0030x1"}', NO_PREFIX),
        (decode_state_overrides, rf'{{"\u0030x{ADDRESS}":{{}}}}', NO_PREFIX),
        (decode_state_overrides, rf'{{"0x{ADDRESS}":{{"state":{{"\u0030x{HASH}":"0x{HASH}"}}}}}}', NO_PREFIX),
    ],
)
def test_what_geth_reads_from_the_bytes_holds_no_escapes(decode: Any, text: str, message: str) -> None:
    decode(json.loads(text))  # it is the escapes that are wrong with it
    with pytest.raises(ValueError, match=message):
        decode(parsed(text))


@pytest.mark.parametrize(
    ("decode", "text"),
    [
        (decode_block, r'"\u0030x1"'),
        (decode_block, r'"l\u0061test"'),
        (decode_block, rf'{{"block\u0048ash":"0x{HASH}"}}'),
        (decode_storage_key, r'"\u0030x0"'),
        (decode_filter, rf'{{"address":"\u0030x{ADDRESS}","topics":["\u0030x{HASH}"]}}'),
        (decode_call_arguments, rf'{{"t\u006f":"0x{ADDRESS}"}}'),
    ],
)
def test_what_go_decodes_first_may_be_escaped(decode: Any, text: str) -> None:
    assert decode(parsed(text)) == decode(json.loads(text))


def test_an_escaped_text_is_the_text_and_knows_how_it_was_written() -> None:
    found = parsed(r'{"\u006bey": ["\n", "plain", {"a": "\"\\\u00e9"}], "mark": "\\u0030"}')
    assert found == {"key": ["\n", "plain", {"a": '"\\é'}], "mark": r"\u0030"}
    assert [as_written(key) for key in found] == [r"\u006bey", "mark"]
    assert as_written(found["key"][0]) == r"\n"
    assert as_written(found["key"][1]) == "plain"
    assert isinstance(found["mark"], EscapedText)
    assert orjson.dumps(found["key"]) == orjson.dumps(json.loads(json.dumps(found["key"])))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"\ud800"', "�"),
        (r'"\udc00\ud800"', "��"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud800A"', "�A"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\�"),
    ],
)
def test_half_a_pair_is_the_replacement_sign_as_in_go(text: str, expected: str) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize("text", [r'"\x"', r'"\u12"', '"\\', r"\n", r'{"a\":1}', '"a" "\\n"'])
def test_what_is_no_json_stays_none(text: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        parsed(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans())
def test_the_value_is_what_any_parser_reads(value: Any, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    assert parsed(text) == json.loads(text) == value


def test_deep_nesting_and_every_mark_taken_break_nothing() -> None:
    deep = "[" * 1000 + r'"\n"' + "]" * 1000
    found = parsed(deep)
    for _ in range(1000):
        found = found[0]
    assert as_written(found) == r"\n"
    marks = "".join(chr(code) for code in range(0xE000, 0xE010))
    assert parsed(json.dumps([marks], ensure_ascii=False)[:-1] + r',"\n"]') == [marks, "\n"]
    assert parsed(r'["\ue0000", "\n"]') == ["\ue0000", "\n"]


def test_in_a_body_that_is_too_long_escapes_are_what_they_stand_for() -> None:
    for length, is_told in ((BODY_BYTES_MAX, True), (BODY_BYTES_MAX + 1, False)):
        found = parsed(r'["\n"'.ljust(length - 1) + "]")
        assert found == ["\n"]
        assert isinstance(found[0], EscapedText) is is_told
