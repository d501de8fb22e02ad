"""A master follows a node's chain through every reorg, and ends with the database that an import would have made."""

import dataclasses
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reference_node.chain.types import Block, Body, decode_block, encode_block
from reference_node.errors import InvalidBlock, UsageError
from reference_node.log.sqlite import SqliteLog
from reference_node.roles import following
from reference_node.roles.block_source import RpcSource, SourceAway
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.follower import Follower
from reference_node.roles.following import Follow, FollowSettings, Stopped, run_following
from reference_node.roles.ledger import ForkChoiceMove, Ledger
from reference_node.roles.outlet import Outlet
from reference_node.store.leveldb import Store
from tests.reference_node.logs import TOPIC, public_content
from tests.reference_node.roles.fake_sources import FakeSource, grow_tree
from tests.reference_node.worlds import World

TREE_BLOCKS = 16
STEPS_MAX = 60
SEED = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a source goes next: places in the tree, -1 for the genesis."""

    head: int
    safe_back: int
    finalized_back: int
    """How many blocks before the head; above 9: the source names none."""


moves = st.builds(Moved, st.integers(-1, TREE_BLOCKS - 1), st.integers(0, 11), st.integers(0, 11))


@dataclass(frozen=True, slots=True)
class Master:
    """A master in this process."""

    writer: ChainWriter
    outlet: Outlet
    ledger: Ledger
    log: SqliteLog


WORLD = World()
TREE = grow_tree(WORLD, TREE_BLOCKS, seed=SEED)


def new_source(blocks: Sequence[Block] = TREE) -> FakeSource:
    """Return a source that stands at the genesis."""
    return FakeSource(WORLD, list(blocks))


@contextmanager
def master_in(folder: Path) -> Iterator[Master]:
    """Open a master's database and log."""
    with closing(Store(folder / "master")) as store, closing(SqliteLog(folder / "log.sqlite", create=True)) as log:
        ledger = Ledger(store)
        with closing(Outlet(ledger, log, TOPIC)) as outlet:
            outlet.connect(promote=False, stopping=threading.Event())
            yield Master(ChainWriter(ledger, WORLD.genesis), outlet, ledger, log)


def follow_of(master: Master, source: FakeSource, stopping: threading.Event | None = None) -> Follow:
    """Return what follows a source."""
    rpc = RpcSource(source, "http://source")
    genesis_hash = WORLD.genesis.header.hash
    return Follow(master.writer, master.outlet, rpc, genesis_hash, "http://source", stopping or threading.Event())


def arrive(follow: Follow) -> None:
    """Follow until the source's head is reached, through its outages."""
    for _ in range(STEPS_MAX):
        try:
            if follow.step():
                return
        except SourceAway:
            follow.lost()
    raise AssertionError(f"not there after {STEPS_MAX} steps")


def move(source: FakeSource, to: Moved) -> None:
    """Set the tags of a source."""
    source.head = WORLD.genesis.header.hash if to.head < 0 else TREE[to.head].header.hash
    branch = source.branch(source.head)

    def back(blocks: int) -> bytes:
        return b"" if blocks > 9 else branch[max(0, len(branch) - 1 - blocks)]

    source.safe, source.finalized = back(to.safe_back), back(to.finalized_back)


def tags_of(master: Master) -> tuple[bytes, bytes | None, bytes | None]:
    """Return head, safe and finalized."""
    position = master.ledger.position
    return master.writer.head.hash, position.safe_hash, position.finalized_hash


def imported_content(folder: Path, followed: Master, source: FakeSource) -> dict[bytes, bytes]:
    """Return the database of a master that imports the same blocks: the source's chain, the others beside it."""
    head, safe, finalized = tags_of(followed)
    with closing(Store(folder / "import")) as store:
        writer = ChainWriter(Ledger(store), WORLD.genesis)
        chain = set(source.branch(head))
        for block in TREE:
            if block.header.hash in chain:
                writer.extend(block)
        for block in TREE:
            if block.header.hash not in chain and followed.writer.knows(block.header.hash):
                writer.add_side(block)
        writer.choose(ForkChoiceMove(safe, finalized), writer.header(head))
        return public_content(store)


def replicated_content(folder: Path, log: SqliteLog) -> dict[bytes, bytes]:
    """Return the database of a replica that follows the log."""
    with closing(Store(folder / "replica")) as store:
        follower = Follower(store, log, TOPIC)
        while not follower.caught_up():
            follower.follow()
        return public_content(store)


