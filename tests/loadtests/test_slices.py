"""Slices and tasks travel as lines without loss."""

from array import array
from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from loadtests.outcomes import Kind
from loadtests.shapes import Segment
from loadtests.slices import MICROSECONDS, MICROSECONDS_MAX, Ending, Slice, Times, read_slice
from loadtests.task import Task, read_task

COUNTS = st.integers(0, 2**40)
MICROS = st.lists(st.integers(0, MICROSECONDS_MAX)).map(lambda values: array(MICROSECONDS, values))
METHODS = st.sampled_from(["eth_call", "eth_getLogs", "batch"])
ENDINGS = st.builds(Ending, METHODS, st.sampled_from(Kind), st.none() | st.integers(-40000, 600))
SLICES = st.builds(
    Slice, st.integers(0, 63), COUNTS, st.booleans(), COUNTS, COUNTS, COUNTS, COUNTS, COUNTS,
    st.dictionaries(ENDINGS, COUNTS), st.dictionaries(METHODS, st.builds(Times, MICROS, MICROS)), MICROS, MICROS,
    st.dictionaries(st.text(), COUNTS), st.dictionaries(st.integers(0, 9), COUNTS), COUNTS, COUNTS, st.floats(0, 1),
    st.floats(0, 1),
)  # fmt: skip


@given(SLICES)
def test_a_slice_is_read_as_it_was_written(one: Slice) -> None:
    line = one.to_line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_slice(orjson.loads(line)) == one


def test_failures_are_all_but_results_and_allowed_nulls() -> None:
    endings = {Ending("m", kind, None): 10**place for place, kind in enumerate(Kind)}
    one = Slice(0, 0, is_warmup=False, endings=endings)
    assert one.failed == sum(10**place for place in range(2, len(Kind)))


def test_a_task_is_read_as_it_was_written() -> None:
    task = Task(
        targets=("http://a", "http://b"), segments=(Segment(0, 1, 2, 3),), replay=(0.5, 1.5), process=1, processes=4,
        seed=9, requests={"kind": "fixed", "method": "eth_chainId"},
    )  # fmt: skip
    assert read_task(task.to_line()) == task
    assert replace(task, seed=10) != task
