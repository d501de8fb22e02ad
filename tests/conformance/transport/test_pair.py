"""Two nodes are asked at the same time, and each is held to its own answer and time."""

import socket
import threading
import time
from contextlib import closing

import pytest

from conformance.subject import Endpoint, Recorded, Reply
from conformance.transport.pair import ask_both, pair_of
from conformance.transport.settings import PLAIN, Kind, Transport
from tests.conformance.fake_node import Answerer, Wire, fake_node
from tests.conformance.questions import answer, question
from tests.conformance.transport.raw_node import RawNode, raw_node

ASKED = question()


def after(seconds: float, result: str) -> Answerer:
    """Answer after a while."""

    def answer_late(_body: str) -> Wire:
        time.sleep(seconds)
        return Wire(answer(result).encode())

    return answer_late


def ask_urls(one: str, other: str, first: Transport = PLAIN, second: Transport = PLAIN) -> tuple[Reply, Reply]:
    """Ask two nodes over new connections."""
    with closing(Endpoint(one, "", first)) as pair_one, closing(Endpoint(other, "", second)) as pair_other:
        return ask_both(pair_one, pair_other, ASKED)


def test_both_think_at_the_same_time() -> None:
    together = threading.Barrier(2)

    def answer_when_both_are_asked(_body: str) -> Wire:
        together.wait(10)
        return Wire(answer("0x1").encode())

    with fake_node(answer_when_both_are_asked) as one, fake_node(answer_when_both_are_asked) as other:
        replies = ask_urls(one, other)
    assert [reply.failure for reply in replies] == ["", ""]


@pytest.mark.parametrize("is_first_slow", [True, False])
def test_each_has_its_own_answer_and_time_whoever_is_first(is_first_slow: bool) -> None:
    seconds = (0.4, 0.0) if is_first_slow else (0.0, 0.4)
    with fake_node(after(seconds[0], "0xa")) as one, fake_node(after(seconds[1], "0xb")) as other:
        first, second = ask_urls(one, other)
    assert (first.body, second.body) == (answer("0xa").encode(), answer("0xb").encode())
    slow, fast = (first, second) if is_first_slow else (second, first)
    assert fast.seconds < 0.4 <= slow.seconds


@pytest.mark.parametrize("is_first", [True, False])
def test_one_that_hangs_takes_nothing_from_the_other(is_first: bool) -> None:
    is_over = threading.Event()

    def hang(_body: str) -> Wire:
        is_over.wait(30)
        return Wire(b"")

    transport = Transport(reply_seconds_max=0.3)
    with fake_node(hang) as hanging, fake_node(after(0.0, "0x1")) as right:
        urls = (hanging, right) if is_first else (right, hanging)
        replies = ask_urls(*urls, transport, transport)
        is_over.set()
    by_url = dict(zip(urls, replies, strict=True))
    assert by_url[hanging].failure == "it did not answer in time: 0.3 s"
    assert by_url[right].body == answer("0x1").encode()


def test_an_answer_that_was_there_in_time_counts_though_the_other_one_ended_late() -> None:
    """Which had begun sooner, and so was heard first."""

    def begin_and_hang(node: RawNode, connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1")
        return node.stop.wait(30)

    transport = Transport(reply_seconds_max=0.5)
    with raw_node(begin_and_hang) as hanging, fake_node(after(0.2, "0x1")) as right:
        replies = ask_urls(hanging.url, right, transport, transport)
    assert replies[0].failure == "its answer took longer than 0.5 s"
    assert replies[1].body == answer("0x1").encode()


def test_one_that_is_not_there_leaves_the_other_its_answer() -> None:
    with fake_node(after(0.0, "0x1")) as gone:
        pass
    with fake_node(after(0.0, "0x1")) as right:
        for urls in ((gone, right), (right, gone)):
            replies = dict(zip(urls, ask_urls(*urls), strict=True))
            assert replies[gone].failure == "no connection to it: Connection refused"
            assert replies[right].body == answer("0x1").encode()


def test_connections_are_kept_and_new_ones_tried_where_a_node_has_ended_them() -> None:
    with (
        fake_node(after(0.0, "0xa")) as one,
        fake_node(after(0.0, "0xb")) as other,
        closing(Endpoint(one)) as first,
        closing(Endpoint(other)) as second,
    ):
        for _ in range(3):
            assert [reply.failure for reply in ask_both(first, second, ASKED)] == ["", ""]
        for endpoint in (first, second):
            (kept,) = endpoint._connections._idle
            kept._socket.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
        replies = ask_both(first, second, ASKED)
    assert [reply.body for reply in replies] == [answer("0xa").encode(), answer("0xb").encode()]


def test_what_did_not_come_is_asked_again() -> None:
    wires = [Wire(b"12", bytes_withheld=1), Wire(b"12", bytes_withheld=1), Wire(b"34")]
    with fake_node(lambda _body: wires.pop(0)) as flaky, fake_node(after(0.0, "0x1")) as right:
        replies = ask_urls(flaky, right, Transport(retries=2))
    assert replies[0].body == b"34"


@pytest.mark.parametrize("transport", [Transport(Kind.BATCH), Transport(Kind.WEBSOCKET)])
def test_only_plain_http_makes_pairs(transport: Transport) -> None:
    plain, other = Endpoint("http://127.0.0.1:1"), Endpoint("http://127.0.0.1:2", "", transport)
    assert pair_of(plain, other) is None
    assert pair_of(Recorded("geth"), plain) is None
    assert pair_of(plain, Endpoint("http://127.0.0.1:2")) is not None
