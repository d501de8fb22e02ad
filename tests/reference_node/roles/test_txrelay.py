"""The relay: every transaction reaches the node or the dead letters, once, whatever breaks when."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reference_node.chain.types import encode_rlp
from reference_node.errors import LogRefused, LogUnavailable
from reference_node.log.interface import Record
from reference_node.log.sqlite import SqliteLog
from reference_node.roles import relay_decisions, txrelay
from reference_node.roles.txrelay import Relay, RelayCounters, TxRelaySettings, run_txrelay
from tests.reference_node.logs import Crash, Fuse
from tests.reference_node.roles.fake_nodes import FakeNode, away, busy, error, http_node
from tests.reference_node.worlds import sign

TOPIC, DEAD, GROUP = "geth-tx", "geth-tx-dead", "blue"
TRANSACTIONS = tuple(sign(number % 3, b"\x11" * 20, nonce=number // 3) for number in range(12))
POISON = b"\x80\x01"
STEPS_MAX = 400


class Stopper(threading.Event):
    """An event whose waits take no time but move a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_seconds = 0.0

    def clock(self) -> float:
        """Return the time."""
        return self.now_seconds

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass."""
        self.now_seconds += timeout or 0.0
        return self.is_set()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    """Return an empty log."""
    with closing(SqliteLog(tmp_path / "log.sqlite", create=True)) as log:
        yield log


def put(log: SqliteLog, values: Sequence[bytes]) -> None:
    """Append values to the transactions' topic."""
    log.append(TOPIC, [Record(value) for value in values])


def make(log: SqliteLog, node: FakeNode, stopper: Stopper, group: str = GROUP) -> Relay:
    """Return a relay whose waits take no time."""
    return Relay(log, TOPIC, group, DEAD, node, seed=1, clock=stopper.clock)


def drain(relay: Relay, log: SqliteLog, stopper: Stopper) -> None:
    """Step until all is settled."""
    for _ in range(STEPS_MAX):
        if relay.committed == log.bounds(TOPIC).end:
            return
        stopper.now_seconds += txrelay.READ_SECONDS
        relay.step(stopper)
    raise AssertionError(f"still at {relay.committed}")


