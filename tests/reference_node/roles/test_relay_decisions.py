"""What each answer of a node means to the relay, how long it waits, and what it takes for a transaction."""

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from reference_node.chain.types import decode_transaction, encode_rlp
from reference_node.log.interface import Record, StoredRecord
from reference_node.roles import relay_decisions as decisions
from reference_node.roles.relay_decisions import Kind, Pending, Verdict, Window
from tests.reference_node.worlds import sign

TARGET = b"\x11" * 20
LEGACY, DYNAMIC = sign(0, TARGET, gasPrice=1), sign(0, TARGET)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (-32000, "already known", Kind.KNOWN),
        (-32000, "ALREADY_EXISTS: already known", Kind.KNOWN),
        (-32000, "known transaction: 0xab", Kind.KNOWN),
        (-32000, "nonce too low: next nonce 5, tx nonce 0", Kind.ASK),
        (-32000, "txpool is full", Kind.LATER),
        (-32000, "transaction underpriced", Kind.LATER),
        (-32000, "nonce too high: tx nonce 9, gapped nonce 2", Kind.LATER),
        (-32000, "address already reserved", Kind.LATER),
        (-32603, "method handler crashed", Kind.LATER),
        (-32002, "request timed out", Kind.AWAY),
        (-32005, "daily request count exceeded", Kind.AWAY),
        (-32601, "the method eth_sendRawTransaction does not exist/is not available", Kind.AWAY),
        (-32000, "not ready: 7 log records behind", Kind.AWAY),
        (-32000, "transaction indexing is in progress", Kind.AWAY),
        (-32000, "replacement transaction underpriced", Kind.REFUSED),
        (-32000, "transaction blob limit exceeded: blob count 7, limit 6", Kind.REFUSED),
        (-32000, "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1", Kind.REFUSED),
        (-32000, "invalid sender: invalid chain id for signer: have 5 want 1337", Kind.REFUSED),
        (-32602, "invalid argument 0: json: cannot unmarshal", Kind.REFUSED),
        (3, "something that no node has said before", Kind.REFUSED),
    ],
)
def test_each_error_has_a_meaning(code: int, message: str, kind: Kind) -> None:
    answer = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
    assert decisions.judge_answer(answer) == Verdict(kind, message, code)


def test_an_answer_that_says_nothing_of_the_transaction_is_no_acceptance() -> None:
    assert decisions.judge_answer({"result": "0x" + "ab" * 32}).kind is Kind.ACCEPTED
    for answer in ({"result": None}, {}, {"error": "no object"}, {"result": True}):
        assert decisions.judge_answer(answer).kind is Kind.AWAY


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Kind.AWAY), (429, Kind.AWAY), (502, Kind.AWAY), (413, Kind.REFUSED)]
)
def test_a_status_alone_speaks_of_the_node_but_for_a_request_too_large(status: int, kind: Kind) -> None:
    assert decisions.judge_http_status(status, "text").kind is kind


@pytest.mark.parametrize(("is_known", "kind"), [(True, Kind.KNOWN), (False, Kind.REFUSED), (None, Kind.LATER)])
def test_a_used_nonce_means_what_the_node_knows(is_known: bool | None, kind: Kind) -> None:
    asked = Verdict(Kind.ASK, "nonce too low", -32000)
    assert decisions.settled_by(asked, is_known) == Verdict(kind, "nonce too low", -32000)


def test_waits_double_up_to_a_bound_and_differ_by_half() -> None:
    assert decisions.backoff_seconds(0, 1.0) == decisions.BACKOFF_SECONDS_FIRST
    assert decisions.backoff_seconds(3, 1.0) == 8 * decisions.BACKOFF_SECONDS_FIRST
    assert decisions.backoff_seconds(3, 0.0) == 4 * decisions.BACKOFF_SECONDS_FIRST
    assert decisions.backoff_seconds(10**6, 1.0) == decisions.BACKOFF_SECONDS_MAX


