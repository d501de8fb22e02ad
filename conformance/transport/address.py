"""Where an endpoint is, read from its URL."""

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from reference_node.errors import UsageError

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_WEBSOCKET_OF = {"http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True)
class Address:
    """One endpoint's place."""

    scheme: str
    """http, https, ws or wss."""
    host: str
    """A name or an IP address, without brackets."""
    port: int
    target: str
    """Path and query, as requests name it."""
    credentials: str = field(default="", repr=False)
    """What Basic authentication sends of a URL's user and password; empty where it has none."""

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self.scheme in {"https", "wss"}

    @property
    def is_websocket(self) -> bool:
        """Whether questions are messages."""
        return self.scheme in _WEBSOCKET_OF.values()

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL without user and password."""
        return f"{self.scheme}://{self.authority}{'' if self.target == '/' else self.target}"


def parse_address(url: str, *, over_websocket: bool = False) -> Address:
    """Return where a URL points.

    Args:
        url: `http`, `https`, `ws` or `wss`.
        over_websocket: take `http` for `ws`.

    Raises:
        UsageError: it is no such URL.
    """
    refusal = UsageError(f"{_without_user(url)!r} is no endpoint, expected an URL like http://127.0.0.1:8545")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise refusal from None
    target = parts.path or "/"
    target += f"?{parts.query}" if parts.query else ""
    is_sendable = target.isascii() and target.isprintable() and " " not in target
    if parts.scheme not in _PORTS or not host or port == 0 or not is_sendable:
        raise refusal
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise refusal from None
    scheme = _WEBSOCKET_OF.get(parts.scheme, parts.scheme) if over_websocket else parts.scheme
    return Address(scheme, host, port or _PORTS[scheme], target, _basic(parts.username, parts.password))


def _without_user(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url.rpartition("@")[2]


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
