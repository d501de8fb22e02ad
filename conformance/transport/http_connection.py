"""One HTTP/1.1 connection, kept open from question to question.

Plain sockets and httptools' parser take 50 µs of CPU a question, where httpx 0.28 takes 800: most questions are
answered in less than that.
"""

import socket
import ssl
import struct
import time
from contextlib import suppress
from functools import lru_cache

from conformance.transport.address import Address
from conformance.transport.http_answer import HttpAnswer
from conformance.transport.reply import Reply, Unanswered, read_position
from conformance.transport.settings import Transport

RECEIVE_BYTES = 64 * 1024
"""At a time; for more, the allocator asks the kernel for fresh pages on every call, which doubles the cost."""
_SENT_AT_ONCE_BYTES = 8 * 1024
"""So much always fits into the kernel's buffers."""
_LATE_PART = 0.1
"""Of the time that an answer may take."""
_WAITED_SECONDS_NEGLIGIBLE = 0.05
"""Within the time that an answer may take."""
_IDLE_SECONDS_TRUSTED = 0.5
"""A connection unused for longer is looked at before it is used again: its node may have ended it."""


class HttpConnection:
    """Asks one question after the other; for one thread at a time."""

    def __init__(self, address: Address, transport: Transport) -> None:
        """Connect. Raises Unanswered where that fails."""
        self._transport = transport
        self._head = _request_head(address, transport)
        self._socket = open_socket(address, transport.connect_seconds_max)
        self._limited_to: float | None = None
        self._used_at = self._sent_at = time.monotonic()
        self._answer = HttpAnswer(transport.reply_bytes_max)
        self.is_usable = True

    def is_alive(self) -> bool:
        """Say whether it can be used again, as far as that can be seen without asking."""
        if not self.is_usable:
            return False
        if time.monotonic() - self._used_at < _IDLE_SECONDS_TRUSTED:
            return True
        try:
            self._limit(0.0)
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def ask(self, body: bytes) -> Reply:
        """Send a body and return the reply. Raises Unanswered where no whole one comes in time."""
        self.send(body)
        return self.receive()

    def send(self, body: bytes) -> None:
        """Send a body. Raises Unanswered where that is not possible in time."""
        self._sent_at = time.monotonic()
        self.is_usable = False
        self._answer = HttpAnswer(self._transport.reply_bytes_max)
        try:
            self._limit(self._transport.reply_seconds_max, all_at_once=len(body) <= _SENT_AT_ONCE_BYTES)
            # A node may refuse a long body, and answer, before it has come whole: what it says is read all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._socket.sendall(self._head + b"%d\r\n\r\n" % len(body) + body)
        except OSError as error:
            raise self._unanswered(error) from None

    def receive(self) -> Reply:
        """Return the reply to what was sent. Raises Unanswered where no whole one comes in time."""
        answer, seconds_max, now = self._answer, self._transport.reply_seconds_max, time.monotonic()
        # Who asks several nodes at a time may come late for an answer that was there in time.
        deadline = max(self._sent_at + seconds_max, now + seconds_max * _LATE_PART)
        try:
            if now - self._sent_at > _WAITED_SECONDS_NEGLIGIBLE:
                self._limit_until(deadline)
            answer.feed(self._socket.recv(RECEIVE_BYTES))
            while not answer.is_whole and not answer.problem:
                self._limit_until(deadline)
                answer.feed(self._socket.recv(RECEIVE_BYTES))
        except OSError as error:
            raise self._unanswered(error) from None
        if answer.problem:
            raise Unanswered(answer.problem, never_began=not answer.has_begun)
        self._used_at = time.monotonic()
        self.is_usable = answer.leaves_connection_usable
        return Reply(answer.status, answer.body, "", self._used_at - self._sent_at, read_position(answer.headers))

    @property
    def reply_seconds_max(self) -> float:
        """How long an answer may take."""
        return self._transport.reply_seconds_max

    def fileno(self) -> int:
        """Return the descriptor by which it can be waited for."""
        return self._socket.fileno()

    def _unanswered(self, error: OSError) -> Unanswered:
        has_begun = self._answer.has_begun
        if isinstance(error, TimeoutError | BlockingIOError):  # the latter where the kernel's limit is over
            when = "its answer took longer than" if has_begun else "it did not answer in time:"
            return Unanswered(f"{when} {self._transport.reply_seconds_max:g} s")
        return Unanswered(f"it did not answer: {error.strerror or error}", never_began=not has_begun)

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def _limit_until(self, moment: float) -> None:
        """Let the socket wait no longer than to a moment. Raises TimeoutError where it has passed."""
        left_seconds = moment - time.monotonic()
        if left_seconds <= 0:
            raise TimeoutError
        self._limit(left_seconds)

    def _limit(self, seconds: float, *, all_at_once: bool = True) -> None:
        """Set how long the socket waits; setting it costs a system call, so only where it changes.

        Args:
            seconds: 0 for not at all.
            all_at_once: whether one system call does all: Python limits all calls together, the kernel each of them.
        """
        if seconds == self._limited_to and all_at_once:
            return
        self._limited_to = seconds if all_at_once else None
        if seconds == 0.0 or not all_at_once or isinstance(self._socket, ssl.SSLSocket):
            self._socket.settimeout(seconds)
            return
        # The kernel's own limit: Python's takes a poll before every call, a third of all system calls here.
        self._socket.settimeout(None)
        for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, side, _timeval(seconds))


def _timeval(seconds: float) -> bytes:
    """Return a time as the kernel takes it; zero, which would be no limit, is the shortest there is."""
    whole, part = divmod(max(1, round(seconds * 1_000_000)), 1_000_000)
    return struct.pack("@ll", whole, part)


def open_socket(address: Address, seconds_max: float) -> socket.socket:
    """Connect to an endpoint. Raises Unanswered where that fails."""
    try:
        plain = socket.create_connection((address.host, address.port), seconds_max)
    except TimeoutError:
        raise Unanswered(f"no connection to it within {seconds_max:g} s") from None
    except (OSError, UnicodeError) as error:
        raise Unanswered(f"no connection to it: {getattr(error, 'strerror', None) or error}") from None
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not address.is_encrypted:
        return plain
    try:
        return _tls_context().wrap_socket(plain, server_hostname=address.host)
    except (OSError, ValueError) as error:
        plain.close()
        raise Unanswered(f"no TLS with it: {error}") from None


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _request_head(address: Address, transport: Transport) -> bytes:
    """Return all of a request that is before the body's length."""
    headers = {
        "Host": address.authority,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "gzip" if transport.gzip else "identity",
    }
    if address.credentials:
        headers["Authorization"] = address.credentials
    wanted = {name.lower() for name in transport.headers}
    kept = {name: value for name, value in headers.items() if name.lower() not in wanted}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*kept.items(), *transport.headers.items()))
    return f"POST {address.target} HTTP/1.1\r\n{lines}Content-Length: ".encode("latin-1")
