"""The journal keeps what waits for a block through a kill, also one in the middle of a write."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.roles import journal as module
from reference_node.roles.journal import Journal
from tests.reference_node.worlds import sign, signed

TARGET = b"\x11" * 20
SENT = [signed(0, TARGET, gasPrice=1), signed(1, TARGET), signed(2, None, data=b"code")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "transactions.rlp"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """Return a journal of three transactions."""
    with closing(Journal(path)) as journal:
        for transaction in SENT:
            journal.add(transaction)
        yield journal


def test_what_was_added_is_there_without_a_close(journal: Journal, path: Path) -> None:
    with closing(Journal(path)) as second:
        assert second.load() == SENT


def test_a_write_that_a_kill_cut_short_loses_itself_alone(journal: Journal, path: Path) -> None:
    whole = path.read_bytes()
    for cut in range(1, len(sign(2, None, data=b"code")) + 1):
        path.write_bytes(whole[:-cut])
        assert journal.load() == SENT[:2]


def test_written_anew_it_holds_what_waits_and_goes_on(journal: Journal, path: Path) -> None:
    journal.rewrite(lambda: SENT[2:])
    journal.add(SENT[0])
    assert journal.load() == [SENT[2], SENT[0]]


def test_it_says_when_it_is_long(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROWTH_MAX", 4)
    assert not journal.is_long
    journal.add(SENT[0])
    assert journal.is_long
    journal.rewrite(list)
    assert not journal.is_long
    assert journal.load() == []
