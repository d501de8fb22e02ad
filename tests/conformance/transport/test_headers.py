"""Headers are checked before anything is sent, and no message holds a value."""

import pytest

from conformance.transport.headers import parse_headers
from conformance.transport.options import make_transports
from conformance.transport.settings import Kind
from reference_node.errors import UsageError


def test_headers_are_read_and_their_values_may_be_in_the_environment() -> None:
    words = ["X-Key: a: b", "Authorization:@TOKEN", "X-At: @@home", "X-Empty:"]
    assert parse_headers(words, "--header", {"TOKEN": "Bearer secret"}) == {
        "X-Key": "a: b",
        "Authorization": "Bearer secret",
        "X-At": "@home",
        "X-Empty": "",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["secret"], "has no colon, expected 'K: V'"),
        ([": secret"], "is '', which is no header's name"),
        (["X Key: secret"], "is 'X Key', which is no header's name"),
        (["Content-Length: 1"], "'Content-Length', which belongs to the connection"),
        (["Sec-WebSocket-Key: secret"], "belongs to the connection"),
        (["X-Key: secret", "x-key: secret"], "sets 'x-key' twice"),
        (["X-Key: secret\r\nX-Other: y"], "sets 'X-Key' to what no header can hold"),
        (["X-Key: @MISSING"], "reads 'X-Key' from the environment variable 'MISSING', which is not set"),
    ],
)
def test_what_is_no_header_is_refused_without_its_value(words: list[str], expected: str) -> None:
    with pytest.raises(UsageError, match=expected) as caught:
        parse_headers(words, "--header", {})
    assert str(caught.value).startswith("--header ")
    assert "secret" not in str(caught.value)


def test_a_header_can_be_for_one_side_only_and_takes_the_place_of_the_common_one() -> None:
    transports = make_transports("batch", 7, ("K: both", "L: both"), ("k: mine",), ("M: theirs",), True, 1.0, 2.0, 3)
    assert transports.candidate.headers == {"L": "both", "k": "mine"}
    assert transports.reference.headers == {"K": "both", "L": "both", "M": "theirs"}
    assert (transports.candidate.kind, transports.candidate.batch_size, transports.candidate.gzip) == (
        Kind.BATCH,
        7,
        True,
    )
    assert (transports.candidate.connect_seconds_max, transports.candidate.reply_seconds_max) == (1.0, 2.0)
    assert transports.reference.retries == 3
    assert transports.threads(2) == 14


def test_a_size_of_batches_needs_batches() -> None:
    with pytest.raises(UsageError, match="--batch-size needs --transport batch"):
        make_transports("http", 7, (), (), (), False, 1.0, 2.0, 0)
