"""Kept machine code is never another source's, whoever wrote it and whenever."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from simulation import compiled, fast
from simulation.kept_code import OLD_SECONDS, KeptCode


def test_what_is_kept_is_found_again_by_its_key_alone(tmp_path: Path) -> None:
    one = KeptCode(tmp_path, "fail-1.py311", "aa")
    one.save(("int64", 1), {"code": b"x"})
    assert KeptCode(tmp_path, "fail-1.py311", "aa").load(("int64", 1)) == {"code": b"x"}
    assert one.load(("int64", 2)) is None


def test_who_still_runs_the_old_source_changes_nothing_for_the_new_one(tmp_path: Path) -> None:
    """Numba's own cache mixed them up: both wrote `fail-1.py311.1.nbc`."""
    old, new = (KeptCode(tmp_path, "fail-1.py311", stamp) for stamp in ("aa", "bb"))
    new.save("key", "new code")
    old.save("key", "old code")
    assert (old.load("key"), new.load("key")) == ("old code", "new code")
    new.flush()
    assert (old.load("key"), new.load("key")) == ("old code", None)


def test_code_that_was_not_written_to_its_end_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_paths: object) -> None:
        raise KeyboardInterrupt

    kept = KeptCode(tmp_path, "fail-1.py311", "aa")
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept.save("key", "code")
    assert kept.load("key") is None
    assert list(tmp_path.iterdir()) == []


def test_code_of_older_sources_is_removed_after_a_day(tmp_path: Path) -> None:
    stamps = ("old", "other", "new")
    old, other, new = (KeptCode(tmp_path, "fail-1.py311", stamp) for stamp in stamps)
    for kept in (old, other):
        kept.save("key", "code")
    day_before = time.time() - OLD_SECONDS - 1
    os.utime(old.path("key"), (day_before, day_before))
    new.save("key", "code")
    assert [kept.load("key") for kept in (old, other, new)] == [None, "code", "code"]


def test_compiled_functions_are_kept_under_the_sources_stamp() -> None:
    advance: Any = fast._advance
    run = advance._cache._cache_file
    assert isinstance(run, KeptCode)
    assert compiled._STAMP in run.path("key").name
