"""Answers that do not fit together are found, and nothing else: what overtakes is no fault."""

from typing import Any

import orjson
import pytest

from loadtests.calls import Arrival, Call
from loadtests.consistency import FIGURES, HASHES_MAX, Consistency, HeadWatch, Rises, conclude, read_head
from loadtests.seams import Reply


def asked(client: int = 0, method: str = "eth_chainId") -> Arrival:
    return Arrival(0.0, client, (Call(method, b"", 1),))


def told(head: int | None, block_hash: str = "", result: Any = "0x1") -> Reply:
    headers = {} if head is None else {b"x-ethercattle-block-number": b"%d" % head}
    if block_hash:
        headers[b"x-ethercattle-block-hash"] = block_hash.encode()
    return Reply(200, headers, orjson.dumps({"jsonrpc": "2.0", "id": 1, "result": result}))


def see(watch: HeadWatch, head: int, sent: float, ended: float, client: int = 0, target: int = 0) -> None:
    watch.saw(asked(client), target, told(head), sent, ended)


def test_a_head_that_goes_backwards_for_one_client_is_a_regression() -> None:
    watch = HeadWatch()
    see(watch, 10, 0.0, 1.0)
    see(watch, 9, 1.5, 2.0)
    see(watch, 10, 2.5, 3.0)
    see(watch, 9, 3.5, 4.0)
    assert watch.take()["head_regressions"] == 2
    assert watch.take() == {}


def test_an_answer_that_was_overtaken_is_no_regression() -> None:
    watch = HeadWatch()
    see(watch, 9, 0.0, 1.0)
    see(watch, 11, 1.0, 2.0)
    see(watch, 9, 1.5, 2.5)  # sent before 11 was shown
    assert "head_regressions" not in watch.take()
    see(watch, 10, 2.1, 3.0)
    assert watch.take()["head_regressions"] == 1


def test_another_client_was_shown_nothing() -> None:
    watch = HeadWatch()
    see(watch, 10, 0.0, 1.0, client=1)
    see(watch, 8, 1.5, 2.0, client=2)
    counts = watch.take()
    assert "head_regressions" not in counts
    assert (counts["behind_blocks_2"], counts["behind_blocks_max"]) == (1, 2)
    assert (watch.seen_head(1), watch.seen_head(2), watch.seen_head(3)) == (10, 8, None)


def test_how_long_a_newer_head_was_known_is_told() -> None:
    watch = HeadWatch()
    see(watch, 10, 0.0, 1.0, client=1)
    see(watch, 11, 1.0, 2.0, client=1)
    see(watch, 12, 2.0, 3.0, client=1)
    assert watch.stale_seconds(10, 5.0) == pytest.approx(3.0)
    assert watch.stale_seconds(11, 5.0) == pytest.approx(2.0)
    assert (watch.stale_seconds(12, 5.0), watch.stale_seconds(10, 1.5)) == (0.0, 0.0)
    see(watch, 10, 4.5, 5.0, client=2)
    assert watch.take()["behind_ms_max"] == 2500


def test_heads_are_kept_by_target() -> None:
    watch = HeadWatch()
    see(watch, 10, 0.0, 1.0, target=1)
    see(watch, 9, 0.0, 1.1, target=0)
    see(watch, 8, 0.0, 1.2, target=1)
    assert watch.heads() == {0: 9, 1: 10}


def test_another_hash_for_a_height_is_a_disagreement_and_a_switch_back_another() -> None:
    watch = HeadWatch()
    for block_hash in ("0xa", "0xa", "0xb", "0xb", "0xa"):
        watch.saw(asked(), 0, told(5, block_hash), 0.0, 1.0)
    counts = watch.take()
    assert (counts["hashes_told"], counts["hash_disagreements"]) == (5, 2)


def test_hashes_of_old_heights_are_forgotten() -> None:
    watch = HeadWatch()
    for number in range(HASHES_MAX + 1):
        watch.saw(asked(), 0, told(number, "0xa"), 0.0, 1.0)
    watch.saw(asked(), 0, told(0, "0xb"), -1.0, 1.0)
    assert "hash_disagreements" not in watch.take()


def test_without_headers_block_number_tells_the_head_and_blocks_their_hashes() -> None:
    watch = HeadWatch()
    assert read_head(asked(method="eth_blockNumber"), told(None, result="0x1f")) == 31
    assert read_head(asked(method="eth_getBalance"), told(None, result="0x1f")) is None
    assert read_head(asked(method="eth_blockNumber"), Reply(200, {}, b"{}")) is None
    assert read_head(asked(), Reply(200, {b"x-ethercattle-block-number": b"many"}, b"")) is None
    for block_hash in ("0xa", "0xb"):
        reply = told(None, result={"number": "0x5", "hash": block_hash})
        watch.saw(asked(method="eth_getBlockByNumber"), 0, reply, 0.0, 1.0)
    watch.saw(asked(method="eth_getBlockByNumber"), 0, told(None, result=None), 0.0, 1.0)
    assert watch.take() == {"hashes_told": 2, "hash_disagreements": 1}


def test_rises_look_back() -> None:
    rises = Rises()
    assert (rises.head_at(1.0), rises.left_behind(3)) == (-1, None)
    for head, at_seconds in ((3, 1.0), (3, 2.0), (5, 3.0), (4, 4.0)):
        rises.show(head, at_seconds)
    assert [rises.head_at(at_seconds) for at_seconds in (0.5, 1.0, 2.9, 3.0, 9.0)] == [-1, 3, 3, 5, 5]
    assert [rises.left_behind(head) for head in (2, 3, 4, 5)] == [1.0, 3.0, 3.0, None]


def test_figures_are_made_of_summed_counts() -> None:
    found = conclude(
        {
            "heads_told": 1000, "head_regressions": 2, "behind_blocks_1": 30, "behind_blocks_3": 5,
            "behind_blocks_max": 3, "behind_ms_max": 40, "hashes_told": 9, "own_block_calls": 4,
            "read_your_block_failures": 1,
        }
    )  # fmt: skip
    assert found == Consistency(
        head_regressions=2, stale_answers=0, answers_behind=35, answers_behind_share=0.035, behind_blocks_p99=1,
        behind_blocks_max=3, behind_ms_max=40, hash_disagreements=0, read_your_block_failures=1,
    )  # fmt: skip
    assert set(found.figures()) == set(FIGURES)
    assert found.figures()["head_regressions"] == 2.0


def test_what_nothing_told_of_is_no_figure() -> None:
    assert conclude({}).figures() == {}
    assert set(conclude({"heads_told": 1}).figures()) == set(FIGURES) - {
        "hash_disagreements",
        "read_your_block_failures",
    }
