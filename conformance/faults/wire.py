"""Faults on the wire: what comes is no answer at all, or not as JSON."""

from collections.abc import Callable
from random import Random

from conformance.faults.facts import Facts
from conformance.faults.fault import Fault, Plant, Right, Wrong

_STATUSES = (201, 204, 301, 400, 401, 404, 500)
"""Not those that say a node is busy: of them nothing can be said."""
_HTML = b"<!doctype html><html><head><title>Welcome</title></head><body>It works!</body></html>"
_DEEP_LEVELS = 1_000


def _body(change: Callable[[bytes, Random], bytes | None]) -> Plant:
    """Return a fault that changes the bytes of an answer; None where there is nothing to change."""

    def plant(right: Right, _facts: Facts, random: Random) -> Wrong | None:
        body = change(right.reply.body, random) if right.reply.body.strip() else None
        return None if body is None or body == right.reply.body else Wrong(body, right.reply.status)

    return plant


def _other_status(right: Right, _facts: Facts, random: Random) -> Wrong | None:
    return Wrong(right.reply.body, random.choice(_STATUSES))


def _html(right: Right, _facts: Facts, _random: Random) -> Wrong | None:
    return Wrong(_HTML, right.reply.status, "text/html")


def _unasked(right: Right, _facts: Facts, _random: Random) -> Wrong | None:
    """Plant an answer where none may be."""
    if right.reply.body.strip():
        return None
    return Wrong(b'{"jsonrpc":"2.0","id":null,"result":null}', right.reply.status)


def _truncated(body: bytes, random: Random) -> bytes | None:
    size_bytes = len(body.strip())
    return body[: random.randrange(1, size_bytes)] if size_bytes > 1 else None


def _key_twice(body: bytes, _random: Random) -> bytes | None:
    start = body.find(b"{")
    return None if start < 0 else body[: start + 1] + b'"id":0,"id":0,' + body[start + 1 :]


def _result_twice(body: bytes, _random: Random) -> bytes | None:
    """Return a body with a wrong result before the right one: readers that take the last see nothing."""
    place = body.find(b'"result"')
    return None if place < 0 else body[:place] + b'"result":"0xbad",' + body[place:]


def _not_a_number(body: bytes, random: Random) -> bytes | None:
    word = random.choice((b"NaN", b"Infinity", b"-Infinity"))
    place = body.find(b'"result":')
    return None if place < 0 else body[: place + 9] + word + b',"was":' + body[place + 9 :]


def _bad_text(body: bytes, _random: Random) -> bytes | None:
    place = body.rfind(b'"')
    return None if place < 0 else body[:place] + b"\xff\xfe" + body[place:]


def _nested(_body: bytes, _random: Random) -> bytes:
    return b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * _DEEP_LEVELS + b"]" * _DEEP_LEVELS + b"}"


WIRE = (
    Fault("http-status-wrong", _other_status, "a right body under a status that says it is none"),
    Fault("http-200-with-html", _html, "the page of a proxy or of a login"),
    Fault("body-empty", _body(lambda _body, _random: b""), "a node that gave up; a comparison of nothing passes it"),
    Fault("body-unasked", _unasked, "an answer to a notification"),
    Fault("json-truncated", _body(_truncated), "a connection closed too early, with a length to match"),
    Fault("json-key-twice", _body(_key_twice), "readers disagree which one counts"),
    Fault("json-result-twice", _body(_result_twice), "the last one is right, and the first one is what others read"),
    Fault(
        "json-trailing-garbage", _body(lambda body, _: body.rstrip() + b"}"), "readers that stop at the end of a value"
    ),
    Fault("json-two-answers", _body(lambda body, _: body.rstrip() + b"\n" + body), "an answer sent twice"),
    Fault("json-not-a-number", _body(_not_a_number), "words that some readers take and JSON has not"),
    Fault("json-not-utf-8", _body(_bad_text), "readers that drop what they can't decode"),
    Fault("json-with-mark", _body(lambda body, _: b"\xef\xbb\xbf" + body), "RFC 8259, section 8.1: no byte order mark"),
    Fault("json-with-comment", _body(lambda body, _: b"/* cached */" + body), "readers of more than JSON"),
    Fault("json-single-quotes", _body(lambda body, _: body.replace(b'"', b"'")), "a value printed by its language"),
    Fault("json-nested-deeply", _body(_nested), "readers that overrun their stack"),
)
