"""The same seed draws the same examples, evenly; what fails is shrunk to the simplest that fails as well."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import strategies as st

from conformance.generate.engine import GROUP, Drawer

PAIRS = st.tuples(st.sampled_from(range(1000)), st.lists(st.sampled_from(range(50)), max_size=8))


def test_an_example_depends_on_its_seed_and_number_alone() -> None:
    drawer = Drawer(PAIRS, "7")
    every = drawer.draw(0, 100)
    assert len(every) == 100
    assert drawer.draw(0, 100) == every
    assert Drawer(PAIRS, "7").draw(GROUP // 2, 30) == every[GROUP // 2 : GROUP // 2 + 30]
    assert Drawer(PAIRS, "8").draw(0, 100) != every


def test_examples_are_not_the_few_simplest_ones() -> None:
    numbers = Counter(number for number, _ in Drawer(PAIRS, "1").draw(0, 400))
    assert len(numbers) > 300
    assert max(numbers.values()) < 10


def test_examples_too_long_to_be_drawn_together_are_drawn_alone() -> None:
    long = st.lists(st.sampled_from(range(10**6)), min_size=800, max_size=900)
    drawn = Drawer(long, "1").draw(0, GROUP)
    assert len(drawn) == GROUP
    assert Drawer(long, "1").draw(3, 1) == [drawn[3]]


def test_what_fails_is_shrunk() -> None:
    def fails(pair: tuple[int, list[int]]) -> bool:
        return pair[0] > 300 and len(pair[1]) >= 2

    drawer = Drawer(PAIRS, "7")
    number = next(place for place, pair in enumerate(drawer.draw(0, 100)) if fails(pair))
    assert drawer.shrink(number, fails) == (301, [0, 0])


def test_what_does_not_fail_again_is_not_shrunk() -> None:
    assert Drawer(PAIRS, "7").shrink(5, lambda _: False) is None


def test_a_failure_that_comes_and_goes_ends_with_one_that_was_seen() -> None:
    seen: list[tuple[int, list[int]]] = []

    def fails_three_times(pair: tuple[int, list[int]]) -> bool:
        seen.append(pair)
        return len(seen) <= 3

    assert Drawer(PAIRS, "7").shrink(5, fails_three_times) in seen[:3]


def test_nothing_is_left_where_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Drawer(PAIRS, "7").draw(0, 20)
    Drawer(PAIRS, "7").shrink(5, lambda pair: len(pair[1]) > 0)
    assert list(tmp_path.iterdir()) == []
