"""Targets must be there, and of one chain."""

import socket

import pytest

from loadtests.errors import LoadError
from loadtests.pool import reach
from reference_node.errors import CouldNotJudge
from tests.conformance.fake_node import Wire, fake_node


def chain(identity: str) -> Wire:
    return Wire(b'{"jsonrpc":"2.0","id":1,"result":"%b"}' % identity.encode())


def test_targets_of_one_chain_are_taken() -> None:
    with fake_node(lambda body: chain("0x1")) as first, fake_node(lambda body: chain("0x1")) as second:
        pool = reach((first, second))
    assert pool.targets == (first, second)
    pool.begun(0.0)
    assert pool.ended() == ()


def test_targets_of_different_chains_are_named() -> None:
    with (
        fake_node(lambda body: chain("0x1")) as first, fake_node(lambda body: chain("0x2")) as second,
        pytest.raises(LoadError, match=r"of chain 0x1, .* of chain 0x2"),
    ):  # fmt: skip
        reach((first, second))


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"error":{"code":-32601}}', b"[" * 100_000])
def test_a_target_that_does_not_say_its_chain_is_taken(body: bytes) -> None:
    with fake_node(lambda _: Wire(body)) as url:
        assert reach((url,)).targets == (url,)


def test_a_target_that_is_not_there_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(CouldNotJudge, match=f"target {url} does not answer"):
        reach((url,))


def test_what_is_no_url_is_named() -> None:
    with pytest.raises(LoadError, match="target is 'localhost'"):
        reach(("localhost",))
