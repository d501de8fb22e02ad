"""A question is known to be asked between two looks at the same heads, without a look before each."""

from conformance.heads import Side
from conformance.steady import TRUSTED_SECONDS, Steady
from tests.conformance.moving_chain import World


def steady(world: World, clock: float = 0.0) -> tuple[Steady, list[float]]:
    """Return what watches a world, and the time that it sees."""
    now = [clock]
    return Steady(Side(world.reference), Side(world.replica), lambda: now[0]), now


def test_heads_that_stand_still_are_known_to() -> None:
    found, now = steady(World([]))
    ticket = found.ticket()
    now[0] += 1000 * TRUSTED_SECONDS  # that no head has ever moved stays true
    assert found.ticket() == ticket
    assert found.stood_still_since(ticket)


def test_a_head_that_moves_shows_and_so_does_a_ticket_of_before() -> None:
    world = World([])
    found, _ = steady(world)
    before = found.ticket()
    world.heads.append(world.heads[-1].child(1))
    assert not found.stood_still_since(before)
    after = found.ticket()
    assert not found.stood_still_since(before)
    assert found.stood_still_since(after)
    world.followed = 1
    assert not found.stood_still_since(after)


def test_where_heads_move_an_old_look_proves_nothing() -> None:
    world = World([])
    found, now = steady(world)
    before = found.ticket()
    world.heads.append(world.heads[-1].child(1))
    assert not found.stood_still_since(before)
    now[0] += TRUSTED_SECONDS / 2
    assert found.stood_still_since(found.ticket())
    now[0] += TRUSTED_SECONDS * 2
    assert not found.stood_still_since(found.ticket())


def test_without_a_ticket_nothing_is_known() -> None:
    found, _ = steady(World([]))
    assert not found.stood_still_since(0)
