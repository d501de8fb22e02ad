"""One WebSocket connection: a question a message, and the message that comes next is its answer."""

import time
from contextlib import ExitStack

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
        seconds_max = self._transport.reply_seconds_max
        started = time.monotonic()
        self.is_usable = False
        try:
            self._websocket.send(body, text=True)
            message = self._websocket.recv(seconds_max, decode=False)
        except TimeoutError:
            raise Unanswered(f"it did not answer in time: {seconds_max:g} s") from None
        except ConnectionClosed as error:
            raise Unanswered(_closed(error, self._transport.reply_bytes_max)) from None
        except (OSError, WebSocketException) as error:
            raise Unanswered(f"it did not answer: {error}") from None
        self.is_usable = True
        return Reply(_OK, bytes(message), "", time.monotonic() - started)

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
