"""The pairing check of calls answers as py-evm's does, and ends in time."""

from itertools import count
from typing import Any

import pytest

from reference_node.backend import Backend
from reference_node.evm import call_opcodes
from tests.reference_node.rpc.served import answer, backend_of
from tests.reference_node.worlds import World

PAIRING = "0x" + "00" * 19 + "08"
FIELD_MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
G1 = (1, 2)
G2 = (
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
)


def pair(left: tuple[int, ...], right: tuple[int, ...] = G2) -> bytes:
    """Return a pair of points as the contract reads it."""
    return b"".join(number.to_bytes(32, "big") for number in (*left, *right))


ONE, OTHER = pair(G1), pair((1, FIELD_MODULUS - 2))


@pytest.fixture(scope="module")
def backend() -> Backend:
    return backend_of(World("osaka"))


def check(backend: Backend, data: bytes, **arguments: Any) -> dict[str, Any]:
    return answer(backend, "eth_call", {"to": PAIRING, "data": f"0x{data.hex()}", **arguments}, "latest")


@pytest.mark.parametrize(
    ("data", "result"),
    [(b"", 1), (bytes(192), 1), (ONE + OTHER, 1), (ONE, 0)],
    ids=["nothing", "infinity", "a product of one", "another product"],
)
def test_a_product_is_compared_with_one(backend: Backend, data: bytes, result: int) -> None:
    assert check(backend, data)["result"] == f"0x{result:064x}"


@pytest.mark.parametrize("data", [b"\0", ONE[:-1], pair((1, 3)), pair((FIELD_MODULUS, 2)), pair(G1, (1, 1, 1, 1))])
def test_input_of_another_form_fails(backend: Backend, data: bytes) -> None:
    assert check(backend, data)["error"]["code"] == -32000


def test_each_pair_has_its_price(backend: Backend) -> None:
    data = bytes(192)
    needed = 21_000 + 10 * 192 + 45_000 + 34_000
    assert "result" in check(backend, data, gas=hex(needed))
    assert check(backend, data, gas=hex(needed - 1 - 6 * 192))["error"]["message"] == "out of gas"


def test_the_price_is_paid_before_the_input_is_looked_at(backend: Backend) -> None:
    assert check(backend, b"\x01" * 50, gas=hex(60_000))["error"]["message"] == "out of gas"
    assert check(backend, b"\x01" * 50)["error"]["message"] == "bad elliptic curve pairing size"


def test_the_clock_is_looked_at_before_each_pair(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = count(1)
    pairs = 1000

    def late() -> float:
        return 0.0 if next(looks) < 5 else 1e12

    monkeypatch.setattr(call_opcodes, "monotonic", late)
    found = check(backend, bytes(192) * pairs, gas=hex(50_000_000))
    assert found["error"]["message"] == "execution aborted (timeout = 5s)"
    assert next(looks) < pairs