def test_a_transaction_is_put_off_for_a_bounded_time() -> None:
    full = Verdict(Kind.LATER, "txpool is full", -32000)
    entry = Pending(7, LEGACY, LEGACY, is_in_doubt=False)
    later = decisions.put_off(entry, full, now_seconds=100.0, jitter=1.0)
    assert isinstance(later, Pending)
    assert (later.attempts, later.first_try_seconds, later.due_seconds) == (1, 100.0, 100.1)
    border = 100.0 + decisions.TEMPORARY_SECONDS_MAX
    assert isinstance(decisions.put_off(later, full, border - 0.01, 1.0), Pending)
    assert decisions.put_off(later, full, border, 1.0) == Verdict(Kind.REFUSED, "txpool is full (for 300 s)", -32000)


def test_typed_transactions_wrapped_as_a_string_are_unwrapped() -> None:
    assert decisions.unwrapped(encode_rlp(DYNAMIC)) == DYNAMIC
    for plain in (LEGACY, DYNAMIC, b"", b"\x80", b"\xb8\xff\x01", b"\x81\x02"):
        assert decisions.unwrapped(plain) == plain


def test_the_hash_is_the_one_a_node_knows() -> None:
    assert decisions.transaction_hash(LEGACY) == decode_transaction(LEGACY).hash
    assert decisions.transaction_hash(DYNAMIC) == decode_transaction(DYNAMIC).hash
    blob = sign(0, TARGET, maxFeePerBlobGas=1, blobVersionedHashes=[b"\x01" + bytes(31)])
    network = b"\x03" + encode_rlp([rlp.decode(blob[1:]), [bytes(9)], [b"c"], [b"p"]])
    assert decisions.transaction_hash(network) == decode_transaction(blob).hash == keccak(blob)
    assert decisions.transaction_hash(b"\x7f\xc0") == keccak(b"\x7f\xc0"), "types of later forks are for the node"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "is empty"),
        (b"\x80", "0x80"),
        (b"\x02", "unexpected EOF"),
        (b"\x02\x05", "something else"),
        (b"hello", "something else"),
        (b"\xc1", "exceeds available input length"),
        (LEGACY + b"\x00", "something else"),
        (b"\x03\xc2\xc2\x01", "exceeds available input length"),
    ],
)
def test_what_no_node_takes_for_a_transaction_is_said_so(value: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decisions.transaction_hash(decisions.unwrapped(value))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_transaction_or_poison(value: bytes) -> None:
    reason, found = "", b""
    try:
        found = decisions.transaction_hash(decisions.unwrapped(value))
    except ValueError as error:
        reason = str(error)
    assert len(found) == 32 or reason.startswith("the value")


@given(st.lists(st.integers(0, 9), max_size=20))
def test_what_is_committed_never_passes_what_is_not_settled(settled: list[int]) -> None:
    offsets = [0, 1, 2, 4, 5, 9]  # markers of a log may take offsets
    window = Window(10, {at: Pending(at, b"", b"", is_in_doubt=False) for at in offsets})
    done = set()
    for offset in settled:
        if offset in window.entries:
            window.settle(offset)
            done.add(offset)
        reached = window.take_committable()
        assert reached == min((at for at in offsets if at not in done), default=10)
        assert window.room == decisions.WINDOW_RECORDS_MAX - sum(at >= reached for at in offsets)


def test_dead_letters_name_where_they_came_from() -> None:
    verdict = Verdict(Kind.REFUSED, "nonce too low: größe", -32000)
    letter = decisions.dead_letter("geth-tx", "blue", 7, b"raw", verdict, 1234)
    assert letter.value == b"raw"
    assert {name: text.decode() for name, text in letter.headers} == {
        "reason": "nonce too low: größe",
        "code": "-32000",
        "topic": "geth-tx",
        "offset": "7",
        "group": "blue",
        "time": "1234",
    }
    long = decisions.dead_letter("geth-tx", "blue", 7, b"raw", Verdict(Kind.REFUSED, "x" * 5000), 1234)
    assert len(dict(long.headers)["reason"]) == decisions.REASON_LENGTH_MAX
    others = [Record(b""), Record(b"x", (("topic", b"geth-tx"), ("group", b"blue"), ("offset", b"\xff")))]
    letters = [StoredRecord(at, found) for at, found in enumerate([letter, *others])]
    assert decisions.buried_offsets(letters, "geth-tx", "blue") == {7}
    assert decisions.buried_offsets(letters, "geth-tx", "green") == frozenset()
    assert decisions.buried_offsets(letters, "other", "blue") == frozenset()
