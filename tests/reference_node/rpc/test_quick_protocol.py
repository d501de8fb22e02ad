"""The short way answers as the usual way does, and leaves to it what is not plain; asked over a real socket."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import httptools
import pytest

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc import quick_protocol
from reference_node.rpc.methods import METHODS
from reference_node.rpc.quick_protocol import UNFINISHED_HEAD_BYTES_MAX, plain_head
from reference_node.rpc.registry import Method
from reference_node.rpc.serve import listen, serve
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import backend_of, served_health
from tests.reference_node.worlds import World

BODY = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":"0x539"}'
LINES = (b"POST / HTTP/1.1", b"Host: 127.0.0.1", b"Content-Type: application/json")


def whole(*extra: bytes, body: bytes = BODY, lines: tuple[bytes, ...] = LINES) -> bytes:
    """Return the bytes of a request."""
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([*lines, *extra, length, b"", body])


class Counting:
    """An application that knows how many calls took the short way."""

    def __init__(self) -> None:
        self._backend: Backend = backend_of(World())
        methods = {**METHODS, "eth_slow": Method("eth_slow", (), lambda _: "slow", slow=True)}
        self.app = JsonRpcApp(self, HttpSettings(), methods)
        self.quick = 0
        inner = self.app.quick_answer

        def counted(body: bytes, headers: dict[bytes, bytes]) -> bytes | None:
            answer = inner(body, headers)
            self.quick += answer is not None
            return answer

        self.app.quick_answer = counted  # type: ignore[method-assign]

    def backend(self) -> Backend | None:
        """Return the one backend."""
        return self._backend

    def health(self) -> Health:
        """Return that all is well."""
        return served_health(self._backend)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Counting, int]]:
    counting, stopping, listener = Counting(), threading.Event(), listen("127.0.0.1", 0)
    thread = threading.Thread(target=serve, args=(counting.app, listener, stopping))
    thread.start()
    try:
        yield counting, listener.getsockname()[1]
    finally:
        stopping.set()
        thread.join(20)
        listener.close()


class Answers:
    """Reads answers off a connection."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.parser = httptools.HttpResponseParser(self)
        self.found: list[tuple[int, dict[bytes, bytes], bytes]] = []

    def on_message_begin(self) -> None:
        """Start an answer."""
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        """Take some of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """End an answer."""
        self.found.append((self.parser.get_status_code(), self.headers, self.body))

    def send(self, *parts: bytes, count: int = 1) -> list[tuple[int, dict[bytes, bytes], bytes]]:
        """Send parts one by one and return the next answers."""
        wanted = len(self.found) + count
        for part in parts:
            self.connection.sendall(part)
        while len(self.found) < wanted:
            received = self.connection.recv(65536)
            assert received, "the connection was closed"
            self.parser.feed_data(received)
        return self.found[-count:]


@pytest.fixture
def answers(served: tuple[Counting, int]) -> Iterator[Answers]:
    found = Answers(served[1])
    yield found
    found.connection.close()


def test_a_plain_call_takes_the_short_way(served: tuple[Counting, int], answers: Answers) -> None:
    before = served[0].quick
    first, second = answers.send(whole()) + answers.send(whole())
    assert served[0].quick == before + 2
    assert first == second
    assert (first[0], first[2]) == (200, RESULT)


def test_both_ways_give_the_same_answer(served: tuple[Counting, int], answers: Answers) -> None:
    quick = answers.send(whole())
    before = served[0].quick
    usual = answers.send(whole(b"TE: trailers"))
    assert served[0].quick == before
    assert quick == usual


def test_a_request_in_parts_or_with_others_is_answered_all_the_same(
    served: tuple[Counting, int], answers: Answers
) -> None:
    request = whole()
    assert answers.send(request[:10], request[10:80], request[80:])[0][2] == RESULT
    bodies = [body for _, _, body in answers.send(request * 3, count=3)]
    assert bodies == [RESULT] * 3
    slow = whole(body=BODY.replace(b"eth_chainId", b"eth_slow"))
    bodies = [body for _, _, body in answers.send(slow, request, count=2)]
    assert bodies == [RESULT.replace(b"0x539", b"slow"), RESULT]
    before = served[0].quick
    assert answers.send(request)[0][2] == RESULT
    assert served[0].quick == before + 1


def test_refusals_and_health_take_the_usual_way(served: tuple[Counting, int], answers: Answers) -> None:
    before = served[0].quick
    evil = (LINES[0], b"Host: evil.example", LINES[2])
    assert answers.send(whole(lines=evil))[0][0] == 403
    assert answers.send(whole(lines=(LINES[0], LINES[1])))[0][0] == 415
    assert answers.send(b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0][0] == 200
    assert served[0].quick == before


def test_a_connection_that_asks_for_it_is_closed(answers: Answers) -> None:
    assert answers.send(whole(b"Connection: close"))[0][2] == RESULT
    assert answers.connection.recv(1) == b""


UPGRADE = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAAB")


@pytest.mark.parametrize("method", [b"eth_chainId", b"eth_slow"])
def test_a_call_that_offers_another_protocol_is_answered(answers: Answers, method: bytes) -> None:
    request = whole(*UPGRADE, body=BODY.replace(b"eth_chainId", method))
    expected = RESULT if method == b"eth_chainId" else RESULT.replace(b"0x539", b"slow")
    body_at = request.index(b"{")
    assert answers.send(request)[0][2] == expected
    assert answers.send(request[:body_at], request[body_at:])[0][2] == expected
    assert answers.send(request.replace(b"Upgrade:", b"uPGRADE:"))[0][2] == expected
    assert answers.send(whole())[0][2] == RESULT


def test_an_offer_that_comes_in_pieces_is_never_answered_wrongly(answers: Answers) -> None:
    request = whole(*UPGRADE)
    at = request.index(b"\r\nUpgrade") + 5
    answers.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers.connection.sendall(request[:at])
    # An answer on another connection shows that the server has had its turn with the first piece.
    other = Answers(answers.connection.getpeername()[1])
    assert other.send(whole())[0][2] == RESULT
    other.connection.close()
    answers.connection.sendall(request[at:])
    assert answers.connection.recv(65536) == b""


def test_a_head_without_end_is_refused(answers: Answers) -> None:
    endless = b"\r\n".join(LINES) + b"\r\nX-Long: " + b"a" * UNFINISHED_HEAD_BYTES_MAX
    answers.connection.sendall(endless[:-10])
    with contextlib.suppress(ConnectionError):
        answers.connection.sendall(b"a" * 65536)
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := answers.connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert received.endswith(b"\r\n\r\n431 Request Header Fields Too Large")


@pytest.mark.parametrize("begun", [b"", b"POST / HTTP/1.1\r\nHost", whole()[:-1]], ids=["nothing", "head", "body"])
def test_a_request_that_does_not_arrive_ends_the_connection(
    served: tuple[Counting, int], monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(quick_protocol, "READ_SECONDS_MAX", 0.2)
    waiting = Answers(served[1])
    waiting.connection.sendall(begun)
    assert waiting.connection.recv(1) == b""
    asked = Answers(served[1])
    asked.send(whole())
    monkeypatch.undo()
    asked.connection.settimeout(0.5)
    with pytest.raises(TimeoutError):  # between requests a connection may be idle for longer
        asked.connection.recv(1)
    for connection in (waiting.connection, asked.connection):
        connection.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1",
        b"POST /x HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1",
        b"POST / HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 1",
        b"POST / HTTP/1.1\r\nContent-Type: application/json",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -1",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\nContent-Length: 1",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n folded: 1",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\nExpect: 100-continue",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length : 1",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\nX: y",
        b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 5242881",
        b"POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 1",
    ],
)
def test_a_head_that_is_not_plain_is_left_to_the_usual_way(head: bytes) -> None:
    assert plain_head(head) is None


def test_a_plain_head_tells_its_length_and_headers() -> None:
    head = b"POST / HTTP/1.1\r\nHOST: a\r\ncontent-type:application/json \r\nContent-Length: 12\r\nX-Empty:"
    assert plain_head(head) == (
        12,
        {b"host": b"a", b"content-type": b"application/json", b"content-length": b"12", b"x-empty": b""},
    )
