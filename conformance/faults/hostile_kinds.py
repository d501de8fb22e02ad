"""The ways in which endpoints misbehave, and what is said of a question put to each."""

import gzip
import zlib
from collections.abc import Callable
from functools import cache

from conformance.faults.hostile import Behave, Hostile, Listener
from conformance.verdict import Verdict

_MEGABYTE = 1024 * 1024
_DRIP_SECONDS = 0.02
_BOMB_BYTES = 160 * _MEGABYTE
_HUGE_DIGITS = 3_000_000
_DEEP_LEVELS = 2_000_000
_VALUES = 20_000_000
_KEYS = 200_000
_JSON = b"Content-Type: application/json\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\n" + _JSON + b"Transfer-Encoding: chunked\r\n\r\n"
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_RIGHT = b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'


def whole(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    """Return an answer of HTTP with its length."""
    return b"HTTP/1.1 " + status + b"\r\n" + _JSON + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _sends(*parts: Callable[[], bytes] | bytes) -> Behave:
    """Return what sends bytes and is then done."""

    def behave(to: Listener) -> None:
        for part in parts:
            to.send(part if isinstance(part, bytes) else part())

    return behave


def _repeats(first: bytes, again: bytes, pause_seconds: float = 0.0) -> Behave:
    """Return what sends bytes, and then others without end."""

    def behave(to: Listener) -> None:
        to.send(first)
        to.repeat(again, pause_seconds)

    return behave


def _hang(to: Listener) -> None:
    to.hang()


def _half_then_hang(to: Listener) -> None:
    to.send(whole(_RIGHT)[:-10])
    to.hang()


def _bomb(layers: int) -> Callable[[], bytes]:
    """Return what makes a small body that is a big one when unpacked."""

    @cache
    def make() -> bytes:
        packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        zeros = b" " * _MEGABYTE
        body = b"".join(packer.compress(zeros) for _ in range(_BOMB_BYTES // _MEGABYTE)) + packer.flush()
        for _ in range(layers - 1):
            body = gzip.compress(body, mtime=0)
        coding = b", ".join([b"gzip"] * layers)
        return whole(body, more=b"Content-Encoding: " + coding + b"\r\n")

    return make


def _result(content: bytes) -> bytes:
    return whole(b'{"jsonrpc":"2.0","id":1,"result":' + content + b"}")


_NO, _WRONG = Verdict.INCONCLUSIVE, Verdict.MISMATCH
HOSTILE = (
    Hostile("hangs", _hang, _NO, "takes the request and says nothing"),
    Hostile("hangs-half-way", _half_then_hang, _NO, "stops in the middle of the body"),
    Hostile("drips-body", _repeats(whole(b"1" * _MEGABYTE)[:200], b"1", _DRIP_SECONDS), _NO, "a byte now and then"),
    Hostile("drips-headers", _repeats(b"HTTP/1.1 200 OK\r\nX: ", b"a", _DRIP_SECONDS), _NO, "the same before the body"),
    Hostile("closes-at-once", lambda _to: None, _NO, "closes without a word"),
    Hostile("closes-in-headers", _sends(b"HTTP/1.1 200 OK\r\nContent-Le"), _NO, "closes in the middle of the headers"),
    Hostile("closes-in-body", _sends(whole(_RIGHT)[:-10]), _NO, "closes before the length it promised"),
    Hostile("closes-in-chunk", _sends(_CHUNKED + b"27\r\n" + _RIGHT[:20]), _NO, "closes before the chunk's end"),
    Hostile("endless-body", _repeats(_CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"), _NO, "chunks without end"),
    Hostile("endless-length", _repeats(whole(b"")[:-5] + b"9" * 18 + b"\r\n\r\n", b"1" * 65536), _NO, "an exabyte"),
    Hostile("endless-headers", _repeats(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), _NO, "headers without end"),
    Hostile("endless-header", _repeats(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536), _NO, "one header without end"),
    Hostile("endless-continue", _repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n", _DRIP_SECONDS), _NO, "never an answer"),
    Hostile("no-http", _sends(b"SSH-2.0-OpenSSH_9.6\r\n"), _NO, "another protocol behind the port"),
    Hostile("garbage-chunks", _sends(_CHUNKED + b"zz\r\n" + _RIGHT), _NO, "a length that is no number"),
    Hostile("negative-length", _sends(whole(b"").replace(b": 0", b": -5") + _RIGHT), _NO, "less than nothing"),
    Hostile("length-twice", _sends(whole(_RIGHT, more=b"Content-Length: 3\r\n")), _NO, "RFC 9112, section 6.3"),
    Hostile("no-gzip", _sends(whole(_RIGHT, more=b"Content-Encoding: gzip\r\n")), _NO, "not packed as it says"),
    Hostile("gzip-bomb", _sends(_bomb(1)), _NO, "blanks without number in a few bytes"),
    Hostile("gzip-bomb-twice", _sends(_bomb(2)), _NO, "the same, packed once more"),
    Hostile("busy", _sends(whole(_HTML, b"502 Bad Gateway")), _NO, "a balancer without nodes"),
    Hostile("html", _sends(whole(_HTML)), _WRONG, "a page under status 200"),
    Hostile("redirects", _sends(whole(b"", b"307 Moved", b"Location: /\r\n")), _WRONG, "to itself, for ever"),
    Hostile("no-content", _sends(b"HTTP/1.1 204 No Content\r\n\r\n"), _WRONG, "well done, and nothing said"),
    Hostile("empty", _sends(whole(b"")), _WRONG, "an answer of no bytes"),
    Hostile("truncated-json", _sends(whole(_RIGHT[:-10])), _WRONG, "as long as it says, and not whole"),
    Hostile("not-utf-8", _sends(_result(b'"\xff\xfe"')), _WRONG, "bytes that are no text"),
    Hostile("wrong-id", _sends(whole(_RIGHT.replace(b'"id":1', b'"id":2'))), _WRONG, "the answer to somebody else"),
    Hostile("deep", _sends(lambda: _result(b"[" * _DEEP_LEVELS + b"]" * _DEEP_LEVELS)), _WRONG, "two million levels"),
    Hostile("deep-and-open", _sends(lambda: whole(b"[" * 20 * _MEGABYTE)), _WRONG, "levels that never close"),
    Hostile("huge-number", _sends(lambda: _result(b"9" * _HUGE_DIGITS)), _WRONG, "three million digits"),
    Hostile("huge-exponent", _sends(_result(b"1e999999999")), _WRONG, "a number that can't be written out"),
    Hostile("many-values", _sends(lambda: _result(b"[" + b"[]," * _VALUES + b"0]")), _WRONG, "60 MB of empty arrays"),
    Hostile("many-keys", _sends(lambda: _result(_many_keys())), _WRONG, "keys without number, the last of them twice"),
    Hostile("open-quotes", _sends(lambda: whole(b'["' + b'\\"' * 5 * _MEGABYTE)), _WRONG, "a text that never ends"),
    Hostile(
        "answers-twice", _sends(whole(_RIGHT.replace(b"0x1", b"0x2")) + whole(_RIGHT)), _WRONG,
        "a right answer that nobody asked for, waiting for the next question", keeps_open=True,
    ),
)  # fmt: skip


def _many_keys() -> bytes:
    numbers = (*range(_KEYS), _KEYS - 1)
    return b"{" + b",".join(b'"%d":0' % number for number in numbers) + b"}"


def find_hostile(name: str) -> Hostile:
    """Return the way to misbehave that has a name. Raises KeyError where there is none."""
    return {hostile.name: hostile for hostile in HOSTILE}[name]
