"""The master imports files into its database and log, whole or up to the first thing that is wrong."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.chain.files import read_blocks
from reference_node.chain.types import Block, decode_block, encode_block
from reference_node.errors import ChainFileError, InvalidBlock, LogRefused, LogUnavailable, StoreError, UsageError
from reference_node.log.codec_writebatch import HEARTBEAT, decode
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.follower import Follower
from reference_node.roles.following import FollowSettings
from reference_node.roles.master import DevSettings, MasterSettings, run_master
from reference_node.store.leveldb import Store, database_path
from reference_node.store.position import OUTBOX_PREFIX, Position
from reference_node.store.publish import whole_head
from tests.reference_node.logs import TOPIC, public_content
from tests.reference_node.roles.fake_nodes import http_node
from tests.reference_node.roles.fake_sources import FakeSource
from tests.reference_node.worlds import World, genesis_item, sign


@pytest.fixture(scope="module")
def chain() -> list[Block]:
    """Return five blocks."""
    world = World()
    return [world.add(sign(0, b"\x11" * 20, nonce=nonce)).executed.block for nonce in range(5)]


def write_chain(path: Path, blocks: list[Block]) -> Path:
    """Write a chain file."""
    path.write_bytes(b"".join(map(encode_block, blocks)))
    return path


def settings_in(folder: Path, **fields: object) -> MasterSettings:
    """Return settings of a master in this folder that ends after its import."""
    genesis = folder / "genesis.json"
    genesis.write_text(json.dumps(genesis_item("bpo1", {})))
    base = MasterSettings(
        folder / "master", genesis, f"sqlite:///{folder}/log.sqlite", TOPIC, period_seconds=0.0, exit_when_done=True
    )
    return dataclasses.replace(base, **fields)  # type: ignore[arg-type]


def follow(folder: Path) -> int:
    """Bring a replica up, check that it is equal to the master, and return its head's number (-1: none)."""
    with (
        closing(SqliteLog(folder / "log.sqlite", create=False)) as log,
        closing(Store(folder / "replica")) as replica,
        closing(Store(folder / "master")) as master,
    ):
        follower = Follower(replica, log, TOPIC)
        while not follower.caught_up():
            follower.follow()
        assert public_content(replica) == public_content(master)
        assert list(master.iterator(prefix=OUTBOX_PREFIX)) == []
        head = whole_head(replica)
        return -1 if head is None else head.number


def test_an_import_reaches_the_replica(tmp_path: Path, chain: list[Block], capfd: pytest.CaptureFixture[str]) -> None:
    chain_file = write_chain(tmp_path / "chain.rlp", chain)
    settings = settings_in(tmp_path, chain_files=(chain_file,))
    run_master(settings, threading.Event())
    assert follow(tmp_path) == 5
    assert capfd.readouterr().out == f"master at block 5 0x{chain[-1].header.hash.hex()}\n"
    run_master(settings, threading.Event())
    with closing(SqliteLog(tmp_path / "log.sqlite", create=False)) as log:
        assert log.bounds(TOPIC).end == 7, "an import of what is there already publishes nothing"


def test_a_restart_goes_on_with_the_rest(tmp_path: Path, chain: list[Block]) -> None:
    run_master(settings_in(tmp_path, chain_files=(write_chain(tmp_path / "a.rlp", chain[:2]),)), threading.Event())
    assert follow(tmp_path) == 2
    run_master(settings_in(tmp_path, chain_files=(write_chain(tmp_path / "b.rlp", chain),)), threading.Event())
    assert follow(tmp_path) == 5


def test_a_block_that_breaks_a_rule_ends_the_import_there(tmp_path: Path, chain: list[Block]) -> None:
    wrong = dataclasses.replace(chain[3], header=dataclasses.replace(chain[3].header, gas_used=1))
    blocks = [*chain[:3], decode_block(encode_block(wrong)), chain[4]]
    with pytest.raises(InvalidBlock, match="block 4"):
        run_master(settings_in(tmp_path, chain_files=(write_chain(tmp_path / "c", blocks),)), threading.Event())
    assert follow(tmp_path) == 3


def test_a_broken_chain_file_is_refused_before_any_block(tmp_path: Path, chain: list[Block]) -> None:
    path = write_chain(tmp_path / "chain.rlp", chain)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ChainFileError, match=r"chain\.rlp: no block at byte"):
        run_master(settings_in(tmp_path, chain_files=(path,)), threading.Event())
    assert follow(tmp_path) == 0