def letters(log: SqliteLog) -> list[tuple[bytes, str]]:
    """Return the dead letters: value and reason."""
    found = log.read(DEAD, 0, 1000, 0).records
    return [(letter.record.value, dict(letter.record.headers)["reason"].decode()) for letter in found]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait at the end of the topic."""
    read = SqliteLog.read
    monkeypatch.setattr(SqliteLog, "read", lambda log, topic, at, limit, _: read(log, topic, at, limit, 0))


def test_what_the_topic_holds_is_sent_in_order_and_committed(log: SqliteLog) -> None:
    node, stopper = FakeNode(), Stopper()
    wrapped = encode_rlp(TRANSACTIONS[1])
    put(log, [TRANSACTIONS[0], wrapped, *TRANSACTIONS[2:]])
    relay = make(log, node, stopper)
    drain(relay, log, stopper)
    assert node.accepted == list(TRANSACTIONS)
    assert log.committed(TOPIC, GROUP) == len(TRANSACTIONS)
    assert relay.counters == RelayCounters(sent=12)
    assert letters(log) == []


def test_a_second_run_sends_nothing_again(log: SqliteLog) -> None:
    node, stopper = FakeNode(), Stopper()
    put(log, TRANSACTIONS)
    drain(make(log, node, stopper), log, stopper)
    make(log, node, stopper).step(stopper)
    assert node.sends == list(TRANSACTIONS)


def test_groups_relay_the_same_topic_each_by_itself(log: SqliteLog) -> None:
    nodes, stopper = (FakeNode(), FakeNode()), Stopper()
    put(log, TRANSACTIONS)
    for node, group in zip(nodes, ("blue", "green"), strict=True):
        drain(make(log, node, stopper, group), log, stopper)
    assert [node.accepted for node in nodes] == [list(TRANSACTIONS)] * 2


def test_known_and_mined_transactions_are_settled(log: SqliteLog) -> None:
    node, stopper = FakeNode(accepted=list(TRANSACTIONS[:2]), mined={TRANSACTIONS[1]}), Stopper()
    put(log, TRANSACTIONS[:3])
    relay = make(log, node, stopper)
    relay._doubtful_left = 0  # as after many records: nothing is asked before it is sent
    drain(relay, log, stopper)
    assert node.sends == list(TRANSACTIONS[:3])
    assert relay.counters == RelayCounters(sent=1, already_known=2)
    assert letters(log) == []


@pytest.mark.parametrize("code", [-32000, -32601])
def test_a_node_that_cannot_say_what_it_knows_is_sent_to_all_the_same(log: SqliteLog, code: int) -> None:
    """A geth with an empty chain says for ever that it indexes; other endpoints take transactions and tell nothing."""
    node, stopper = FakeNode(used_nonces={TRANSACTIONS[2]}), Stopper()
    node.silence = error(code, "transaction indexing is in progress")
    put(log, TRANSACTIONS[:3])
    relay = make(log, node, stopper)
    for _ in range(STEPS_MAX):
        stopper.now_seconds += 1.0
        relay.step(stopper)
    assert node.accepted == list(TRANSACTIONS[:2])
    assert relay.committed == 3
    [(value, reason)] = letters(log)
    assert value == TRANSACTIONS[2]
    assert reason.startswith("nonce too low: next nonce 5, tx nonce 0 (for 3")


def test_refused_ones_become_dead_letters_with_the_reason(log: SqliteLog) -> None:
    node, stopper = FakeNode({TRANSACTIONS[0]: "insufficient funds"}, used_nonces={TRANSACTIONS[1]}), Stopper()
    put(log, [*TRANSACTIONS[:3], POISON, b"", TRANSACTIONS[3]])
    relay = make(log, node, stopper)
    drain(relay, log, stopper)
    assert node.accepted == [TRANSACTIONS[2], TRANSACTIONS[3]]
    assert letters(log) == [
        (TRANSACTIONS[0], "insufficient funds"),
        (TRANSACTIONS[1], "nonce too low: next nonce 5, tx nonce 0"),
        (POISON, "no transaction: the value starts with byte 0x80, expected a transaction type or an RLP list"),
        (b"", "no transaction: the value is empty"),
    ]
    assert relay.counters.refused == 4


def test_a_node_that_is_away_gets_everything_once_it_is_back(log: SqliteLog) -> None:
    node, stopper = FakeNode(faults=[*[away] * 30, *[busy] * 5]), Stopper()
    put(log, TRANSACTIONS)
    relay = make(log, node, stopper)
    drain(relay, log, stopper)
    assert node.accepted == list(TRANSACTIONS)
    assert relay.counters.retried == 35
    assert 20 * relay_decisions.BACKOFF_SECONDS_MAX / 2 < stopper.now_seconds < 35 * relay_decisions.BACKOFF_SECONDS_MAX


def test_what_was_under_way_when_the_node_went_silent_is_asked_for_before_it_is_sent_again(log: SqliteLog) -> None:
    node, stopper = FakeNode(), Stopper()

    def take_and_say_nothing() -> None:
        node.accepted.append(TRANSACTIONS[0])
        away()

    node.faults = [take_and_say_nothing]
    put(log, TRANSACTIONS[:2])
    relay = make(log, node, stopper)
    relay._doubtful_left = 0
    drain(relay, log, stopper)
    assert node.sends == [TRANSACTIONS[1]]
    assert replace(relay.counters, lag_records=0) == RelayCounters(sent=1, already_known=1, retried=1)


def test_one_that_is_put_off_holds_up_no_other_but_the_commit(log: SqliteLog) -> None:
    full = [partial(error, -32000, "txpool is full")]
    node, stopper = FakeNode(faults=list(full)), Stopper()
    put(log, TRANSACTIONS[:3])
    relay = make(log, node, stopper)
    relay.step(stopper)
    assert node.accepted == [TRANSACTIONS[1], TRANSACTIONS[2]]
    assert relay.committed == 0
    drain(relay, log, stopper)
    assert node.accepted == [TRANSACTIONS[1], TRANSACTIONS[2], TRANSACTIONS[0]]


def test_one_that_is_put_off_for_ever_is_a_dead_letter_in_the_end(log: SqliteLog) -> None:
    node, stopper = FakeNode({TRANSACTIONS[0]: "txpool is full"}), Stopper()
    put(log, TRANSACTIONS[:2])
    relay = make(log, node, stopper)
    for _ in range(10_000):
        if relay.committed == 2:
            break
        relay.step(stopper)
        stopper.now_seconds += 1.0
    [(value, reason)] = letters(log)
    assert value == TRANSACTIONS[0]
    assert reason.startswith("txpool is full (for 30")


def test_the_window_is_bounded_while_one_is_put_off(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_decisions, "WINDOW_RECORDS_MAX", 4)
    node, stopper = FakeNode({TRANSACTIONS[0]: "txpool is full"}), Stopper()
    put(log, TRANSACTIONS)
    relay = make(log, node, stopper)
    for _ in range(50):
        relay.step(stopper)
    assert node.accepted == list(TRANSACTIONS[1:4])
    assert relay.committed == 0


def test_a_stop_while_the_node_is_away_is_prompt_and_loses_nothing(log: SqliteLog) -> None:
    put(log, TRANSACTIONS)
    stopping = threading.Event()
    relay = Relay(log, TOPIC, GROUP, DEAD, FakeNode(faults=[away] * 1000))
    thread = threading.Thread(target=relay.run, args=(stopping,))
    thread.start()
    while relay.counters.retried == 0:
        pass
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert relay.committed == 0


def test_the_lag_is_what_is_left_to_settle(log: SqliteLog) -> None:
    node, stopper = FakeNode(faults=[away] * 3), Stopper()
    put(log, TRANSACTIONS)
    relay = make(log, node, stopper)
    relay.step(stopper)
    assert relay.counters.lag_records == len(TRANSACTIONS)
    drain(relay, log, stopper)
    stopper.now_seconds += txrelay.LAG_SECONDS
    relay.step(stopper)
    assert relay.counters.lag_records == 0


def test_an_offset_that_the_topic_no_longer_holds_is_refused(log: SqliteLog) -> None:
    node, stopper = FakeNode(), Stopper()
    put(log, TRANSACTIONS)
    log.commit(TOPIC, GROUP, 3)
    log.truncate(TOPIC, 5)
    with pytest.raises(LogRefused, match=r"holds offsets 5 to 11, but group 'blue' goes on at 3: .* are gone"):
        make(log, node, stopper)
    log.commit(TOPIC, GROUP, 13)
    with pytest.raises(LogRefused, match="made anew"):
        make(log, node, stopper)
    oldest = Relay(log, TOPIC, GROUP, DEAD, node, start=-1, clock=stopper.clock)
    drain(oldest, log, stopper)
    assert node.accepted == list(TRANSACTIONS[5:])


def test_a_log_that_is_missing_is_said_so(tmp_path: Path) -> None:
    settings = TxRelaySettings(f"sqlite:///{tmp_path}/none.sqlite", TOPIC, GROUP, "http://127.0.0.1:1")
    with pytest.raises(LogUnavailable, match=r"none\.sqlite"):
        run_txrelay(settings, threading.Event())


def test_a_log_that_goes_away_is_waited_for_and_nothing_is_sent_again(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, stopping, failures = FakeNode({TRANSACTIONS[2]: "no"}), threading.Event(), iter(range(9))

    def flaky(action: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any) -> Any:
            if next(failures, None) in {1, 3, 4, 6}:
                raise LogUnavailable("away")
            if node.accepted and log.committed(TOPIC, GROUP) == 4:
                stopping.set()
            return action(*arguments)

        return act

    put(log, TRANSACTIONS[:4])
    relay = Relay(log, TOPIC, GROUP, DEAD, node)
    for name in ("read", "append", "commit"):
        monkeypatch.setattr(log, name, flaky(getattr(log, name)))
    relay.run(stopping)
    assert node.accepted == [*TRANSACTIONS[:2], TRANSACTIONS[3]]
    assert node.sends.count(TRANSACTIONS[0]) == 1
    assert [value for value, _ in letters(log)] == [TRANSACTIONS[2]]


class CrashingRelayLog(SqliteLog):
    """A log whose process ends by a fuse, at an append or a commit."""

    fuse: Fuse | None = None

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """Append, unless the process ends."""
        return self._around(partial(super().append, topic, records)) if records else super().append(topic, records)

    def commit(self, topic: str, group: str, offset: int) -> None:
        """Commit, unless the process ends."""
        self._around(partial(super().commit, topic, group, offset))

    def _around(self, action: Callable[[], Any]) -> Any:
        return self.fuse.around(action) if self.fuse else action()


class CrashingNode(FakeNode):
    """A node whose caller's process ends by a fuse, before or after the node takes a transaction."""

    fuse: Fuse | None = None

    def call(self, method: str, *params: object) -> dict[str, Any]:
        """Answer, unless the process ends."""
        answer = partial(super().call, method, *params)
        return self.fuse.around(answer) if self.fuse and method == "eth_sendRawTransaction" else answer()


