"""Over HTTP an endpoint is asked on kept connections, and whatever comes back ends as a reply or a named failure."""

import gzip
import socket
import time
import zlib
from contextlib import closing
from threading import Barrier, Event, Thread

import pytest

from conformance.subject import Endpoint, Reply
from conformance.transport import http_answer
from conformance.transport.settings import Transport
from tests.conformance.questions import question
from tests.conformance.transport.conftest import Connect
from tests.conformance.transport.raw_node import RawNode, http, raw_node, sends

ASKED = question()
QUICK = Transport(reply_seconds_max=0.3, connect_seconds_max=1.0, reply_bytes_max=1000)


def zipped(body: bytes) -> bytes:
    """Return a compressed body that is the same at all times: names of tests follow from it."""
    return gzip.compress(body, mtime=0)


def reply_to(data: bytes, *, closes: bool = False, transport: Transport = QUICK) -> Reply:
    """Return the reply that an answer of these bytes makes."""
    with raw_node(sends(data, closes=closes)) as node, closing(Endpoint(node.url, transport=transport)) as endpoint:
        return endpoint.ask(ASKED)


def test_a_connection_is_kept_from_question_to_question() -> None:
    with raw_node(sends(http(b"1"))) as node, Endpoint(node.url) as endpoint:
        assert [endpoint.ask(ASKED).body for _ in range(5)] == [b"1"] * 5
        assert node.connections == 1
    assert [node.body(place) for place in range(1, 6)] == [ASKED.body.encode()] * 5