@settings(max_examples=25)
@given(st.lists(st.tuples(moves, st.integers(-1, 12)), min_size=1, max_size=6), st.sampled_from([1, 2, 3, 256]))
@example([(Moved(head, 11, 11), -1) for head in range(TREE_BLOCKS)], 256)
@example([(Moved(TREE_BLOCKS - 1, 1, 2), -1), (Moved(-1, 0, 0), -1), (Moved(0, 0, 0), 3)], 2)
def test_through_any_reorgs_the_database_is_what_an_import_makes(steps: list[tuple[Moved, int]], stride: int) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        patch.setattr(following, "STRIDE_BLOCKS", stride)
        patch.setattr(following, "BLOCKS_KEPT", stride)
        source, folder = new_source(), Path(name)
        with master_in(folder) as master:
            follow = follow_of(master, source)
            expected: tuple[bytes | None, bytes | None] = (None, None)
            for to, calls_until_away in steps:
                move(source, to)
                source.calls_until_away = calls_until_away
                arrive(follow)
                expected = (source.safe or expected[0], source.finalized or expected[1])
                assert tags_of(master) == (source.head, *expected)
            content = public_content(master.ledger.store)
            assert imported_content(folder, master, source) == content
            assert replicated_content(folder, master.log) == content


def test_the_tree_has_deep_reorgs() -> None:
    source = new_source()
    tips = {block.header.hash for block in TREE} - {block.header.parent_hash for block in TREE}
    branches = [set(source.branch(tip)) for tip in tips]
    assert max(len(left - right) for left in branches for right in branches) >= 5
    assert len(tips) >= 3


def test_a_plain_step_is_one_batch_with_its_tags(tmp_path: Path) -> None:
    source = new_source()
    with master_in(tmp_path) as master:
        follow = follow_of(master, source)
        source.head = source.safe = source.finalized = WORLD.genesis.header.hash
        arrive(follow)
        before = master.ledger.position.chain.sequence
        for block_hash in source.branch(TREE[-1].header.hash)[1:]:
            source.head = source.safe = source.finalized = block_hash
            arrive(follow)
            before += 1
            assert master.ledger.position.chain.sequence == before
            assert tags_of(master) == (block_hash,) * 3
        calls = source.calls
        assert follow.step()
        assert master.ledger.position.chain.sequence == before, "nothing new, so nothing is written"
        assert source.calls - calls == 4


def test_tags_that_are_of_another_chain_are_stored_first(tmp_path: Path) -> None:
    """Geth goes on naming a safe block that a reorg has left."""
    source = new_source()
    tips = sorted({block.header.hash for block in TREE} - {block.header.parent_hash for block in TREE})
    source.head, source.safe = tips[:2]
    with master_in(tmp_path) as master:
        arrive(follow_of(master, source))
        assert tags_of(master) == (tips[0], tips[1], None)
        assert master.writer.header(tips[1]).hash == tips[1]


def test_tags_read_while_the_head_moves_are_left_for_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = new_source()
    first, second = source.branch(TREE[-1].header.hash)[1:3]
    source.head = first
    answers = source.call

    def call(method: str, *params: object) -> dict[str, object]:
        answer = answers(method, *params)
        if params[0] == "latest":  # moves right after the head was read
            source.head = source.safe = source.finalized = second
        return answer

    monkeypatch.setattr(source, "call", call)
    with master_in(tmp_path) as master:
        follow = follow_of(master, source)
        assert follow.step()
        assert tags_of(master) == (first, None, None)
        assert follow.step()
        assert tags_of(master) == (second, second, second)


def wrong_block(block: Block) -> Block:
    """Return a block that says another gas used than its transactions use."""
    return decode_block(
        encode_block(dataclasses.replace(block, header=dataclasses.replace(block.header, gas_used=21_001)))
    )


def test_a_block_that_breaks_a_rule_ends_it_at_the_block_before(tmp_path: Path) -> None:
    source = new_source()
    chain = source.branch(TREE[-1].header.hash)
    good = next(block for block in TREE if block.header.hash == chain[3])
    bad = wrong_block(next(block for block in TREE if block.header.hash == chain[4]))
    source = new_source([*TREE, bad])
    source.head = bad.header.hash
    with master_in(tmp_path) as master:
        with pytest.raises(InvalidBlock, match=r"block 4 0x[0-9a-f]{64}: gas used is 21001, expected \d+") as caught:
            follow_of(master, source).step()
        assert bad.header.hash.hex() in str(caught.value)
        assert master.writer.head == good.header
        assert not master.writer.knows(bad.header.hash)
        assert replicated_content(tmp_path, master.log) == public_content(master.ledger.store)


