"""Methods about the node itself."""

import re

from tests.reference_node.rpc.served import ask, backend_of, error_of
from tests.reference_node.worlds import World


def test_the_node_says_what_it_is() -> None:
    backend = backend_of(World())
    assert ask(backend, "net_version") == "1337"
    assert ask(backend, "net_listening") is True
    assert ask(backend, "net_peerCount") == "0x0"
    assert re.fullmatch(r"EtherCattle/v[\d.]+/\w+-\w+/python3[\d.]+", ask(backend, "web3_clientVersion"))


def test_sha3_is_keccak() -> None:
    backend = backend_of(World())
    # The digest of no bytes: the code hash of an account without code.
    empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert ask(backend, "web3_sha3", "0x") == empty
    assert error_of(backend, "web3_sha3", "zz")[0] == -32602
