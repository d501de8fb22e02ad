"""A histogram puts each value below the least bound that is not smaller, as Prometheus has it."""

from hypothesis import given
from hypothesis import strategies as st

from reference_node.counters import CALL_SECONDS, WORK_SECONDS, Histogram


def test_a_value_on_a_bound_is_within_it() -> None:
    found = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5, 99.0):
        found.observe(value)
    assert (found.counts, found.total) == ([2, 2, 2], 106.5)


@given(st.lists(st.floats(0, 100)))
def test_every_value_is_counted_once_and_where_it_belongs(values: list[float]) -> None:
    found = Histogram(CALL_SECONDS)
    for value in values:
        found.observe(value)
    for place, bound in enumerate(CALL_SECONDS):
        assert sum(found.counts[: place + 1]) == sum(value <= bound for value in values)
    assert sum(found.counts) == len(values)


def test_bounds_grow() -> None:
    for bounds in (CALL_SECONDS, WORK_SECONDS):
        assert list(bounds) == sorted(set(bounds))