def test_a_bad_branch_leaves_the_head_where_it_was(tmp_path: Path) -> None:
    source = new_source()
    chain = source.branch(TREE[-1].header.hash)
    bad = wrong_block(next(block for block in TREE if block.header.hash == chain[2]))
    source = new_source([*TREE, bad])
    source.head = chain[-1]
    with master_in(tmp_path) as master:
        follow = follow_of(master, source)
        arrive(follow)
        source.head = bad.header.hash
        with pytest.raises(InvalidBlock, match="block 2"):
            follow.step()
        assert master.writer.head.hash == chain[-1]


def test_a_source_of_another_chain_is_refused(tmp_path: Path) -> None:
    other = World(timestamp=77)
    source = FakeSource(other, [])
    said = r"its block 0 is 0x[0-9a-f]{64}, but the genesis here is 0x[0-9a-f]{64}"
    with master_in(tmp_path) as master, pytest.raises(UsageError, match=said):
        follow_of(master, source).step()


def test_a_source_that_comes_back_as_another_chain_is_refused(tmp_path: Path) -> None:
    source = new_source()
    with master_in(tmp_path) as master:
        follow = follow_of(master, source)
        arrive(follow)
        other = FakeSource(World(timestamp=77), [])
        source.call = other.call  # type: ignore[method-assign]
        follow.lost()
        with pytest.raises(UsageError, match="follows another chain"):
            follow.step()


def test_a_branch_that_never_meets_ours_is_refused(tmp_path: Path) -> None:
    """A source that answers block 0 rightly and goes on with another chain."""
    other = World(timestamp=77)
    foreign = grow_tree(other, 2, seed=1)
    genesis = encode_block(Block(other.genesis.header, Body((), (), (), 0)))
    source = FakeSource(other, foreign, raw={other.genesis.header.hash: genesis})
    source.head = foreign[-1].header.hash
    with master_in(tmp_path) as master:
        follow = follow_of(master, source)
        follow._is_checked = True
        with pytest.raises(InvalidBlock, match="starts another chain"):
            follow.step()
        assert master.writer.head.number == 0


def test_a_stop_ends_a_step_between_two_blocks(tmp_path: Path) -> None:
    source, stopping = new_source(), threading.Event()
    source.head = TREE[-1].header.hash
    with master_in(tmp_path) as master:
        follow = follow_of(master, source, stopping)

        def stop_at_two(done: int, _of: int) -> None:
            if done == 2:
                stopping.set()

        with pytest.raises(Stopped):
            follow.step(stop_at_two)
        assert master.writer.head.number == 2
        assert replicated_content(tmp_path, master.log) == public_content(master.ledger.store)


def test_heartbeats_go_on_while_the_source_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, stopping = new_source(), threading.Event()
    source.head = TREE[-1].header.hash
    with master_in(tmp_path) as master:
        asked: list[int] = []
        answers = source.call

        def call(method: str, *params: object) -> dict[str, object]:
            asked.append(master.ledger.counters.heartbeats)
            if master.ledger.counters.heartbeats >= 3:
                stopping.set()
            if len(asked) > 1:
                source.calls_until_away = 0
            return answers(method, *params)

        source.call = call  # type: ignore[method-assign]
        follow_settings = FollowSettings("http://user:secret@source/path?key=1", 0.01)
        run_following(follow_of(master, source), master.writer, master.outlet, follow_settings, 0.02, stopping)
        assert master.writer.head.number == 0
        assert master.ledger.counters.heartbeats >= 3
        assert len(asked) < 30, "a source that is away is asked after pauses that grow"
    assert capsys.readouterr().out == ""


def test_it_says_once_that_it_is_level_and_names_no_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, stopping = new_source(), threading.Event()
    source.head = TREE[-1].header.hash
    answers = source.call

    def call(method: str, *params: object) -> dict[str, object]:
        if source.calls > 60:
            stopping.set()
        return answers(method, *params)

    source.call = call  # type: ignore[method-assign]
    with master_in(tmp_path) as master:
        follow_settings = FollowSettings("http://user:secret@source/path?key=1", 0.01)
        run_following(follow_of(master, source), master.writer, master.outlet, follow_settings, 60.0, stopping)
    head = TREE[-1].header
    assert capsys.readouterr().out == f"level with http://source/path at block {head.number} 0x{head.hash.hex()}\n"
