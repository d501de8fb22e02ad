"""What of an HTTP request decides whether it is answered at all: its method, size, content type, host and origin.

Source: geth v1.17.8, rpc/http.go (validateRequest), node/rpcstack.go (virtualHostHandler, newCorsHandler).
"""

import ipaddress
from dataclasses import dataclass
from email.message import Message

BODY_BYTES_MAX = 5 * 1024 * 1024
PREFLIGHT_SECONDS = 600
POSITION_HEADERS = ("X-EtherCattle-Block-Number", "X-EtherCattle-Block-Hash", "X-EtherCattle-Offset")
"""Where every answer says what it was true at."""
_CONTENT_TYPES = frozenset({"application/json", "application/json-rpc", "application/jsonrequest"})
_CORS_METHODS = frozenset({"GET", "POST", "OPTIONS"})

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status and a line of text, for a request that is no JSON-RPC call."""

    status: int
    text: str


def refuse_request(method: str, headers: dict[bytes, bytes]) -> Refusal | None:
    """Return why a request can't be a JSON-RPC call, or None where it may be one."""
    if method in {"PUT", "DELETE"}:
        return Refusal(405, "method not allowed")
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > BODY_BYTES_MAX:
        return refuse_length(int(length))
    if method != "OPTIONS" and not is_json_type(headers.get(b"content-type", b"")):
        return Refusal(415, "invalid content type, only application/json is supported")
    return None


def refuse_length(length_bytes: int) -> Refusal:
    """Return the refusal of a body that is too long."""
    return Refusal(413, f"content length too large ({length_bytes}>{BODY_BYTES_MAX})")


def is_json_type(content_type: bytes) -> bool:
    """Say whether a content type is one that JSON-RPC may come in, whatever its parameters."""
    if content_type == b"application/json":
        return True
    text = content_type.decode("latin-1")
    if ";;" in text.replace(" ", ""):
        return False
    message = Message()
    message["content-type"] = text
    return bool(text) and message.get_content_type() in _CONTENT_TYPES


def host_is_allowed(host: str, vhosts: frozenset[str]) -> bool:
    """Say whether a Host header names an address or one of the allowed names (against DNS rebinding)."""
    if not host or "*" in vhosts:
        return True
    name = _without_port(host).lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in vhosts
    return True


def preflight_headers(origin: str, method: str, asked_headers: str, allowed_origins: frozenset[str]) -> Headers:
    """Return the headers that answer a browser's question whether it may call from another origin."""
    headers = [
        (b"vary", b"Origin"),
        (b"vary", b"Access-Control-Request-Method"),
        (b"vary", b"Access-Control-Request-Headers"),
    ]
    if not origin_is_allowed(origin, allowed_origins) or method.upper() not in _CORS_METHODS:
        return headers
    headers.append(_allow_origin(origin, allowed_origins))
    headers.append((b"access-control-allow-methods", method.upper().encode("latin-1")))
    names = [name.strip().title() for name in asked_headers.split(",") if name.strip()]
    if names:
        headers.append((b"access-control-allow-headers", ", ".join(names).encode("latin-1")))
    headers.append((b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()))
    return headers


def answer_headers(origin: str, method: str, allowed_origins: frozenset[str]) -> Headers:
    """Return the headers that let a browser read an answer from another origin, and its position headers."""
    headers = [(b"vary", b"Origin")]
    if origin_is_allowed(origin, allowed_origins) and method in _CORS_METHODS:
        headers.append(_allow_origin(origin, allowed_origins))
        headers.append((b"access-control-expose-headers", ", ".join(POSITION_HEADERS).encode()))
    return headers


def origin_is_allowed(origin: str, allowed_origins: frozenset[str]) -> bool:
    """Say whether a browser may call from an origin; an allowed one may hold one `*`."""
    if not origin:
        return False
    return any(_origin_matches(origin.lower(), allowed) for allowed in allowed_origins)


def _origin_matches(origin: str, allowed: str) -> bool:
    start, star, end = allowed.partition("*")
    if not star:
        return origin == allowed
    return len(origin) >= len(start) + len(end) and origin.startswith(start) and origin.endswith(end)


def _allow_origin(origin: str, allowed_origins: frozenset[str]) -> tuple[bytes, bytes]:
    return b"access-control-allow-origin", b"*" if "*" in allowed_origins else origin.encode("latin-1")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
