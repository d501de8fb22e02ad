"""Calls are drawn by the seed and the number alone, in the proportions of a mix, hot entries more often than cold."""

from collections import Counter

import orjson
import pytest

from loadtests.sampling import BLOCK, Drawer, Drawn, Group, Live, Template, plan_of, read_plan, zipf_weights

NOTHING = Live(lambda client: None, lambda: "0xsent", lambda: "0xraw")
TEMPLATES = [Template("a", 3, "[<name>,<place>]"), Template("b", 1, "[]")]
TABLES = {
    "name": [Group(1, ["1", "2", "3", "4"], [7, 8, 9, 10])],
    "place": [Group(0.75, ['"latest"']), Group(0.25, ['"0x1"', '"0x2"'], [1, 2])],
}


def drawer(seed: int = 1, skew: float = 1.0, batch: int = 1) -> Drawer:
    return Drawer(TEMPLATES, TABLES, skew, seed, batch)


def draw(count: int, which: Drawer) -> list[Drawn]:
    return [drawn for number in range(count) for drawn in which.draw(number, 0, NOTHING)]


def params(drawn: Drawn) -> list[object]:
    found: list[object] = orjson.loads(b'{"id":1' + drawn.tail)["params"]
    return found


def test_a_number_has_the_same_calls_whoever_asks_and_in_whatever_order() -> None:
    numbers = [3, BLOCK + 1, 4, 2 * BLOCK, 3]
    one, other = drawer(), drawer()
    first = [one.draw(number, 0, NOTHING) for number in numbers]
    assert first == [other.draw(number, 0, NOTHING) for number in numbers]
    assert first[0] == first[-1]
    assert draw(50, drawer(seed=2)) != draw(50, drawer(seed=1))


def test_methods_and_groups_have_their_shares() -> None:
    drawn = draw(8000, drawer())
    assert sum(each.method == "a" for each in drawn) == pytest.approx(6000, abs=150)
    latest = sum(params(each)[1] == "latest" for each in drawn if each.method == "a")
    assert latest == pytest.approx(4500, abs=150)


@pytest.mark.parametrize(("skew", "shares"), [(0.0, (0.25,) * 4), (1.0, (0.48, 0.24, 0.16, 0.12))])
def test_hot_entries_are_drawn_by_zipfs_law(skew: float, shares: tuple[float, ...]) -> None:
    assert zipf_weights(4, skew) == pytest.approx([share / shares[0] for share in shares])
    found = Counter(params(each)[0] for each in draw(12000, drawer(skew=skew)) if each.method == "a")
    total = found.total()
    assert [found[rank] / total for rank in (1, 2, 3, 4)] == pytest.approx(shares, abs=0.03)


def test_a_call_knows_the_block_it_needs() -> None:
    for each in draw(200, drawer()):
        if each.method == "a":
            name, place = params(each)
            assert each.block == (6 + int(str(name)) if place == "latest" else int(str(place), 16))


def test_a_batch_has_so_many_calls_of_independent_kinds() -> None:
    which = drawer(batch=5)
    batches = [which.draw(number, 0, NOTHING) for number in range(200)]
    assert {len(batch) for batch in batches} == {5}
    assert len({tuple(each.method for each in batch) for batch in batches}) > 5


def test_signs_stand_for_what_the_run_knows() -> None:
    tables = {
        "block": [Group(1, ['"@seen"'])],
        "hash": [Group(1, ['"@sent"'])],
    }
    templates = [Template("c", 1, "[<block>,<hash>]")]
    which = Drawer(templates, tables, 1.0, 0)
    (before,) = which.draw(0, 5, NOTHING)
    assert params(before) == ["latest", "0xsent"]
    assert (before.block, before.is_of_sent) == (None, True)
    (after,) = which.draw(0, 5, Live({5: 31}.get, lambda: "0xother", str))
    assert params(after) == ["0x1f", "0xother"]
    assert after.block == 31
    (raw,) = Drawer([Template("d", 1, "[<raw>]")], {"raw": [Group(1, ['"@raw"'])]}, 1.0, 0).draw(0, 0, NOTHING)
    assert params(raw) == ["0xraw"]
    assert not raw.is_of_sent


def test_groups_without_entries_or_share_leave_theirs_to_the_others() -> None:
    tables = {"name": [Group(0.9, []), Group(0, ["1"]), Group(0.1, ["2"])]}
    which = Drawer([Template("a", 1, "[<name>]")], tables, 1.0, 0)
    assert {params(each)[0] for each in draw(100, which)} == {2}


def test_a_plan_travels_as_json() -> None:
    templates, tables = read_plan(orjson.loads(orjson.dumps(plan_of(TEMPLATES, TABLES))))
    assert draw(100, Drawer(templates, tables, 1.0, 1)) == draw(100, drawer())
