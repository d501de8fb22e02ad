"""A proxy passes bytes on, holds them while it is cut, and is late while it is slow."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from fixtures.ports import reserved_ports
from loadtests.faults.proxy import Proxies, Proxy

WAIT_SECONDS = 10.0
SILENT_SECONDS = 0.15
DELAY_SECONDS = 0.2
BIG = bytes(range(256)) * 16384
"""4 MiB: more than is held, so that senders have to wait."""


class Echo(threading.Thread):
    """Sends back what it gets, to any number of clients."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="echo")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])

    def run(self) -> None:
        """Serve until closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        """Take no more clients."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def proxies() -> Iterator[Proxies]:
    """The thread of proxies."""
    with closing(Proxies()) as made:
        yield made


@pytest.fixture
def proxy(proxies: Proxies) -> Iterator[Proxy]:
    """A proxy before a server that echoes."""
    echo = Echo()
    echo.start()
    with closing(echo), reserved_ports(1) as (port,):
        yield proxies.open(port, "127.0.0.1", echo.port)


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    """A client that comes by way of the proxy."""
    with connect(proxy) as made:
        yield made


def connect(proxy: Proxy) -> socket.socket:
    """Return a new connection by way of a proxy."""
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=WAIT_SECONDS)


def echoed(client: socket.socket, data: bytes) -> bytes:
    """Send bytes and return what comes back, as many as were sent."""
    threading.Thread(target=client.sendall, args=(data,), daemon=True).start()
    return received(client, len(data))


def received(client: socket.socket, count: int) -> bytes:
    """Return the next bytes."""
    found = bytearray()
    while len(found) < count and (part := client.recv(count - len(found))):
        found += part
    return bytes(found)


def is_silent(client: socket.socket) -> bool:
    """Say whether nothing comes for a while."""
    client.settimeout(SILENT_SECONDS)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(WAIT_SECONDS)
    return False


def test_bytes_pass_both_ways(client: socket.socket) -> None:
    assert echoed(client, b"one") == b"one"
    assert echoed(client, BIG) == BIG


def test_while_cut_nothing_passes_and_after_it_all_does(proxy: Proxy, client: socket.socket) -> None:
    assert echoed(client, b"before") == b"before"
    proxy.cut()
    client.sendall(b"during")
    assert is_silent(client)
    proxy.heal()
    assert received(client, 6) == b"during"
    assert echoed(client, b"after") == b"after"


def test_connections_made_while_cut_are_answered_after_it(proxy: Proxy) -> None:
    proxy.cut()
    with connect(proxy) as client:
        client.sendall(b"hello")
        assert is_silent(client)
        proxy.heal()
        assert received(client, 5) == b"hello"


def test_what_two_have_cut_both_must_heal(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()
    proxy.cut()
    proxy.heal()
    client.sendall(b"x")
    assert is_silent(client)
    proxy.heal()
    assert received(client, 1) == b"x"


def test_much_that_was_sent_while_cut_comes_whole(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()
    threading.Thread(target=client.sendall, args=(BIG,), daemon=True).start()
    assert is_silent(client)
    proxy.heal()
    assert received(client, len(BIG)) == BIG


def test_while_slow_answers_are_late_and_in_order(proxy: Proxy, client: socket.socket) -> None:
    proxy.slow(DELAY_SECONDS)
    begin = time.monotonic()
    for number in range(50):
        client.sendall(bytes([number]))
    assert received(client, 50) == bytes(range(50))
    assert time.monotonic() - begin >= DELAY_SECONDS
    client.sendall(b"late")
    proxy.slow(0)
    client.sendall(b"soon")
    assert received(client, 8) == b"latesoon"
    begin = time.monotonic()
    assert echoed(client, b"quick") == b"quick"
    assert time.monotonic() - begin < DELAY_SECONDS


def test_much_passes_while_slow(proxy: Proxy, client: socket.socket) -> None:
    proxy.slow(0.005)
    assert echoed(client, BIG[: 1 << 20]) == BIG[: 1 << 20]


def test_a_client_that_leaves_is_forgotten_and_others_go_on(proxy: Proxy, client: socket.socket) -> None:
    for _ in range(20):
        with connect(proxy) as other:
            assert echoed(other, b"hello") == b"hello"
    assert echoed(client, b"still") == b"still"


def test_where_nothing_listens_the_client_is_dropped(proxies: Proxies) -> None:
    with reserved_ports(2) as (port, nobody):
        proxy = proxies.open(port, "127.0.0.1", nobody)
        with connect(proxy) as client, suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_an_end_while_cut_is_told_after_it(proxy: Proxy, client: socket.socket) -> None:
    assert echoed(client, b"before") == b"before"
    proxy.cut()
    client.sendall(b"last")
    client.shutdown(socket.SHUT_WR)
    assert is_silent(client)
    proxy.heal()
    client.settimeout(WAIT_SECONDS)
    assert client.recv(10) in (b"last", b"")


def test_closing_drops_connections_and_frees_the_port() -> None:
    with reserved_ports(1) as (port,):
        echo = Echo()
        echo.start()
        proxies = Proxies()
        proxy = proxies.open(port, "127.0.0.1", echo.port)
        with connect(proxy) as client, closing(echo):
            assert echoed(client, b"x") == b"x"
            proxies.close()
            with suppress(ConnectionResetError):
                assert client.recv(1) == b""
        assert not [thread for thread in threading.enumerate() if thread.name == "proxies"]
        socket.create_server(("127.0.0.1", port)).close()
