"""Catching up and no more: it ends on a log that moves on, and only a whole run is a success."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_node.errors import CouldNotJudge, LogUnavailable
from reference_node.roles import patience
from reference_node.roles import replica as replica_module
from reference_node.roles.replica import ReplicaSettings, _catch_up, run_replica
from tests.reference_node.roles.following import Rig, make_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a follower that has read nothing yet of a log with a genesis."""
    with make_rig(tmp_path) as made:
        yield made


def test_it_goes_to_the_end_that_the_log_has(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig.add_blocks(300)
    _catch_up(rig.follower, threading.Event())
    assert rig.follower.caught_up()
    assert capsys.readouterr().out == f"replica caught up at block 0 0x{rig.world.genesis.header.hash.hex()}\n"


def test_it_ends_on_a_log_that_moves_on_with_every_read(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    follow = rig.follower.follow

    def follow_while_the_master_writes(timeout_seconds: float = 0.0) -> int:
        rig.add_blocks(2)
        return follow(timeout_seconds)

    monkeypatch.setattr(rig.follower, "follow", follow_while_the_master_writes)
    _catch_up(rig.follower, threading.Event())
    assert rig.follower.view is not None


def test_a_long_run_is_followed_by_another(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "CATCH_UP_ROUND_SECONDS", -1.0)
    log_end = rig.follower.log_end
    ends: list[int] = []

    def counted() -> int:
        if len(ends) == 2:
            monkeypatch.setattr(replica_module, "CATCH_UP_ROUND_SECONDS", 60.0)
        ends.append(log_end())
        rig.add_blocks(1)
        return ends[-1]

    monkeypatch.setattr(rig.follower, "log_end", counted)
    _catch_up(rig.follower, threading.Event())
    assert ends == [2, 3, 4], "two rounds that took too long, and one that did not"
    assert rig.follower.next_offset >= ends[-1]


def test_a_run_that_is_told_to_stop_before_the_end_is_no_success(rig: Rig) -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(CouldNotJudge, match="stopped at offset 0, before the log's end at 2"):
        _catch_up(rig.follower, stopping)


def test_a_log_that_is_away_is_tried_a_few_times(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS_FIRST", 0.0)
    rig.log.is_away, asked = True, rig.log.asked
    with pytest.raises(LogUnavailable, match="no broker answers"):
        _catch_up(rig.follower, threading.Event())
    assert rig.log.asked == asked + patience.START_TRIES_MAX


def test_a_replica_without_a_log_ends_within_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS_FIRST", 0.0)
    settings = ReplicaSettings(tmp_path / "r", f"sqlite:///{tmp_path}/none.sqlite", "geth", port=0)
    with pytest.raises(LogUnavailable, match=r"none\.sqlite can't be opened"):
        run_replica(settings, threading.Event())
    assert not (tmp_path / "r").exists(), "nothing is left behind"
