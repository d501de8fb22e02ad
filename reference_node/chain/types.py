"""Headers, transactions, receipts and blocks as plain values decoded from their RLP.

Consensus forms are those of the Yellow Paper and EIPs 2718, 2930, 1559, 4895, 4844, 4788, 7685, 7702;
receipts also have geth's storage form (core/types/receipt.go, `storedReceiptRLP`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_hash.auto import keccak
from rlp.codec import encode_raw

RlpItem = Any  # nested lists of bytes, as `rlp.decode` returns them


@dataclass(frozen=True, slots=True)
class Header:
    """A block header; fields of later forks are None before them."""

    parent_hash: bytes
    uncles_hash: bytes
    coinbase: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    mix_hash: bytes
    nonce: bytes
    base_fee_per_gas: int | None
    withdrawals_root: bytes | None
    blob_gas_used: int | None
    excess_blob_gas: int | None
    parent_beacon_block_root: bytes | None
    requests_hash: bytes | None
    hash: bytes
    """keccak of the header's RLP."""
    size: int
    """Length of the header's RLP in bytes."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An EIP-4895 withdrawal; `amount_gwei` in gwei."""

    index: int
    validator_index: int
    address: bytes
    amount_gwei: int


@dataclass(frozen=True, slots=True)
class Authorization:
    """An EIP-7702 authorization."""

    chain_id: int
    address: bytes
    nonce: int
    y_parity: int
    r: int
    s: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed transaction of any type 0 to 4; fields its type lacks are None."""

    type: int
    chain_id: int | None
    nonce: int
    gas_price: int | None
    max_priority_fee_per_gas: int | None
    max_fee_per_gas: int | None
    gas: int
    to: bytes | None
    value: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[bytes, ...]], ...] | None
    max_fee_per_blob_gas: int | None
    blob_versioned_hashes: tuple[bytes, ...] | None
    authorization_list: tuple[Authorization, ...] | None
    v: int
    """Legacy v, or the y parity of a typed transaction."""
    r: int
    s: int
    raw: bytes
    """The canonical EIP-2718 bytes, without blob sidecars."""
    hash: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """An event as its receipt stores it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt holds in storage form; everything else derives from its block."""

    status: int
    cumulative_gas_used: int
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """Transactions, uncles (only counted: none after the merge) and withdrawals."""

    transactions: tuple[Transaction, ...]
    uncles: tuple[Header, ...]
    withdrawals: tuple[Withdrawal, ...] | None
    size: int
    """Length of the body's RLP payload in bytes (the fields, without their list's prefix)."""


@dataclass(frozen=True, slots=True)
class Block:
    """A header and its body."""

    header: Header
    body: Body


def encode_rlp(item: RlpItem) -> bytes:
    """Return the RLP of nested lists of bytes."""
    return bytes(encode_raw(item))  # without the search for a sedes, which takes ten times as long


def decode_header(data: bytes) -> Header:
    """Decode a header's RLP. Raises ValueError or rlp.DecodingError on anything else."""
    return header_from_item(rlp.decode(data), data)


def header_from_item(item: RlpItem, data: bytes | None = None) -> Header:
    """Build a header from its decoded RLP list; `data` saves encoding it again for the hash."""
    if not 15 <= len(item) <= 21:
        raise ValueError(f"header has {len(item)} fields, expected 15 to 21")
    raw = encode_rlp(item) if data is None else data
    later: Sequence[bytes | None] = [*item[15:], *[None] * (21 - len(item))]
    return Header(
        parent_hash=item[0],
        uncles_hash=item[1],
        coinbase=item[2],
        state_root=item[3],
        transactions_root=item[4],
        receipts_root=item[5],
        bloom=item[6],
        difficulty=to_int(item[7]),
        number=to_int(item[8]),
        gas_limit=to_int(item[9]),
        gas_used=to_int(item[10]),
        timestamp=to_int(item[11]),
        extra_data=item[12],
        mix_hash=item[13],
        nonce=item[14],
        base_fee_per_gas=optional_int(later[0]),
        withdrawals_root=later[1],
        blob_gas_used=optional_int(later[2]),
        excess_blob_gas=optional_int(later[3]),
        parent_beacon_block_root=later[4],
        requests_hash=later[5],
        hash=keccak(raw),
        size=len(raw),
    )


