"""Transactions are signed by keys in turn, each nonce once, whatever the count of processes."""

from pathlib import Path

import pytest
from eth_account import Account
from eth_hash.auto import keccak

from fixtures.make_chain.wallet import ACCOUNTS, private_key
from loadtests.errors import LoadError
from loadtests.shapes import Segment
from loadtests.signing import (
    AHEAD_MAX,
    Fees,
    Payer,
    Sender,
    address_of,
    open_sender,
    read_keys,
    sender_spec,
    shipped_keys,
)
from loadtests.task import Task
from reference_node.chain.types import decode_transaction

FEES = Fees(most_wei=10**10, tip_wei=10**9)
PAYERS = [Payer(private_key(index).hex(), 10 * index) for index in range(3)]


def signed(sender: Sender, count: int) -> list[tuple[str, int]]:
    """Return who pays for the next transactions, and their nonces."""
    found = []
    for _ in range(count):
        raw = bytes.fromhex(sender.raw_transaction()[2:])
        found.append((Account.recover_transaction(raw), decode_transaction(raw).nonce))
    return found


def test_keys_take_turns_with_rising_nonces() -> None:
    addresses = [address_of(payer.key) for payer in PAYERS]
    expected = [(addresses[turn % 3], 10 * (turn % 3) + turn // 3) for turn in range(7)]
    assert signed(Sender(PAYERS, FEES, 1337, ahead=2), 7) == expected


def test_processes_share_the_keys() -> None:
    spec = sender_spec(PAYERS, FEES, 1337, ahead=0)
    found = [
        pair
        for process in (0, 1)
        for pair in signed(open_sender(spec, Task((), (Segment(0, 1, 1, 1),), process=process, processes=2)), 5)
    ]
    assert len(set(found)) == len(found)
    assert {address for address, _ in found} == {address_of(payer.key) for payer in PAYERS}
    with pytest.raises(LoadError, match="3 funded keys for --processes 4"):
        open_sender(spec, Task((), (Segment(0, 1, 1, 1),), processes=4))


def test_hashes_asked_for_are_of_transactions_sent() -> None:
    sender = Sender(PAYERS, FEES, 1337, ahead=5)
    assert sender.sent_hash() is None
    hashes = {"0x" + keccak(bytes.fromhex(sender.raw_transaction()[2:])).hex() for _ in range(3)}
    assert {sender.sent_hash() for _ in range(9)} == hashes


def test_so_many_are_signed_ahead_and_no_more() -> None:
    assert sender_spec(PAYERS, FEES, 1, AHEAD_MAX + 1)["ahead"] == AHEAD_MAX


def test_shipped_keys_are_those_of_the_shipped_chain() -> None:
    assert shipped_keys() == tuple(private_key(index).hex() for index in range(ACCOUNTS))


def test_keys_are_read_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# mine\n\n0x{'AB' * 32}\n  {'cd' * 32}\n{'ab' * 32}\n")
    assert read_keys(path) == ("ab" * 32, "cd" * 32)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"secret\n", "line 1 of .*keys is no key, expected 64 hex digits"),
        (b"# none\n", "holds 0 keys, expected 1 to"),
        (b"\xff", "can't be read: it is no text"),
    ],
)
def test_a_file_without_keys_is_named_and_nothing_of_it_is_shown(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=text) as caught:
        read_keys(path)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"--keys: .*none can't be read: No such file"):
        read_keys(tmp_path / "none")
