"""One connection that sends a body and gets an answer, cheaply enough to measure fast servers; runs under gevent."""

from typing import Any

import gevent
import httptools
from gevent import socket, ssl
from gevent.hub import get_hub
from gevent.monkey import get_original

from loadtests.address import Address
from loadtests.seams import Reply

READ, WRITE = 1, 2
RECEIVE_BYTES = 1 << 16
ANSWER_BYTES_MAX = 1 << 28
OK = 200
CONNECT_SECONDS_MAX = 5.0


class TransportFailure(Exception):
    """Refused, reset, or closed before the answer was whole."""


class TimedOut(TransportFailure):
    """No whole answer in time."""


class NotHttp(TransportFailure):
    """The answer is no HTTP."""


class Connection:
    """A kept-alive connection for one request at a time; opened when needed, and again after a failure.

    What comes is read and parsed in the loop's callback: the waiting greenlet is switched to once, with the answer.
    """

    def __init__(self, address: Address, timeout_seconds: float) -> None:
        """Prepare; nothing is opened yet."""
        self.opened = 0
        """How often it was opened."""
        self._address = address
        self._timeout_seconds = timeout_seconds
        self._loop = get_hub().loop
        self._timer = self._loop.timer(timeout_seconds, timeout_seconds)
        self._socket: Any = None
        self._readable: Any = None
        self._waiter: Any = None
        self._found: Reply | TransportFailure | None = None
        self._start_parsing()

    @property
    def is_open(self) -> bool:
        """Whether it can be used as it is; one that the other side has closed is not."""
        return self._socket is not None

    def exchange(self, body: bytes) -> Reply:
        """Send a body and return the answer.

        Raises:
            TransportFailure: there is no whole answer; the connection is closed. Its kinds say more.
        """
        if self._socket is None:
            self._open()
        self._waiter = gevent.getcurrent()
        self._timer.again(self._time_is_up)  # `start` would go on with what was left the last time
        try:
            found = self._send(b"%b%d\r\n\r\n%b" % (self._address.head, len(body), body)) or get_hub().switch()
        finally:
            self._timer.stop()
            self._waiter = None
        if not self._stays_open:
            self.close()
        if isinstance(found, Reply):
            return found
        self.close()
        raise found

    def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._readable is not None:
            self._readable.stop()
            self._readable.close()
            self._readable = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._start_parsing()

    def _open(self) -> None:
        """Connect, and from then on read whatever comes."""
        try:
            self._socket = _connect(self._address, min(CONNECT_SECONDS_MAX, self._timeout_seconds))
        except TimeoutError as error:
            raise TimedOut(f"no connection to {self._address.url} in time") from error
        except OSError as error:
            raise TransportFailure(f"{self._address.url}: {error.strerror or error}") from error
        self.opened += 1
        self._start_parsing()
        self._readable = self._loop.io(self._socket.fileno(), READ)
        self._readable.start(self._read)

    def _send(self, request: bytes) -> "Reply | TransportFailure | None":
        """Send a whole request; return what ended it before it was sent, if anything did."""
        sent = 0
        while True:
            try:
                sent += self._socket.send(request[sent:] if sent else request)
            except _AGAIN:
                pass
            except OSError as error:
                return TransportFailure(f"{self._address.url}: {error.strerror or error}")
            if sent == len(request):
                return None
            ended = self._wait_until_writable()
            if ended is not None:
                self._stays_open = False
                return ended

    def _wait_until_writable(self) -> "Reply | TransportFailure | None":
        """Wait until more can be sent; return what came first, if anything did."""
        writable = self._loop.io(self._socket.fileno(), WRITE)
        writable.start(self._waiter.switch, None)
        try:
            ended: Reply | TransportFailure | None = get_hub().switch()
        finally:
            writable.stop()
            writable.close()
        return ended

    def _read(self) -> None:
        """Take what has come; runs in the loop, so it may not wait."""
        try:
            while self._found is None:
                data = self._socket.recv(RECEIVE_BYTES)
                if not data:
                    self._see_end()
                    return
                self._parser.feed_data(data)
                if not self._address.is_tls:  # of TLS, more may be decrypted and waiting, which no event tells
                    break
        except _AGAIN:
            return
        except OSError as error:
            self._found = TransportFailure(f"{self._address.url}: {error.strerror or error}")
        except httptools.HttpParserError:
            self._found = NotHttp(f"{self._address.url} answered with no HTTP")
        if self._found is not None:
            self._finish(self._found)

    def _see_end(self) -> None:
        """Take the end of the connection for the end of an answer that says no other end, as in HTTP/1.0."""
        if self._has_headers and b"content-length" not in self._headers and b"transfer-encoding" not in self._headers:
            self._stays_open = False
            self._finish(Reply(self._parser.get_status_code(), self._headers, b"".join(self._parts)))
        else:
            self._finish(TransportFailure(f"{self._address.url} closed the connection"))

    def _time_is_up(self) -> None:
        self._finish(TimedOut(f"{self._address.url} did not answer within {self._timeout_seconds:g} s"))

    def _finish(self, found: "Reply | TransportFailure") -> None:
        """Hand what was found to the greenlet that waits; where none does, the connection is of no more use."""
        waiter, self._waiter, self._found = self._waiter, None, None
        if waiter is not None:
            waiter.switch(found)
        else:
            self.close()

    def _start_parsing(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._stays_open = True
        self._has_headers = False
        self._found = None
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self._body_bytes = 0

    # What httptools calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Know that what follows is the body."""
        self._has_headers = True

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        self._parts.append(part)
        self._body_bytes += len(part)
        if self._body_bytes > ANSWER_BYTES_MAX:
            self._stays_open = False
            self._found = NotHttp(f"{self._address.url} answers with over {ANSWER_BYTES_MAX} bytes")

    def on_message_complete(self) -> None:
        """Keep the answer for whom it is."""
        parts, headers = self._parts, self._headers
        self._headers, self._parts, self._body_bytes, self._has_headers = {}, [], 0, False
        status = self._parser.get_status_code()
        if status < OK:  # there is more to come: RFC 9110, 15.2
            return
        if self._found is None:
            self._found = Reply(status, headers, parts[0] if len(parts) == 1 else b"".join(parts))
            self._stays_open = self._parser.should_keep_alive()


_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_PLAIN_SOCKET = get_original("socket", "socket")


def _connect(address: Address, seconds_max: float) -> Any:
    """Return an open socket that never blocks."""
    opened = socket.create_connection((address.host, address.port), timeout=seconds_max)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if address.is_tls:
        context = ssl.create_default_context()
        opened = context.wrap_socket(opened, server_hostname=address.host)
        opened.settimeout(0.0)
        return opened
    plain = _PLAIN_SOCKET(fileno=opened.detach())
    plain.settimeout(0.0)
    return plain
