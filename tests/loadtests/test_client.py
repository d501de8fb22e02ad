"""A connection takes what comes, names what failed, and is as good as new afterwards."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from fixtures.certificates import make_server_certificate
from loadtests import client
from loadtests.address import read_address
from loadtests.client import Connection, NotHttp, TimedOut, TransportFailure
from loadtests.errors import LoadError
from tests.loadtests.wires import Talk, answer, answering_with, read_request, talking

OPENED: list[Connection] = []


@pytest.fixture(autouse=True)
def _closed_at_the_end() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def connect(url: str, timeout_seconds: float = 5.0) -> Connection:
    OPENED.append(Connection(read_address(url), timeout_seconds))
    return OPENED[-1]


def test_answers_come_over_one_kept_alive_connection() -> None:
    with talking(answering_with(answer(b"one"), answer(b"two", headers=b"X-Thing: 7\r\n"))) as url:
        connection = connect(url)
        first, second = connection.exchange(b"{}"), connection.exchange(b"{}")
    assert (first.status, first.body, second.body, second.headers[b"x-thing"]) == (200, b"one", b"two", b"7")
    assert connection.opened == 1


def test_the_request_is_a_whole_post() -> None:
    seen = []

    def talk(accepted: socket.socket) -> None:
        seen.append(read_request(accepted))
        accepted.sendall(answer(b""))

    with talking(talk) as url:
        connect(f"{url}/key?a=1").exchange(b"{}")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /key?a=1 HTTP/1.1"
    assert {b"Content-Type: application/json", b"Content-Length: 2", b"Host: " + url[7:].encode()} <= set(lines)
    assert body == b"{}"


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nabcdefg",
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nconnection: Keep-Alive\r\n\r\nabcdefg",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabcdefg",
        b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nabcdefg",
    ],
)
def test_bodies_come_whole_in_whatever_pieces(wire: bytes) -> None:
    def talk(accepted: socket.socket) -> None:
        read_request(accepted)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in range(len(wire)):
            accepted.send(wire[each : each + 1])

    with talking(talk) as url:
        assert connect(url).exchange(b"{}").body == b"abcdefg"


def test_a_connection_that_the_server_closes_is_opened_again() -> None:
    closing = answer(b"last", headers=b"Connection: close\r\n")
    with talking(answering_with(closing), answering_with(answer(b"next"))) as url:
        connection = connect(url)
        assert [connection.exchange(b"{}").body for _ in range(2)] == [b"last", b"next"]
    assert connection.opened == 2


def test_a_connection_closed_while_idle_is_no_failure() -> None:
    with talking(answering_with(answer(b"first")), answering_with(answer(b"second"))) as url:
        connection = connect(url)
        connection.exchange(b"{}")
        with gevent.Timeout(5):
            while connection.is_open:
                gevent.sleep(0.01)
        assert connection.exchange(b"{}").body == b"second"


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        (b"", TransportFailure),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc", TransportFailure),
        (b"SSH-2.0-OpenSSH_9\r\n", NotHttp),
    ],
)
def test_what_is_no_whole_answer_is_named(wire: bytes, kind: type[TransportFailure]) -> None:
    with talking(answering_with(wire), answering_with(answer(b"well"))) as url:
        connection = connect(url)
        with pytest.raises(kind) as raised:
            connection.exchange(b"{}")
        assert type(raised.value) is kind
        assert connection.exchange(b"{}").body == b"well"


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_BYTES_MAX", 1000)
    wire = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(5000)

    def talk(accepted: socket.socket) -> None:
        read_request(accepted)
        accepted.sendall(wire)
        accepted.recv(1)

    with talking(talk, answering_with(answer(b"well"))) as url:
        connection = connect(url)
        with pytest.raises(NotHttp, match="over 1000 bytes"):
            connection.exchange(b"{}")
        assert connection.exchange(b"{}").body == b"well"


def test_a_refused_connection_is_a_failure_of_the_transport() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TransportFailure, match="refused"):
        connect(f"http://127.0.0.1:{port}").exchange(b"{}")


def test_an_answer_that_does_not_come_is_a_timeout_and_the_next_is_not() -> None:
    let_go = threading.Event()

    def talk(_accepted: socket.socket) -> None:
        let_go.wait(5)

    with talking(talk, answering_with(answer(b"well"))) as url:
        connection = connect(url, 0.1)
        with pytest.raises(TimedOut, match=r"within 0\.1 s"):
            connection.exchange(b"{}")
        let_go.set()
        assert connection.exchange(b"{}").body == b"well"


def test_every_request_has_the_whole_time() -> None:
    """A timer that went on with what the requests before had left would end the fourth."""

    def talk(accepted: socket.socket) -> None:
        while read_request(accepted):
            time.sleep(0.1)
            accepted.sendall(answer(b"slow"))

    with talking(talk) as url:
        connection = connect(url, 0.35)
        assert [connection.exchange(b"{}").body for _ in range(6)] == [b"slow"] * 6
        connection.close()


def test_a_large_body_is_sent_whole_to_who_takes_it_slowly() -> None:
    body = bytes(range(256)) * (1 << 15)
    seen = []

    def talk(accepted: socket.socket) -> None:
        time.sleep(0.1)
        seen.append(read_request(accepted).partition(b"\r\n\r\n")[2])
        accepted.sendall(answer(b"taken"))

    with talking(talk) as url:
        assert connect(url).exchange(body).body == b"taken"
    assert seen == [body]


def test_an_answer_before_the_body_is_sent_ends_the_request() -> None:
    def talk(accepted: socket.socket) -> None:
        accepted.recv(10)
        accepted.sendall(answer(b"too large", "413 Payload Too Large"))
        time.sleep(0.2)

    with talking(talk) as url:
        assert connect(url).exchange(bytes(1 << 25)).status == 413


def test_many_connections_wait_at_the_same_time() -> None:
    barrier = threading.Barrier(3)

    def talk(accepted: socket.socket) -> None:
        read_request(accepted)
        barrier.wait(5)
        accepted.sendall(answer(b"together"))

    with talking(lambda one: _in_a_thread(one, talk), lambda other: _in_a_thread(other, talk), talk) as url:
        waiting = [gevent.spawn(connect(url).exchange, b"{}") for _ in range(3)]
        gevent.joinall(waiting, timeout=5, raise_error=True)
        assert [each.value.body for each in waiting] == [b"together"] * 3


def _in_a_thread(accepted: socket.socket, talk: Talk) -> None:
    """Talk while the next connection is accepted."""

    def run(copy: socket.socket) -> None:
        with copy:
            talk(copy)

    threading.Thread(target=run, args=(accepted.dup(),), daemon=True).start()


@pytest.mark.parametrize("url", ["127.0.0.1:8545", "ftp://a", "http://", "http://a:b", "http://a:99999", ""])
def test_what_is_no_url_is_named(url: str) -> None:
    with pytest.raises(LoadError, match="expected a URL like"):
        read_address(url)


def test_ports_have_defaults_and_names_in_the_url_stay_out_of_the_host() -> None:
    assert (read_address("https://node.example/v3").port, read_address("http://node.example").port) == (443, 80)
    head = read_address("http://me:secret@node.example").head
    assert b"\r\nHost: node.example\r\n" in head
    assert b"\r\nAuthorization: Basic bWU6c2VjcmV0\r\n" in head


def test_tls_is_spoken_where_the_url_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_server_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    pem = tmp_path / "server.pem"
    pem.write_text(made.key + made.chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    large = bytes(300_000)

    def talk(accepted: socket.socket) -> None:
        with context.wrap_socket(accepted, server_side=True) as wrapped:
            answering_with(answer(b"secret"), answer(large))(wrapped)

    with talking(talk) as url:
        connection = connect(url.replace("http:", "https:").replace("127.0.0.1", "localhost"))
        assert connection.exchange(b"{}").body == b"secret"
        assert connection.exchange(b"{}").body == large
