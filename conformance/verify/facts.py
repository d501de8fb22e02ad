"""Blocks, transactions and receipts read from answers, with every hash worked out anew from the fields.

What an answer says of hashes is kept apart from what follows from its fields, so that the two can be compared.
Source: Yellow Paper 4.3, EIPs 2718, 2930, 1559, 4895, 4844, 4788, 7685, 7702.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.compare import ABSENT
from conformance.verify.spot import Malformed, Spot, Unchecked
from reference_node.chain.senders import sender_of
from reference_node.chain.types import (
    Header,
    Log,
    Receipt,
    Transaction,
    Withdrawal,
    decode_transaction,
    encode_rlp,
    from_int,
    header_from_item,
)

TRANSACTIONS_MAX = 20_000
"""Transactions of a block that are looked at; a block with more counts as malformed."""
_HASH, _ADDRESS, _BLOOM, _NONCE = 32, 20, 256, 8
_ReadField = Callable[[Spot], bytes]


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """A block as its answer's fields make it."""

    spot: Spot
    """The block in the answer."""
    header: Header
    """With the hash that follows from the fields."""
    transactions: tuple[Transaction, ...]
    """With the hashes that follow from the fields."""
    transaction_spots: tuple[Spot, ...]
    withdrawals: tuple[Withdrawal, ...] | None
    senders: tuple[bytes | None, ...]
    """Who signed; None where no key can have made the signature."""


def _number(bytes_max: int = 32) -> _ReadField:
    return lambda spot: from_int(spot.quantity(bytes_max))


def _data(size: int | None = None) -> _ReadField:
    return lambda spot: spot.data(size)


_HEADER: tuple[tuple[str, _ReadField], ...] = (
    ("parentHash", _data(_HASH)), ("sha3Uncles", _data(_HASH)), ("miner", Spot.address), ("stateRoot", _data(_HASH)),
    ("transactionsRoot", _data(_HASH)), ("receiptsRoot", _data(_HASH)), ("logsBloom", _data(_BLOOM)),
    ("difficulty", _number()), ("number", _number(8)), ("gasLimit", _number(8)), ("gasUsed", _number(8)),
    ("timestamp", _number(8)), ("extraData", _data()), ("mixHash", _data(_HASH)), ("nonce", _data(_NONCE)),
)  # fmt: skip
_LATER: tuple[tuple[str, _ReadField], ...] = (
    ("baseFeePerGas", _number()), ("withdrawalsRoot", _data(_HASH)), ("blobGasUsed", _number(8)),
    ("excessBlobGas", _number(8)), ("parentBeaconBlockRoot", _data(_HASH)), ("requestsHash", _data(_HASH)),
)  # fmt: skip
"""Fields that forks added, in their order: a block has none, or the first few."""
HEADER_KEYS = frozenset(name for name, _ in (*_HEADER, *_LATER))


def read_header(block: Spot) -> Header:
    """Return the header of a block in an answer, its hash worked out. Raises Malformed."""
    fields = [read(block.key(name)) for name, read in _HEADER]
    ended_by: Spot | None = None
    for name, read in _LATER:
        spot = block.given(name)
        if spot is None:
            ended_by = ended_by or block.key(name)
        elif ended_by is not None:
            raise Malformed(ended_by, f"a value, as there is a {name}")
        else:
            fields.append(read(spot))
    return header_from_item(fields)


def read_block(block: Spot) -> BlockFacts:
    """Return what a block with whole transactions holds. Raises Malformed."""
    header = read_header(block)
    spots = tuple(block.key("transactions").items(TRANSACTIONS_MAX))
    transactions = tuple(map(read_transaction, spots))
    withdrawals = block.given("withdrawals")
    return BlockFacts(
        block,
        header,
        transactions,
        spots,
        None if withdrawals is None else tuple(map(_read_withdrawal, withdrawals.items())),
        tuple(map(_sender, transactions)),
    )


def read_transaction(spot: Spot) -> Transaction:
    """Return a transaction, its bytes and hash worked out from its fields. Raises Malformed."""
    kind = spot.key("type")
    number = kind.quantity(1)
    if number not in _TRANSACTIONS:
        raise Unchecked(f"transactions of type {number} are not known here")
    fields: list[Any] = [read(spot) for read in _TRANSACTIONS[number]]
    payload = encode_rlp(fields)
    return decode_transaction(bytes((number,)) + payload if number else payload)


