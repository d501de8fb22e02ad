"""One WebSocket connection: a question a message, and the message that comes next is its answer."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

from conformance.transport.address import Address
from conformance.transport.http_connection import open_socket
from conformance.transport.reply import Reply, Unanswered
from conformance.transport.settings import Transport

CLOSE_SECONDS_MAX = 1.0
_OK = 200
_TOO_LONG = 1009
_NORMAL = 1000


class WebSocketConnection:
    """Asks one question after the other; for one thread at a time."""

    def __init__(self, address: Address, transport: Transport) -> None:
        """Connect and shake hands. Raises Unanswered where that fails."""
        self._transport = transport
        self._stack = ExitStack()
        self._sent_at = 0.0
        self.is_usable = True
        headers = dict(transport.headers)
        if address.credentials and "authorization" not in {name.lower() for name in headers}:
            headers["Authorization"] = address.credentials
        open_one = open_socket(address, transport.connect_seconds_max)
        try:
            opened = connect(
                f"ws://{address.authority}{address.target}",
                sock=open_one,
                additional_headers=headers,
                compression="deflate" if transport.gzip else None,
                open_timeout=transport.connect_seconds_max,
                close_timeout=CLOSE_SECONDS_MAX,
                max_size=transport.reply_bytes_max,
                ping_interval=None,
                proxy=None,
            )
            self._websocket = self._stack.enter_context(opened)
        except InvalidStatus as error:
            open_one.close()
            status = error.response.status_code
            raise Unanswered(f"it offers no WebSocket: HTTP status {status} where 101 is expected") from None
        except TimeoutError:
            open_one.close()
            raise Unanswered(f"no WebSocket with it within {transport.connect_seconds_max:g} s") from None
        except (OSError, EOFError, ValueError, WebSocketException) as error:
            open_one.close()
            raise Unanswered(f"it offers no WebSocket: {error}") from None

    def is_alive(self) -> bool:
        """Say whether it can be used again, as far as that can be seen without asking."""
        return self.is_usable and self._websocket.close_code is None

    def ask(self, body: bytes) -> Reply:
        """Send a message and return the next that comes. Raises Unanswered where none comes in time."""
        self.send(body)
        return self.receive()

    def send(self, body: bytes) -> None:
        """Send a message. Raises Unanswered where that is not possible."""
        self._sent_at = time.monotonic()
        self.is_usable = False
        with self._unanswered():
            self._websocket.send(body, text=True)

    def receive(self) -> Reply:
        """Return the next message that comes. Raises Unanswered where none comes in time."""
        deadline = self._sent_at + self._transport.reply_seconds_max
        with self._unanswered():
            message = self._websocket.recv(max(deadline - time.monotonic(), 0.0), decode=False)
        self.is_usable = True
        return Reply(_OK, bytes(message), "", time.monotonic() - self._sent_at)

    @contextmanager
    def _unanswered(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise Unanswered(f"it did not answer in time: {self._transport.reply_seconds_max:g} s") from None
        except ConnectionClosed as error:
            raise Unanswered(_closed(error, self._transport.reply_bytes_max)) from None
        except (OSError, WebSocketException) as error:
            raise Unanswered(f"it did not answer: {error}") from None

    def close(self) -> None:
        """Close it, with the other side's consent or without."""
        self._stack.close()


def _closed(error: ConnectionClosed, bytes_max: int) -> str:
    if error.sent is not None and error.sent.code == _TOO_LONG and error.rcvd is None:
        return f"its answer is longer than {bytes_max} bytes"
    if error.rcvd is None:
        return "it closed the connection before the end of its answer"
    said = f" ({error.rcvd.reason})" if error.rcvd.reason else ""
    return f"it closed the connection without an answer: code {error.rcvd.code}{said}"
