"""What a task names is opened: the same call again and again, judged like any other."""

import pytest

from loadtests.errors import LoadError
from loadtests.opening import KINDS, open_requests
from loadtests.outcomes import Kind, Outcome
from loadtests.seams import Reply
from loadtests.shapes import levels
from loadtests.task import Task


def task(**requests: object) -> Task:
    return Task(("http://127.0.0.1:1",), levels([(0.0, 1.0)], 1.0), requests=requests)


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(LoadError, match="kind of requests is 'riddles', expected fixed"):
        open_requests(task(kind="riddles"))
    assert "fixed" in KINDS


def test_a_fixed_call_is_the_same_each_time() -> None:
    opened = open_requests(task(kind="fixed", method="eth_getBalance", params=["0x1", "latest"]))
    first, later = opened.source(0, 0.5), opened.source(99, 1.5)
    assert first.calls[0].body == later.calls[0].body
    assert first.calls[0].body == b'{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x1","latest"]}'
    assert (first.at_seconds, later.at_seconds, first.is_batch) == (0.5, 1.5, False)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"jsonrpc":"2.0","id":1,"result":"0x1"}', Outcome(Kind.RESULT)),
        (200, b'{"jsonrpc":"2.0","id":1,"result":null}', Outcome(Kind.MISSING)),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}', Outcome(Kind.RPC, -32000)),
        (200, b'{"jsonrpc":"2.0","id":2,"result":"0x1"}', Outcome(Kind.MALFORMED)),
        (200, b"<html>", Outcome(Kind.MALFORMED)),
        (503, b'{"jsonrpc":"2.0","id":1,"result":"0x1"}', Outcome(Kind.HTTP, 503)),
    ],
)
def test_its_answers_are_judged(status: int, body: bytes, expected: Outcome) -> None:
    opened = open_requests(task(kind="fixed", method="eth_blockNumber"))
    assert opened.judge(opened.source(0, 0.0), Reply(status, {}, body), 0.0) == (expected,)
    assert (opened.watch.take(), opened.watch.heads()) == ({}, {})