def encode_header(header: Header) -> bytes:
    """Return the consensus RLP of a header."""
    fields: list[bytes] = [
        header.parent_hash, header.uncles_hash, header.coinbase, header.state_root,
        header.transactions_root, header.receipts_root, header.bloom, from_int(header.difficulty),
        from_int(header.number), from_int(header.gas_limit), from_int(header.gas_used),
        from_int(header.timestamp), header.extra_data, header.mix_hash, header.nonce,
    ]  # fmt: skip
    later: list[bytes | int | None] = [
        header.base_fee_per_gas, header.withdrawals_root, header.blob_gas_used,
        header.excess_blob_gas, header.parent_beacon_block_root, header.requests_hash,
    ]  # fmt: skip
    for field in later:
        if field is None:
            break
        fields.append(from_int(field) if isinstance(field, int) else field)
    return encode_rlp(fields)


def transaction_from_item(item: RlpItem) -> Transaction:
    """Build a transaction from its place in a body: a list (legacy) or a byte string (typed)."""
    return decode_transaction(item) if isinstance(item, bytes) else _legacy(item, encode_rlp(item))


def decode_transaction(raw: bytes) -> Transaction:
    """Decode canonical EIP-2718 bytes. Raises ValueError or rlp.DecodingError on anything else."""
    if not raw:
        raise ValueError("empty transaction")
    if raw[0] >= 0xC0:
        return _legacy(rlp.decode(raw), raw)
    decoder = _TYPED.get(raw[0])
    if decoder is None:
        raise ValueError(f"transaction type {raw[0]} is not supported, expected 1 to 4 or a legacy list")
    return decoder(rlp.decode(raw[1:]), raw)


def decode_body(data: bytes) -> Body:
    """Decode a body: [transactions, uncles] and, from Shanghai on, withdrawals."""
    return body_from_items(rlp.decode(data), _payload_size(data))


def decode_block(data: bytes) -> Block:
    """Decode a whole block's RLP: header, transactions, uncles, withdrawals."""
    item = rlp.decode(data)
    header_rlp = encode_rlp(item[0])
    return Block(
        header_from_item(item[0], header_rlp),
        body_from_items(item[1:], _payload_size(data) - len(header_rlp)),
    )


def encode_block(block: Block) -> bytes:
    """Return the consensus RLP of a block."""
    return encode_rlp([rlp.decode(encode_header(block.header)), *_body_items(block.body)])


def encode_body(body: Body) -> bytes:
    """Return the RLP under which a body is stored."""
    return encode_rlp(_body_items(body))


def body_from_items(items: RlpItem, size: int) -> Body:
    """Build a body from its decoded fields; `size` is the length of their RLP."""
    if len(items) not in (2, 3):
        raise ValueError(f"body has {len(items)} fields, expected 2 or 3")
    withdrawals = None
    if len(items) == 3:
        withdrawals = tuple(Withdrawal(to_int(w[0]), to_int(w[1]), w[2], to_int(w[3])) for w in items[2])
    return Body(
        tuple(transaction_from_item(item) for item in items[0]),
        tuple(header_from_item(item) for item in items[1]),
        withdrawals,
        size,
    )


def decode_stored_receipts(data: bytes) -> tuple[Receipt, ...]:
    """Decode the receipts of a block from geth's storage form."""
    return tuple(
        Receipt(
            to_int(status),
            to_int(cumulative),
            tuple(Log(address, tuple(topics), payload) for address, topics, payload in logs),
        )
        for status, cumulative, logs in rlp.decode(data)
    )


def encode_stored_receipts(receipts: Sequence[Receipt]) -> bytes:
    """Return geth's storage form; `0xc0` for a block without transactions."""
    return encode_rlp(
        [
            [
                from_int(r.status),
                from_int(r.cumulative_gas_used),
                [[g.address, list(g.topics), g.data] for g in r.logs],
            ]
            for r in receipts
        ]
    )


