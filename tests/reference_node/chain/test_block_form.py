"""A block's bytes are looked at down to the fields of its transactions before anything is made of them."""

import re
from typing import Any

import pytest

from reference_node.chain.block_form import check_block
from reference_node.chain.strict_rlp import decode_strictly
from reference_node.chain.types import Withdrawal, encode_block, encode_rlp
from tests.reference_node.worlds import CHAIN_ID, World, sign

TO = b"\x11" * 20
ACCESS = [{"address": "0x" + "22" * 20, "storageKeys": ["0x" + "33" * 32]}]
AUTHORIZATION = {"chainId": CHAIN_ID, "address": TO, "nonce": 0, "yParity": 0, "r": 1, "s": 1}
RAW = (
    sign(0, None, gasPrice=10**11, data=b"\0"),
    sign(0, TO, nonce=1, gasPrice=10**11, accessList=ACCESS),
    sign(0, TO, nonce=2),
    sign(0, TO, nonce=3, maxFeePerBlobGas=1, blobVersionedHashes=[b"\x01" + bytes(31)]),
    sign(0, TO, nonce=4, authorizationList=[AUTHORIZATION]),
)


@pytest.fixture(scope="module")
def encoded() -> bytes:
    """Return a block with a transaction of each type and a withdrawal."""
    built = World().build(*RAW, withdrawals=(Withdrawal(1, 2, TO, 3),))
    assert [found.type for found in built.executed.block.body.transactions] == [0, 1, 2, 3, 4]
    return encode_block(built.executed.block)


def spoil(item: Any, path: tuple[int, ...], value: object) -> bytes:
    """Return a block with another value at a place; a typed transaction is opened on the way."""
    place, *rest = path
    if isinstance(item, bytes):
        return item[:1] + spoil(decode_strictly(item[1:]), path, value)
    changed = [*item]
    if not rest:
        changed[place] = value
    elif isinstance(item[place], bytes):
        changed[place] = spoil(item[place], tuple(rest), value)
    else:
        changed[place] = decode_strictly(spoil(item[place], tuple(rest), value))
    return encode_rlp(changed)


def test_a_good_block_passes(encoded: bytes) -> None:
    check_block(encoded)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ((0, 2), TO[1:], "header: field 2: it has 19 bytes, expected 20"),
        ((0, 6), bytes(255), "header: field 6: it has 255 bytes, expected 256"),
        ((0, 8), b"\0\1", "header: field 8: 0x0001 is no number without leading zeros in at most 8 bytes"),
        ((0, 9), b"\1" * 9, f"header: field 9: 0x{'01' * 9} is no number without leading zeros in at most 8 bytes"),
        ((0, 12), [], "header: field 12: it is a list, expected a string"),
        ((0,), [b""], "header: it has 1 fields, expected 15 or more"),
        ((0,), b"", "header: it is a string, expected a list"),
        ((1,), b"", "transactions: it is a string, expected a list"),
        ((1, 0), [b""], "transactions: [0]: it has 1 fields, expected 9"),
        ((1, 0), b"\x05\xc0", "transactions: [0]: 0x05 is no type of a transaction, expected 1 to 4"),
        ((1, 0), b"", "transactions: [0]: 0x is no type of a transaction, expected 1 to 4"),
        ((1, 0), b"\x02\xc2\xc0\xff", "transactions: [0]: rlp: element is larger than containing list"),
        ((1, 0, 3), TO[1:], "transactions: [0]: field 3: it has 19 bytes, expected 20"),
        ((1, 1, 7, 0, 1, 0), TO, "transactions: [1]: field 7: [0]: field 1: [0]: it has 20 bytes, expected 32"),
        ((1, 2, 7), [b""], "transactions: [2]: field 7: it is a list, expected a string"),
        ((1, 3, 5), b"", "transactions: [3]: field 5: it has 0 bytes, expected 20"),
        ((1, 3, 10, 0), TO, "transactions: [3]: field 10: [0]: it has 20 bytes, expected 32"),
        ((1, 4, 9, 0), [b""], "transactions: [4]: field 9: [0]: it has 1 fields, expected 6"),
        ((2,), [[b""]], "uncles: [0]: it has 1 fields, expected 15 or more"),
        ((3, 0, 2), b"", "withdrawals: [0]: field 2: it has 0 bytes, expected 20"),
    ],
)
def test_what_is_wrong_is_named(encoded: bytes, path: tuple[int, ...], value: object, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        check_block(spoil(decode_strictly(encoded), path, value))
    assert str(caught.value) == text


@pytest.mark.parametrize("item", [b"", [], [[], []], [[], [], [], [], []]])
def test_what_has_not_a_blocks_fields_is_refused(item: object) -> None:
    with pytest.raises(ValueError, match=r"^it (is a string, expected a list|has \d fields, expected 3 or 4)$"):
        check_block(encode_rlp(item))
