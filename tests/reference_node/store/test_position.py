"""A position comes back as it was written."""

from hypothesis import given
from hypothesis import strategies as st

from reference_node.log.codec_writebatch import Chain
from reference_node.store.position import (
    DIGESTS_KEPT,
    POSITION_KEY,
    EthercattlePosition,
    Position,
    digest_key,
    encode_position,
    position_writes,
    read_position,
)
from reference_node.store.schema import is_private
from tests.reference_node.worlds import MemoryStore
from tests.strategies import hashes, uint64s

positions = st.builds(
    Position,
    st.builds(Chain, uint64s, hashes),
    st.integers(-1, 2**63),
    uint64s,
    uint64s,
    st.none() | hashes,
    st.none() | hashes,
    st.binary(min_size=16, max_size=16),
    st.none()
    | st.builds(
        EthercattlePosition,
        st.none() | st.integers(0, 2**63),
        uint64s,
        st.lists(st.binary(min_size=16, max_size=16), max_size=3).map(tuple),
    ),
)


@given(positions)
def test_a_position_comes_back_as_written(position: Position) -> None:
    assert read_position(MemoryStore({POSITION_KEY: encode_position(position)})) == position


def test_an_empty_database_stands_before_the_first_record() -> None:
    assert read_position(MemoryStore()) == Position()
    assert Position().offset == -1
    assert Position().chain.sequence == 0


@given(positions)
def test_book_keeping_stays_among_the_private_keys(position: Position) -> None:
    assert all(is_private(key) for key, _ in position_writes(position))


def test_digests_are_kept_for_a_while() -> None:
    store = MemoryStore()
    for sequence in range(1, DIGESTS_KEPT + 10):
        store.write(dict(position_writes(Position(Chain(sequence, bytes([sequence % 256]) * 32)))))
    assert store.get(digest_key(9)) is None
    assert store.get(digest_key(10)) == bytes([10]) * 32
    assert len(store) == DIGESTS_KEPT + 1
