"""Where a target listens, read from its URL."""

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from loadtests.errors import LoadError


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target listens, and what every request to it begins with."""

    url: str
    host: str
    port: int
    is_tls: bool
    head: bytes
    """Request line and headers, up to the value of Content-Length."""


def read_address(url: str) -> Address:
    """Take a URL apart.

    Raises:
        LoadError: it is no http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise LoadError(f"target is {url!r}, expected a URL like http://127.0.0.1:8545") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LoadError(f"target is {url!r}, expected a URL like http://127.0.0.1:8545")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\n{_authorization(parts)}Content-Length: "
    )
    return Address(url, parts.hostname, port, parts.scheme == "https", head.encode("ascii"))


def _authorization(parts: SplitResult) -> str:
    """Return the header that a user and a password in a URL ask for, or nothing."""
    if parts.username is None:
        return ""
    said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Authorization: Basic {b64encode(said.encode()).decode()}\r\n"