def test_blocks_are_read_as_they_are_imported(
    tmp_path: Path, chain: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no chain has to fit in memory: a file is read to see that it is whole, and then again."""
    read, stopping = 0, threading.Event()

    def counted(path: Path) -> Iterator[Block]:
        nonlocal read
        for block in read_blocks(path):
            read += 1
            if read == len(chain) + 2:
                stopping.set()
            yield block

    monkeypatch.setattr("reference_node.roles.master.read_blocks", counted)
    run_master(settings_in(tmp_path, chain_files=(write_chain(tmp_path / "c", chain),)), stopping)
    assert read == len(chain) + 2
    assert follow(tmp_path) == 1


def test_the_genesis_alone_is_enough_for_a_replica_to_start(tmp_path: Path) -> None:
    run_master(settings_in(tmp_path), threading.Event())
    assert follow(tmp_path) == 0


def test_a_refusal_leaves_a_new_database_empty(tmp_path: Path, chain: list[Block]) -> None:
    run_master(settings_in(tmp_path, chain_files=(write_chain(tmp_path / "c", chain),)), threading.Event())
    with pytest.raises(LogRefused, match="sequence 6, but this database at 0"):
        run_master(settings_in(tmp_path, datadir=tmp_path / "second"), threading.Event())
    with closing(Store(tmp_path / "second")) as second:
        assert list(second.iterator()) == []


def test_another_genesis_fences_nobody(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    run_master(settings, threading.Event())
    for other, reason in (
        (genesis_item("bpo1", {}, timestamp=5), "holds the chain of genesis"),
        (genesis_item("prague", {}), "holds a chain with another config"),
    ):
        settings.genesis.write_text(json.dumps(other))
        with pytest.raises(StoreError, match=reason):
            run_master(dataclasses.replace(settings, promote=True), threading.Event())
    run_master(settings_in(tmp_path), threading.Event())


def test_a_database_that_no_master_has_filled_is_refused(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "master")) as store:
        store.apply(World().genesis.writes.items(), Position())
    with pytest.raises(StoreError, match="no master has written"):
        run_master(settings_in(tmp_path), threading.Event())


def test_a_promoted_replica_goes_on_where_its_master_ended(tmp_path: Path, chain: list[Block]) -> None:
    run_master(settings_in(tmp_path, chain_files=(write_chain(tmp_path / "a", chain[:3]),)), threading.Event())
    assert follow(tmp_path) == 3
    (tmp_path / "master").rename(tmp_path / "old")
    (tmp_path / "replica").rename(tmp_path / "master")
    promoted = settings_in(tmp_path, promote=True, chain_files=(write_chain(tmp_path / "b", chain),))
    run_master(promoted, threading.Event())
    assert follow(tmp_path) == 5


def test_blocks_come_one_a_period_with_heartbeats_between(tmp_path: Path, chain: list[Block]) -> None:
    path = write_chain(tmp_path / "chain.rlp", chain[:2])
    run_master(
        settings_in(tmp_path, chain_files=(path,), period_seconds=0.09, heartbeat_seconds=0.04), threading.Event()
    )
    with closing(SqliteLog(tmp_path / "log.sqlite", create=False)) as log:
        kinds = [decode(stored).kind for stored in log.read(TOPIC, 0, 100, 0).records]
    assert kinds.count(HEARTBEAT) >= 2  # four where the machine keeps pace
    assert kinds.count(b"batch") == 3


def test_a_stop_during_the_import_publishes_what_there_is(tmp_path: Path, chain: list[Block]) -> None:
    stopping = threading.Event()
    stopping.set()
    path = write_chain(tmp_path / "chain.rlp", chain)
    run_master(settings_in(tmp_path, chain_files=(path,), exit_when_done=False), stopping)
    assert follow(tmp_path) == 0


@pytest.mark.parametrize(
    ("fields", "error", "reason"),
    [
        ({"topic": "geth:5"}, UsageError, "a master takes a name without an offset"),
        ({"broker": "localhost"}, UsageError, "expected host:port,host:port or sqlite:///path"),
        ({"broker": "sqlite:////nowhere/at/all.sqlite"}, LogUnavailable, "can't be opened"),
        ({"dev": DevSettings("127.0.0.1", 0, (), (), ())}, UsageError, "exclude each other"),
        ({"chain_files": (Path("/nowhere.rlp"),)}, ChainFileError, "/nowhere.rlp"),
    ],
)
def test_wrong_settings_are_said_in_one_line(
    tmp_path: Path, fields: dict[str, object], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason) as caught:
        run_master(settings_in(tmp_path, **fields), threading.Event())
    assert "\n" not in str(caught.value)
    assert not list(database_path(tmp_path / "master").glob("LOCK.held"))
    Store(tmp_path / "master").close()


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"dev": DevSettings("127.0.0.1", 0, (), (), ())}, "--dev"),
        ({"forkchoice": Path("forkchoice.json")}, "--forkchoice"),
        ({"period_seconds": 1.0}, "--period"),
        ({"exit_when_done": True}, "--exit-when-done"),
    ],
)
def test_following_excludes_what_chooses_blocks_otherwise(tmp_path: Path, fields: dict[str, object], flag: str) -> None:
    settings = settings_in(tmp_path, **{"exit_when_done": False, **fields}, follow=FollowSettings("http://127.0.0.1:1"))
    with pytest.raises(UsageError, match=f"--follow and {flag} exclude each other: "):
        run_master(settings, threading.Event())


@pytest.mark.parametrize("endpoint", ["", "ws://127.0.0.1:8546", "http://"])
def test_what_can_not_be_followed_is_refused_before_anything_is_made(tmp_path: Path, endpoint: str) -> None:
    settings = settings_in(tmp_path, exit_when_done=False, follow=FollowSettings(endpoint))
    with pytest.raises(UsageError, match="--follow is "):
        run_master(settings, threading.Event())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["genesis.json"]


def test_following_goes_on_from_an_import(
    tmp_path: Path, chain: list[Block], capfd: pytest.CaptureFixture[str]
) -> None:
    stopping = threading.Event()
    world = World()
    source = FakeSource(world, chain, head=chain[-1].header.hash)

    def respond(body: bytes) -> tuple[int, bytes]:
        request = json.loads(body)
        answer = source.call(request["method"], *request["params"])
        if source.calls > 30:
            stopping.set()
        return 200, json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}).encode()

    with http_node(respond) as url:
        settings = settings_in(
            tmp_path, exit_when_done=False, follow=FollowSettings(url, 0.01),
            chain_files=(write_chain(tmp_path / "chain.rlp", chain[:2]),),
        )  # fmt: skip
        run_master(settings, stopping)
    assert follow(tmp_path) == 5
    imported, level = capfd.readouterr().out.splitlines()
    assert imported == f"master at block 2 0x{chain[1].header.hash.hex()}"
    assert level == f"level with {url} at block 5 0x{chain[-1].header.hash.hex()}"