def test_threads_ask_at_a_time_on_connections_of_their_own(connect: Connect) -> None:
    together = Barrier(4, timeout=10)

    def meet(_node: RawNode, connection: socket.socket, request: bytes) -> bool:
        together.wait()
        connection.sendall(http(request[-2:]))
        return True

    with raw_node(meet) as node:
        endpoint = connect(node.url)
        replies: list[Reply] = []
        threads = [Thread(target=lambda: replies.append(endpoint.ask(ASKED))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [reply.body for reply in replies] == [ASKED.body.encode()[-2:]] * 4
    assert node.connections == 4


def test_no_more_is_in_flight_than_agreed(connect: Connect) -> None:
    seen: list[int] = []
    open_now: list[int] = []
    go_on = Event()

    def count(_node: RawNode, connection: socket.socket, _request: bytes) -> bool:
        open_now.append(1)
        seen.append(len(open_now))
        if len(seen) > 1:
            go_on.set()
        go_on.wait(0.05)
        open_now.pop()
        connection.sendall(http(b"1"))
        return True

    with raw_node(count) as node:
        endpoint = connect(node.url, transport=Transport(in_flight_max=2))
        threads = [Thread(target=endpoint.ask, args=(ASKED,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 8
    assert max(seen) == 2


@pytest.mark.parametrize(
    ("data", "closes", "body"),
    [
        (http(b"all"), False, b"all"),
        (http(b""), False, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nal\r\n1\r\nl\r\n0\r\n\r\n", False, b"all"),
        (b"HTTP/1.1 200 OK\r\n\r\nall until the end", True, b"all until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", True, b"old"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + http(b"all"), False, b"all"),
        (http(zipped(b"all"), headers="Content-Encoding: gzip\r\n"), False, b"all"),
        (http(b"all", headers="Content-Encoding: identity\r\n"), False, b"all"),
    ],
)
def test_every_way_to_send_a_body_is_read(data: bytes, closes: bool, body: bytes) -> None:
    reply = reply_to(data, closes=closes)
    assert (reply.status, reply.body, reply.failure) == (200, body, "")


@pytest.mark.parametrize(
    ("data", "closes", "failure"),
    [
        (b"", True, "closed the connection without an answer"),
        (b"HTTP/1.1 200", True, "before the end of its answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123", True, "before the end of its answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12", True, "before the end of its answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123", False, "took longer than 0.3 s"),
        (b"", False, "did not answer in time"),
        (b"SSH-2.0-OpenSSH\r\n", False, "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", False, "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456", False, "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", False, "is not HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", False, "another protocol"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * http_answer.HEAD_BYTES_MAX, False, "the head of its answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50, False, "interim answers"),
        (http(b"1" * 1001), False, "longer than 1000 bytes"),
        (
            http(zipped(b"1" * 10_000_000), headers="Content-Encoding: gzip\r\n"),
            False,
            "longer than 1000 bytes",
        ),
        (http(b"all", headers="Content-Encoding: gzip\r\n"), False, "said to be gzip and is not"),
        (http(zipped(b"all")[:-6], headers="Content-Encoding: gzip\r\n"), False, "ends too early"),
        (http(zipped(b"all") + b"more", headers="Content-Encoding: gzip\r\n"), False, "more behind"),
        (http(b"all", headers="Content-Encoding: br\r\n"), False, "encoded as 'br'"),
        (http(b"all", headers="Content-Encoding: gzip, gzip\r\n"), False, "encoded as 'gzip, gzip'"),
        (http(b"all", headers="Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"), False, "encoded as 'gzip'"),
    ],
)
def test_whatever_else_comes_is_a_named_failure(data: bytes, closes: bool, failure: str) -> None:
    started = time.monotonic()
    reply = reply_to(data, closes=closes)
    assert failure in reply.failure
    assert (reply.status, reply.body) == (0, b"")
    assert time.monotonic() - started < 5


def test_the_time_for_an_answer_is_over_even_while_it_drips(connect: Connect) -> None:
    def drip(node: RawNode, connection: socket.socket, _request: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not node.stop.wait(0.02):
            connection.sendall(b"1")
        return False

    with raw_node(drip) as node:
        started = time.monotonic()
        reply = connect(node.url, transport=QUICK).ask(ASKED)
    assert "took longer than 0.3 s" in reply.failure
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("behind", [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2", b"rubbish"])
def test_bytes_behind_an_answer_are_never_the_next_answer(behind: bytes, connect: Connect) -> None:
    with raw_node(sends(http(b"1") + behind)) as node:
        endpoint = connect(node.url, transport=QUICK)
        assert [endpoint.ask(ASKED).body for _ in range(3)] == [b"1"] * 3
    assert node.connections == 3


def test_an_answer_that_comes_too_late_is_never_the_next_answer(connect: Connect) -> None:
    def late(node: RawNode, connection: socket.socket, _request: bytes) -> bool:
        if len(node.requests) == 1:
            connection.sendall(http(b"early") + b"HTTP/1.1 200 OK\r\nContent-Le")
            return True
        connection.sendall(http(b"right"))
        return True

    with raw_node(late) as node:
        endpoint = connect(node.url, transport=QUICK)
        assert [endpoint.ask(ASKED).body for _ in range(2)] == [b"early", b"right"]


def test_a_connection_that_ended_while_it_was_idle_is_opened_anew(connect: Connect) -> None:
    with raw_node(sends(http(b"1"), closes=True)) as node:
        endpoint = connect(node.url)
        assert [endpoint.ask(ASKED).failure for _ in range(3)] == [""] * 3
    assert node.connections == 3


def test_a_question_is_asked_again_only_as_often_as_is_agreed(connect: Connect) -> None:
    with raw_node(sends(b"", closes=True)) as node:
        assert connect(node.url).ask(ASKED).failure
        assert len(node.requests) == 1
        assert connect(node.url, transport=Transport(retries=2)).ask(ASKED).failure
        assert len(node.requests) == 4


def test_nobody_there_is_a_named_failure(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "no connection to it" in connect(f"http://127.0.0.1:{port}").ask(ASKED).failure
    assert "no connection to it" in connect("http://no-such-host.invalid:1").ask(ASKED).failure


def test_one_who_speaks_no_tls_is_a_named_failure(connect: Connect) -> None:
    with raw_node(sends(http(b"1"))) as node:
        url = node.url.replace("http:", "https:")
        assert "no TLS with it" in connect(url, transport=QUICK).ask(ASKED).failure


def test_redirects_are_answers_like_others() -> None:
    reply = reply_to(http(b"", "308 Permanent Redirect", "Location: http://127.0.0.1:1/\r\n"))
    assert (reply.status, reply.failure) == (308, "")


def test_headers_are_sent_with_every_question_and_in_nobodys_sight(connect: Connect) -> None:
    transport = Transport(headers={"Authorization": "Bearer secret", "host": "node.example"}, gzip=True)
    with raw_node(sends(http(b"1"))) as node:
        endpoint = connect(node.url, transport=transport)
        endpoint.ask(ASKED)
    head = node.requests[0].decode()
    assert "\r\nAuthorization: Bearer secret\r\n" in head
    assert "\r\nhost: node.example\r\n" in head
    assert "Host:" not in head
    assert "\r\nAccept-Encoding: gzip\r\n" in head
    assert "secret" not in repr(transport) + endpoint.name


def test_user_and_password_of_an_url_are_sent_and_not_shown(connect: Connect) -> None:
    with raw_node(sends(http(b"1"))) as node:
        endpoint = connect(node.url.replace("//", "//me:p%40ss@") + "/path?key=1")
        endpoint.ask(ASKED)
    assert node.requests[0].startswith(b"POST /path?key=1 HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Basic bWU6cEBzcw==\r\n" in node.requests[0]
    assert endpoint.name == f"{node.url}/path?key=1"


def test_a_long_question_is_sent_whole_and_a_long_answer_read_whole(connect: Connect) -> None:
    body = bytes(range(32, 127)) * 100_000
    asked = question(params=["0x" + "ab" * 5_000_000])
    with raw_node(sends(http(body))) as node:
        reply = connect(node.url).ask(asked)
    assert reply.body == body
    assert node.body(0) == asked.body.encode()


@pytest.mark.parametrize("cut", range(1, 60))
def test_it_does_not_matter_how_an_answer_arrives(cut: int) -> None:
    data = http(zipped(b"all of it"), headers="Content-Encoding: gzip\r\nX-EtherCattle-Block-Number: 7\r\n")
    answer = http_answer.HttpAnswer(1000)
    for start in range(0, len(data), cut):
        assert not answer.is_whole
        answer.feed(data[start : start + cut])
    assert answer.is_whole
    assert answer.body == b"all of it"
    assert answer.headers == {"X-EtherCattle-Block-Number": "7"}
    assert answer.leaves_connection_usable


def test_what_gzip_of_another_kind_holds_is_refused() -> None:
    data = http(zlib.compress(b"all"), headers="Content-Encoding: gzip\r\n")
    assert "is not" in reply_to(data).failure


def test_a_node_that_takes_a_long_question_in_sips_is_given_up_in_time() -> None:
    is_over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def sip() -> None:
            connection, _ = listener.accept()
            with connection:
                while not is_over.wait(0.01) and connection.recv(200_000):
                    pass

        thread = Thread(target=sip)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with closing(Endpoint(url, transport=QUICK)) as endpoint:
            started = time.monotonic()
            reply = endpoint.ask(question(params=["x" * 60_000_000]))
            seconds = time.monotonic() - started
        is_over.set()
        thread.join()
    assert reply.failure == "it did not answer in time: 0.3 s"
    assert seconds < 2