def read_receipt(spot: Spot) -> Receipt:
    """Return what a receipt's hash covers. Raises Malformed, or Unchecked for one from before Byzantium."""
    if spot.given("status") is None and spot.given("root") is not None:
        raise Unchecked("receipts from before Byzantium hold a state root")
    status = spot.key("status")
    if status.quantity(1) > 1:
        raise Malformed(status, "0x0 or 0x1")
    logs = tuple(map(read_log, spot.key("logs").items()))
    return Receipt(status.quantity(1), spot.key("cumulativeGasUsed").quantity(8), logs)


def read_log(spot: Spot) -> Log:
    """Return what a receipt's hash covers of a log. Raises Malformed."""
    topics = tuple(topic.data(_HASH) for topic in spot.key("topics").items(4))
    return Log(spot.key("address").address(), topics, spot.key("data").data())


def _read_withdrawal(spot: Spot) -> Withdrawal:
    return Withdrawal(
        spot.key("index").quantity(8),
        spot.key("validatorIndex").quantity(8),
        spot.key("address").address(),
        spot.key("amount").quantity(8),
    )


def _sender(transaction: Transaction) -> bytes | None:
    try:
        return sender_of(transaction, transaction.chain_id or 0)
    except ValueError:
        return None


def _field(name: str, read: _ReadField) -> Callable[[Spot], Any]:
    return lambda spot: read(spot.key(name))


def _to(spot: Spot) -> bytes:
    to = spot.given("to")
    return b"" if to is None else to.address()


def _parity(spot: Spot) -> bytes:
    """Return a typed transaction's parity, which older clients call v alone."""
    parity = spot.key("yParity")
    return from_int((spot.key("v") if parity.value is ABSENT else parity).quantity(1))


def _access_list(spot: Spot) -> list[Any]:
    return [
        [entry.key("address").address(), [slot.data(_HASH) for slot in entry.key("storageKeys").items()]]
        for entry in spot.key("accessList").items()
    ]


def _hashes(spot: Spot) -> list[bytes]:
    return [item.data(_HASH) for item in spot.key("blobVersionedHashes").items()]


def _authorizations(spot: Spot) -> list[Any]:
    return [
        [
            from_int(item.key("chainId").quantity()), item.key("address").address(),
            from_int(item.key("nonce").quantity(8)), from_int(item.key("yParity").quantity(1)),
            from_int(item.key("r").quantity()), from_int(item.key("s").quantity()),
        ]
        for item in spot.key("authorizationList").items()
    ]  # fmt: skip


_NUMBER, _SMALL = _number(), _number(8)
_CHAIN, _COUNT, _GAS = _field("chainId", _NUMBER), _field("nonce", _SMALL), _field("gas", _SMALL)
_PRICE, _VALUE, _INPUT = _field("gasPrice", _NUMBER), _field("value", _NUMBER), _field("input", _data())
_TIP, _CAP = _field("maxPriorityFeePerGas", _NUMBER), _field("maxFeePerGas", _NUMBER)
_BLOB_CAP = _field("maxFeePerBlobGas", _NUMBER)
_R, _S, _V = _field("r", _NUMBER), _field("s", _NUMBER), _field("v", _NUMBER)
_PAYMENT = (_COUNT, _TIP, _CAP, _GAS, _to, _VALUE, _INPUT, _access_list)
_TRANSACTIONS: dict[int, tuple[Callable[[Spot], Any], ...]] = {
    0: (_COUNT, _PRICE, _GAS, _to, _VALUE, _INPUT, _V, _R, _S),
    1: (_CHAIN, _COUNT, _PRICE, _GAS, _to, _VALUE, _INPUT, _access_list, _parity, _R, _S),
    2: (_CHAIN, *_PAYMENT, _parity, _R, _S),
    3: (_CHAIN, *_PAYMENT, _BLOB_CAP, _hashes, _parity, _R, _S),
    4: (_CHAIN, *_PAYMENT, _authorizations, _parity, _R, _S),
}
"""The fields of each type of transaction in the order of its RLP."""
