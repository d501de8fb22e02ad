"""Over WebSocket a question is a message, and whatever comes back ends as a reply or a named failure."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from websockets.sync.server import ServerConnection, serve

from conformance.corpus import Question
from conformance.transport.endpoint import has_no_answer
from conformance.transport.settings import Kind, Transport
from tests.conformance.questions import question
from tests.conformance.transport.conftest import Connect
from tests.conformance.transport.raw_node import http, raw_node, sends

ASKED = question()
QUICK = Transport(reply_seconds_max=0.3, connect_seconds_max=1.0, reply_bytes_max=1000)


@contextmanager
def websocket_node(talk: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Serve WebSockets on a free port and give the URL."""
    with serve(talk, "127.0.0.1", 0, compression="deflate") as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def echo(connection: ServerConnection) -> None:
    """Say what is said."""
    for message in connection:
        connection.send(message)


@pytest.mark.parametrize("gzip", [False, True])
def test_questions_are_messages_on_one_connection(connect: Connect, gzip: bool) -> None:
    seen: list[ServerConnection] = []

    def count(connection: ServerConnection) -> None:
        seen.append(connection)
        echo(connection)

    with websocket_node(count) as url:
        endpoint = connect(url, Transport(headers={"X-Key": "secret"}, gzip=gzip))
        replies = [endpoint.ask(ASKED) for _ in range(3)]
        endpoint.close()
    assert [(reply.status, reply.body, reply.failure) for reply in replies] == [(200, ASKED.body.encode(), "")] * 3
    assert len(seen) == 1
    assert seen[0].request is not None
    assert seen[0].request.headers["X-Key"] == "secret"
    assert "secret" not in endpoint.name


def test_an_http_url_can_be_asked_over_websocket(connect: Connect) -> None:
    with websocket_node(echo) as url:
        endpoint = connect(url.replace("ws:", "http:"), Transport(Kind.WEBSOCKET))
        assert endpoint.ask(ASKED).body == ASKED.body.encode()
        assert endpoint.name == url
        endpoint.close()


def hang(connection: ServerConnection) -> None:
    """Listen, and say nothing."""
    for _ in connection:
        pass


def end(connection: ServerConnection) -> None:
    """Close at the first message, with a reason."""
    connection.recv()
    connection.close(1011, "no more")


def cut(connection: ServerConnection) -> None:
    """Drop the connection at the first message."""
    connection.recv()
    connection.socket.close()


def talk_long(connection: ServerConnection) -> None:
    """Answer with more than is taken."""
    connection.recv()
    connection.send("1" * 1001)
    hang(connection)


@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (hang, "did not answer in time"),
        (end, "code 1011 \\(no more\\)"),
        (cut, "closed the connection"),
        (talk_long, "longer than 1000 bytes"),
    ],
)
def test_whatever_else_comes_is_a_named_failure(
    connect: Connect, talk: Callable[[ServerConnection], None], failure: str
) -> None:
    started = time.monotonic()
    with websocket_node(talk) as url:
        reply = connect(url, QUICK).ask(ASKED)
    assert reply.status == 0
    assert re.search(failure, reply.failure), reply.failure
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("data", "closes", "failure"),
    [
        (http(b"no", "403 Forbidden"), False, "HTTP status 403"),
        (b"rubbish\r\n\r\n", False, "no WebSocket"),
        (b"", True, "no WebSocket"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", False, "no WebSocket"),
    ],
)  # fmt: skip
def test_one_who_offers_no_websocket_is_named(connect: Connect, data: bytes, closes: bool, failure: str) -> None:
    with raw_node(sends(data, closes=closes)) as node:
        reply = connect(node.url, Transport(Kind.WEBSOCKET, connect_seconds_max=1.0)).ask(ASKED)
    assert failure in reply.failure


def test_nobody_there_is_a_named_failure(connect: Connect) -> None:
    assert "no connection to it" in connect("ws://127.0.0.1:1", QUICK).ask(ASKED).failure


@pytest.mark.parametrize("body", ['{"jsonrpc":"2.0","method":"eth_chainId"}', '[{"method":"a"},{"method":"b"}]'])
def test_what_has_no_answer_is_not_waited_for(connect: Connect, body: str) -> None:
    with websocket_node(hang) as url:
        reply = connect(url).ask(Question("bodies/notification", "bodies", "", body, ""))
    assert "a notification has no answer" in reply.failure


@pytest.mark.parametrize(
    "body", ["", "[]", "[1]", "{}", '{"id":1,"method":"x"}', '[{"method":"a"},{"id":1,"method":"b"}]']
)
def test_what_has_an_answer_is_asked(body: str) -> None:
    assert not has_no_answer(body)