def to_int(data: bytes) -> int:
    """Read RLP's big-endian integer."""
    return int.from_bytes(data, "big")


def optional_int(data: bytes | None) -> int | None:
    """Read RLP's big-endian integer, or None where a field is not there."""
    return None if data is None else int.from_bytes(data, "big")


def from_int(value: int) -> bytes:
    """Write RLP's big-endian integer: no leading zeros, zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _body_items(body: Body) -> list[RlpItem]:
    items: list[RlpItem] = [
        [t.raw if t.type else rlp.decode(t.raw) for t in body.transactions],
        [rlp.decode(encode_header(uncle)) for uncle in body.uncles],
    ]
    if body.withdrawals is not None:
        items.append(
            [
                [from_int(w.index), from_int(w.validator_index), w.address, from_int(w.amount_gwei)]
                for w in body.withdrawals
            ]
        )
    return items


def _payload_size(data: bytes) -> int:
    first = data[0]
    return len(data) - 1 - (first - 0xF7 if first > 0xF7 else 0)


def _access_list(item: RlpItem) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    return tuple((address, tuple(slots)) for address, slots in item)


def _fields(item: RlpItem, count: int, kind: str) -> RlpItem:
    if not isinstance(item, list) or len(item) != count:
        found = f"{len(item)} fields" if isinstance(item, list) else "no list"
        raise ValueError(f"{kind} transaction has {found}, expected {count} fields")
    return item


def _legacy(item: RlpItem, raw: bytes) -> Transaction:
    nonce, price, gas, to, value, data, v, r, s = _fields(item, 9, "legacy")
    parity = to_int(v)
    return Transaction(
        0, (parity - 35) // 2 if parity >= 35 else None, to_int(nonce), to_int(price), None, None, to_int(gas),
        to or None, to_int(value), data, None, None, None, None, parity, to_int(r), to_int(s), raw, keccak(raw),
    )  # fmt: skip


def _access_list_transaction(item: RlpItem, raw: bytes) -> Transaction:
    chain, nonce, price, gas, to, value, data, access, v, r, s = _fields(item, 11, "access list")
    return Transaction(
        1, to_int(chain), to_int(nonce), to_int(price), None, None, to_int(gas), to or None, to_int(value), data,
        _access_list(access), None, None, None, to_int(v), to_int(r), to_int(s), raw, keccak(raw),
    )  # fmt: skip


def _dynamic_fee(item: RlpItem, raw: bytes) -> Transaction:
    chain, nonce, tip, cap, gas, to, value, data, access, v, r, s = _fields(item, 12, "dynamic fee")
    return Transaction(
        2, to_int(chain), to_int(nonce), None, to_int(tip), to_int(cap), to_int(gas), to or None, to_int(value), data,
        _access_list(access), None, None, None, to_int(v), to_int(r), to_int(s), raw, keccak(raw),
    )  # fmt: skip


def _blob(item: RlpItem, raw: bytes) -> Transaction:
    chain, nonce, tip, cap, gas, to, value, data, access, blob_cap, hashes, v, r, s = _fields(item, 14, "blob")
    return Transaction(
        3, to_int(chain), to_int(nonce), None, to_int(tip), to_int(cap), to_int(gas), to, to_int(value), data,
        _access_list(access), to_int(blob_cap), tuple(hashes), None, to_int(v), to_int(r), to_int(s), raw, keccak(raw),
    )  # fmt: skip


def _set_code(item: RlpItem, raw: bytes) -> Transaction:
    chain, nonce, tip, cap, gas, to, value, data, access, authorizations, v, r, s = _fields(item, 13, "set code")
    signed = tuple(
        Authorization(to_int(c), a, to_int(n), to_int(y), to_int(ar), to_int(as_))
        for c, a, n, y, ar, as_ in authorizations
    )
    return Transaction(
        4, to_int(chain), to_int(nonce), None, to_int(tip), to_int(cap), to_int(gas), to, to_int(value), data,
        _access_list(access), None, None, signed, to_int(v), to_int(r), to_int(s), raw, keccak(raw),
    )  # fmt: skip


_TYPED = {1: _access_list_transaction, 2: _dynamic_fee, 3: _blob, 4: _set_code}
