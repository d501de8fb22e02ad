"""The pool takes what a block may hold sooner or later, and refuses the rest in geth's words."""

from typing import Any

import pytest

from reference_node.chain.submitted import decode_submitted
from reference_node.chain.types import decode_transaction
from reference_node.roles.admission import TransactionRefused
from reference_node.roles.pool import Pool
from tests.reference_node.worlds import GWEI, World, sign, signed

TARGET = b"\x11" * 20


@pytest.fixture(scope="module")
def world() -> World:
    """Return a chain of one block with a transaction of account 0."""
    world = World()
    world.add(sign(0, TARGET, value=1))
    return world


@pytest.fixture
def pool(world: World) -> Pool:
    """Return an empty pool."""
    return Pool(world.config)


def add(pool: Pool, world: World, raw: bytes) -> None:
    """Add to a pool."""
    pool.add(decode_submitted(raw), world.store, world.head)


def test_what_waits_is_in_the_order_of_nonces(pool: Pool, world: World) -> None:
    sent = [sign(0, TARGET, nonce=2), sign(1, TARGET, nonce=0), sign(0, TARGET, nonce=1)]
    for raw in sent:
        add(pool, world, raw)
    assert [found.raw for found in pool.in_order()] == [sent[1], sent[2], sent[0]]
    pool.remove([decode_transaction(sent[2])])
    assert len(pool) == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"nonce": 0}, "nonce too low: next nonce 1, tx nonce 0"),
        ({"nonce": 1, "value": 10**30}, r"insufficient funds for gas \* price \+ value: balance"),
        ({"nonce": 1, "gas": 20_999}, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        ({"nonce": 1, "chainId": 5}, "invalid sender: invalid chain id for signer: have 5 want 1337"),
    ],
)
def test_what_no_block_would_hold_is_refused(pool: Pool, world: World, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(TransactionRefused, match=reason):
        add(pool, world, sign(0, TARGET, **fields))
    assert len(pool) == 0


def test_the_same_transaction_is_already_known(pool: Pool, world: World) -> None:
    raw = sign(0, TARGET, nonce=1)
    add(pool, world, raw)
    with pytest.raises(TransactionRefused, match=r"^already known$"):
        add(pool, world, raw)


@pytest.mark.parametrize(("price", "taken"), [(109, False), (110, True), (200, True)])
def test_a_replacement_has_to_offer_a_tenth_more(pool: Pool, world: World, price: int, taken: bool) -> None:
    add(pool, world, sign(0, TARGET, nonce=1, gasPrice=100 * GWEI))
    replacement = sign(0, TARGET, nonce=1, gasPrice=price * GWEI, value=7)
    if taken:
        add(pool, world, replacement)
        assert [found.raw for found in pool.in_order()] == [replacement]
    else:
        with pytest.raises(TransactionRefused, match="replacement transaction underpriced"):
            add(pool, world, replacement)


def test_what_comes_back_from_a_block_does_not_push_out_what_waits(pool: Pool, world: World) -> None:
    waiting, old = sign(0, TARGET, nonce=1, value=1), signed(0, TARGET, nonce=1, value=2)
    add(pool, world, waiting)
    pool.put_back([old, signed(1, TARGET, nonce=0)])
    assert waiting in [found.raw for found in pool.in_order()]
    assert old not in pool.in_order()
    assert len(pool) == 2


def test_a_full_pool_takes_no_more(pool: Pool, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reference_node.roles.pool.TRANSACTIONS_MAX", 1)
    add(pool, world, sign(0, TARGET, nonce=1))
    with pytest.raises(TransactionRefused, match="txpool is full"):
        add(pool, world, sign(1, TARGET))
