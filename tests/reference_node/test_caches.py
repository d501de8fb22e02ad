"""The cache with a limit in bytes."""

from hypothesis import given
from hypothesis import strategies as st

from reference_node.caches import SizedCache


def test_what_was_not_used_for_longest_makes_room() -> None:
    cache = SizedCache(10)
    cache.put("a", 1, 4)
    cache.put("b", 2, 4)
    assert cache.get("a") == 1
    cache.put("c", 3, 4)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)
    assert cache.size_bytes == 8


def test_a_value_over_the_limit_is_not_kept_and_drops_nothing() -> None:
    cache = SizedCache(10)
    cache.put("a", 1, 10)
    cache.put("b", 2, 11)
    assert (cache.get("a"), cache.get("b")) == (1, None)


def test_a_key_put_again_counts_once() -> None:
    cache = SizedCache(10)
    cache.put("a", 1, 6)
    cache.put("a", 2, 3)
    assert (cache.get("a"), cache.size_bytes, len(cache)) == (2, 3, 1)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 12))))
def test_it_never_holds_more_than_its_limit(puts: list[tuple[int, int]]) -> None:
    cache = SizedCache(20)
    for key, size_bytes in puts:
        cache.put(key, size_bytes, size_bytes)
        assert cache.size_bytes <= cache.limit_bytes
        assert cache.get(key) == size_bytes
    assert cache.size_bytes == sum(cache.get(key) or 0 for key in range(9))
