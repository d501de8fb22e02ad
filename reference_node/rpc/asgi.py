"""Reading requests and sending answers as ASGI has it."""

from collections.abc import Awaitable, Callable
from typing import Any

from reference_node.rpc.http import BODY_BYTES_MAX, Headers, Refusal

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PLAIN = "ethercattle.plain"
"""Key of a response's start, beside ASGI's: its body goes out as it is."""
JSON_TYPE = (b"content-type", b"application/json")
_TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]


async def read_body(receive: Receive) -> bytes:
    """Return the whole body, or as much of it as shows that it is too long."""
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        size_bytes += len(part)
        parts.append(part)
        if not message.get("more_body") or size_bytes > BODY_BYTES_MAX:
            return b"".join(parts) if len(parts) > 1 else part


async def refuse(send: Send, refusal: Refusal, cors: Headers | None = None) -> None:
    """Answer with a refusal's status and its line of text."""
    await respond(send, refusal.status, [*_TEXT, *(cors or [])], refusal.text.encode() + b"\n")


async def respond(send: Send, status: int, headers: Headers, body: bytes, *, plain: bool = False) -> None:
    """Answer with a whole body; a plain one is not compressed for anybody."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length], PLAIN: plain})
    await send({"type": "http.response.body", "body": body})
