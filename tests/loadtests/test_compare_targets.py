"""Differences come with intervals that hold the truth, and only targets of one chain are compared."""

from array import array
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from loadtests.compare_targets import (
    FIGURES,
    PAIRS_MAX,
    PAIRS_MIN,
    Comparison,
    bootstrap,
    check_same_chain,
    conclude_pairs,
    difference_of,
)
from loadtests.comparing import Example, PairCounts
from loadtests.errors import LoadError
from loadtests.outcomes import Kind
from loadtests.show_comparison import print_comparison
from loadtests.slices import MICROSECONDS, Ending
from tests.loadtests.served_chain import serving

RANDOM = np.random.default_rng(5)


def counts_of(ours: Any, theirs: Any, method: str = "eth_call") -> PairCounts:
    counts = PairCounts(compared=len(ours))
    counts.services[method] = (array(MICROSECONDS, map(int, ours)), array(MICROSECONDS, map(int, theirs)))
    return counts


def test_a_difference_is_found_though_moments_differ_much_more() -> None:
    moments = RANDOM.exponential(5000, 2000)
    comparison = conclude_pairs(counts_of(moments + 300, moments + RANDOM.exponential(100, 2000)), "there", 1)
    (whole, method) = comparison.methods
    assert (whole.method, method.method, method.pairs) == ("all", "eth_call", 2000)
    assert method.mean_difference_ms.value == pytest.approx(0.2, abs=0.02)
    low, high = method.mean_difference_ms.low, method.mean_difference_ms.high
    assert low is not None
    assert high is not None
    assert 0.18 < low < method.mean_difference_ms.value < high < 0.22
    assert method.median_difference_ms.value == pytest.approx(0.3 - 0.0693, abs=0.02)


def test_intervals_of_no_difference_hold_zero_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        ours, theirs = random.exponential(1.0, (2, 200))
        interval = difference_of("m", ours, theirs, seed).mean_difference_ms
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= 0 <= interval.high
    assert 34 <= held <= 40


def test_the_same_seed_gives_the_same_intervals() -> None:
    ours, theirs = RANDOM.exponential(1.0, (2, 200))
    first = difference_of("m", ours, theirs, 3)
    assert first == difference_of("m", ours, theirs, 3)
    assert first != difference_of("m", ours, theirs, 4)
    assert first.pairs == 200


def test_of_many_pairs_a_part_is_resampled_and_the_interval_is_of_all() -> None:
    widths = {}
    for count in (PAIRS_MAX, 4 * PAIRS_MAX):
        ours, theirs = RANDOM.exponential(1.0, (2, count))
        found = bootstrap(ours, theirs, lambda one, other: (one - other).mean(axis=1), np.random.default_rng(1))
        assert found.value == pytest.approx(float((ours - theirs).mean()))
        assert found.low is not None
        assert found.high is not None
        widths[count] = found.high - found.low
    assert widths[PAIRS_MAX] / widths[4 * PAIRS_MAX] == pytest.approx(2, rel=0.15)


def test_few_pairs_have_no_interval() -> None:
    ours = np.ones(PAIRS_MIN - 1)
    interval = difference_of("m", ours, ours * 2, 0).p99_difference_ms
    assert (interval.value, interval.low, interval.high) == (-1.0, None, None)


def test_what_the_second_target_failed_is_told() -> None:
    counts = counts_of([1], [2])
    rpc, timeout = Ending("a", Kind.RPC, 3), Ending("b", Kind.TIMEOUT, None)
    counts.endings |= {Ending("a", Kind.RESULT, None): 5, rpc: 2, timeout: 1}
    comparison = conclude_pairs(counts, "there", 0)
    assert comparison.other_failures == 3
    assert comparison.other_kinds == {"result": 5, "rpc": 2, "timeout": 1}


def test_gates_know_the_figures() -> None:
    comparison = conclude_pairs(counts_of([2000] * 20, [1000] * 20), "there", 0)
    assert tuple(comparison.figures()) == FIGURES
    assert comparison.figures()["median_difference_ms"] == 1.0
    assert set(conclude_pairs(PairCounts(), "there", 0).figures()) == {"mismatches", "other_failures"}


def test_what_people_see_names_mismatches(capsys: pytest.CaptureFixture[str]) -> None:
    counts = counts_of([2000] * 20, [1000] * 20)
    counts.mismatches = 1
    counts.keep(Example("eth_call", "{asked}", "$.result is [1], expected [2]"))
    print_comparison(conclude_pairs(counts, "there", 0), Console(width=120, markup=False))
    shown = capsys.readouterr().out
    assert "1 calls answered differently" in shown
    assert "mismatch: eth_call: $.result is [1], expected [2]" in shown
    assert "+1.00 [+1.00, +1.00]" in shown


def test_targets_of_one_chain_are_compared() -> None:
    with serving() as url, serving() as other:
        check_same_chain(url, other)


def test_another_chain_id_is_another_chain() -> None:
    def elsewhere(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"result": "0x1"} if request["method"] == "eth_chainId" else answer

    with (
        serving() as url,
        serving(elsewhere) as other,
        pytest.raises(LoadError, match=r"has chain id 1, expected .* 1337"),
    ):
        check_same_chain(url, other)


def test_another_block_is_another_chain() -> None:
    def forked(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == "eth_getBlockByNumber" and request["params"][0] == "0x5":
            answer["result"]["hash"] = "0x" + "00" * 32
        return answer

    with (
        serving() as url,
        serving(forked) as other,
        pytest.raises(LoadError, match="has another block 5 than the target"),
    ):
        check_same_chain(url, other)


def test_a_comparison_is_a_plain_value() -> None:
    assert isinstance(conclude_pairs(PairCounts(), "there", 0), Comparison)