topics = st.lists(st.sampled_from([*range(12), *range(12), "poison", "wrapped"]), min_size=1, max_size=14)
burning = st.lists(st.builds(Fuse, st.integers(0, 8), after=st.booleans()), max_size=6)
faults = st.lists(st.sampled_from([away, busy, partial(error, -32000, "txpool is full"), lambda: None]), max_size=5)


@given(topics, burning, st.sets(st.integers(0, 11), max_size=4), faults)
@example([0, 1], [Fuse(0, after=True), Fuse(1, after=True)], set(), [])
@example(["poison", 0], [Fuse(0, after=True)], {0}, [])
def test_after_kills_at_any_point_each_was_sent_or_buried_and_none_was_sent_again(
    content: list[Any], crashes: list[Fuse], refused: set[int], befalls: list[Any]
) -> None:
    run_with_crashes(content, crashes, refused, befalls)


def run_with_crashes(content: list[Any], crashes: list[Fuse], refused: set[int], befalls: list[Any]) -> None:
    """Relay these transactions with a relay that ends at each of these fuses, and check what came of it."""
    values = {"poison": POISON, "wrapped": encode_rlp(TRANSACTIONS[0])}
    records = [TRANSACTIONS[item] if isinstance(item, int) else values[item] for item in content]
    node = CrashingNode({TRANSACTIONS[number]: "insufficient funds" for number in refused}, faults=list(befalls))
    with TemporaryDirectory() as folder, closing(CrashingRelayLog(Path(folder) / "log", create=True)) as log:
        put(log, records)
        stopper, left = Stopper(), iter([*crashes, None])
        for attempt in count():
            log.fuse = node.fuse = fuse = next(left)
            try:
                drain(make(log, node, stopper), log, stopper)
            except Crash:
                assert fuse is not None
            else:
                if fuse is None:
                    break
            assert attempt < 10
        sent = {TRANSACTIONS[0] if item == "wrapped" else value for item, value in zip(content, records, strict=True)}
        good = sent - {POISON} - set(node.refusals)
        assert sorted(node.accepted) == sorted(good)
        assert len(node.accepted) == len(set(node.accepted))
        assert sorted(raw for raw in node.sends if raw in good) == sorted(node.accepted)
        bad = [value for value in records if relay_decisions.unwrapped(value) in {POISON, *node.refusals}]
        assert sorted(value for value, _ in letters(log)) == sorted(bad)


