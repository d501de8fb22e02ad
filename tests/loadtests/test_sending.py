"""What is sent is told once, with what became of it, whether it was answered or not."""

import gevent
import pytest

from loadtests.address import read_address
from loadtests.calls import Arrival, Call
from loadtests.client import NotHttp, TimedOut, TransportFailure
from loadtests.outcomes import Kind, Outcome
from loadtests.recorder import Load, Recorder
from loadtests.seams import Reply
from loadtests.sending import Parts, Sender, batch_body, failure_outcome
from loadtests.slices import Ending, Slice
from tests.loadtests.wires import Talk, answer, answering_with, talking

RESULT = answer(b'{"jsonrpc":"2.0","id":1,"result":"0x1"}')
LOAD = Load(0, 0, 0, 0, 0, 0.0, 0.0)


class Watched:
    """A watch that keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, bytes, float, float]] = []

    def saw(self, arrival: Arrival, target: int, reply: Reply, sent_seconds: float, ended_seconds: float) -> None:
        """Keep it."""
        del arrival
        self.seen.append((target, reply.body, sent_seconds, ended_seconds))

    def take(self) -> dict[str, int]:
        """Return nothing."""
        return {}

    def heads(self) -> dict[int, int]:
        """Return nothing."""
        return {}


def source(number: int, at_seconds: float) -> Arrival:
    calls = tuple(Call("eth_call", b'{"n":%d}' % (number + place), number) for place in range(number % 2 + 1))
    return Arrival(at_seconds, 0, calls, is_batch=len(calls) > 1)


def send(*servers: list[Talk], numbers: list[int], pause_seconds: float = 0.0) -> tuple[Slice, Watched, Sender]:
    """Send requests to servers, and return what was counted and seen."""
    watch, recorder = Watched(), Recorder(0, 0.0)
    with talking(*servers[0]) as first, talking(*servers[-1]) as last:
        urls = (first, last)[: len(servers)]
        parts = Parts(
            tuple(map(read_address, urls)), 0.2, 0.0, source,
            lambda arrival, reply, sent: (Outcome(Kind.RESULT),) * len(arrival.calls), watch, recorder, pause_seconds,
        )  # fmt: skip
        sender = Sender(0, parts)
        with gevent.Timeout(10):
            for number in numbers:
                sender.send(number, 0.0, was_free=number == 0)
        for connection in sender._connections:
            connection.close()
    (counted,) = recorder.take(0, LOAD, {}, {})
    return counted, watch, sender


def test_targets_are_taken_in_turn_over_connections_that_stay() -> None:
    counted, watch, sender = send([answering_with(RESULT, RESULT)], [answering_with(RESULT, RESULT)], numbers=[0] * 4)
    assert [target for target, *_ in watch.seen] == [0, 1, 0, 1]
    assert (counted.sent, counted.answered, sender.opened) == (4, 4, 2)
    assert all(sent <= ended for _, _, sent, ended in watch.seen)


def test_only_who_was_free_can_be_late() -> None:
    counted, _, _ = send([answering_with(RESULT, RESULT)], numbers=[0, 2])
    assert len(counted.late) == 1


def test_a_batch_is_one_request_of_several_calls() -> None:
    counted, _, _ = send([answering_with(RESULT)], numbers=[1])
    assert (counted.sent, counted.endings) == (1, {Ending("eth_call", Kind.RESULT, None): 2})
    assert list(counted.times) == ["batch"]
    assert batch_body(source(1, 0.0)) == b'[{"n":1},{"n":2}]'


def test_failures_of_the_transport_are_counted_and_the_next_request_is_sent() -> None:
    counted, watch, sender = send([answering_with(b""), answering_with(RESULT)], numbers=[1, 0])
    assert counted.endings == {Ending("eth_call", Kind.TRANSPORT, None): 2, Ending("eth_call", Kind.RESULT, None): 1}
    assert (counted.sent, counted.answered, len(watch.seen), sender.opened) == (2, 2, 1, 2)
    assert len(counted.times["batch"].service) == 1


def test_who_waits_for_answers_pauses_after_a_failure_which_counts_in_no_time() -> None:
    counted, _, _ = send([answering_with(b""), answering_with(RESULT)], numbers=[0, 0], pause_seconds=0.3)
    assert max(counted.times["eth_call"].service) < 200_000


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(TimedOut(), Kind.TIMEOUT), (NotHttp(), Kind.MALFORMED), (TransportFailure(), Kind.TRANSPORT)],
)
def test_each_failure_of_the_transport_has_a_kind(failure: TransportFailure, kind: Kind) -> None:
    assert failure_outcome(failure) == Outcome(kind)
