"""URLs are read once, and what is secret in them is not shown."""

import pytest

from conformance.transport.address import parse_address
from reference_node.errors import UsageError


@pytest.mark.parametrize(
    ("url", "shown", "authority", "target"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545", "127.0.0.1:8545", "/"),
        ("https://node.example", "https://node.example", "node.example", "/"),
        ("http://[::1]:8545/a/b?c=d#e", "http://[::1]:8545/a/b?c=d", "[::1]:8545", "/a/b?c=d"),
        ("wss://me:secret@node.example:443/ws", "wss://node.example/ws", "node.example", "/ws"),
        ("HTTP://EXAMPLE:80/", "http://example", "example", "/"),
        ("http://bücher.example", "http://xn--bcher-kva.example", "xn--bcher-kva.example", "/"),
    ],
)
def test_an_url_is_read(url: str, shown: str, authority: str, target: str) -> None:
    address = parse_address(url)
    assert (address.shown, address.authority, address.target) == (shown, authority, target)
    assert "secret" not in repr(address)


def test_over_websocket_http_is_read_as_ws() -> None:
    assert parse_address("http://node:1/x", over_websocket=True).shown == "ws://node:1/x"
    assert parse_address("https://node:1/x", over_websocket=True).is_encrypted
    assert parse_address("ws://node:1", over_websocket=True).is_websocket


@pytest.mark.parametrize(
    "url",
    ["", "node:8545", "ftp://node", "http://", "http://[::1", "http://node:99999", "http://node:0",
     "http://node/\r\nX: y",
     "http://node/a b", "http://node/ü", "http://me:secret@node:x"],
)  # fmt: skip
def test_what_is_no_url_is_refused_without_showing_secrets(url: str) -> None:
    with pytest.raises(UsageError, match="no endpoint, expected an URL like") as caught:
        parse_address(url)
    assert "secret" not in str(caught.value)