@pytest.mark.parametrize(
    ("name", "fault", "content", "crashes", "refused"),
    [
        ("Window.take_committable", lambda window: window.next_offset, [0, 1], [(0, True)], set()),
        ("Relay._node_knows", lambda relay, entry: False, [0, 1], [(0, True)], set()),
        ("buried_offsets", lambda *_: frozenset(), ["poison", 0], [(0, True)], set()),
    ],
    ids=["commits first", "sends without asking", "buries again"],
)
def test_the_check_finds_a_planted_fault(
    name: str, fault: Any, content: list[Any], crashes: list[tuple[int, bool]], refused: set[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fuses() -> list[Fuse]:
        return [Fuse(left, after=after) for left, after in crashes]

    run_with_crashes(content, fuses(), refused, [])
    monkeypatch.setattr(f"reference_node.roles.txrelay.{name}", fault)
    with pytest.raises(AssertionError):
        run_with_crashes(content, fuses(), refused, [])


def test_a_relay_process_speaks_http(log: SqliteLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node, stopping = FakeNode(), threading.Event()
    put(log, TRANSACTIONS[:2])

    def respond(body: bytes) -> tuple[int, bytes]:
        answer = node.answer(body)
        if len(node.accepted) == 2:
            stopping.set()
        return 200, answer

    with http_node(respond) as url:
        run_txrelay(TxRelaySettings(f"sqlite:///{tmp_path}/log.sqlite", TOPIC, GROUP, url), stopping)
    assert node.accepted == list(TRANSACTIONS[:2])
    assert log.committed(TOPIC, GROUP) == 2
    assert f"sends topic geth-tx from offset 0 on to {url} for group blue" in capsys.readouterr().out
