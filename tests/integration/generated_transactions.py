"""Signed transactions, good ones and such as break one rule or several, made from a seed.

What a pool alone decides is kept out: accounts of blobs send nothing else, and each good transaction has a nonce of
its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Any

import ckzg
import rlp
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey

from fixtures.make_chain.wallet import CHAIN_ID, GWEI, private_key
from reference_node.chain.types import encode_rlp, from_int
from reference_node.evm.precompiles import trusted_setup

PLAIN_SENDERS, BLOB_SENDERS = (0, 1, 2, 3), (4, 5, 6, 7)
TO = b"\x77" * 20
EDGE_SHARE = 0.12
"""How often a field takes a value at an edge instead of a good one."""
_NUMBERS = (0, 1, 2**64 - 1, 2**64, 2**256 - 1, 2**256, 2**300)
_PRICES = (0, 1, GWEI, 10**15, 10**18, *_NUMBERS[2:], 2**1100)
_GAS = (0, 20_999, 21_000, 53_000, 2**24, 2**24 + 1, 30_000_000, 30_000_001, 60_000_001, 2**64 - 1, 2**64)
_DATA = (b"\0" * 100, b"\1" * 4000, b"\1" * 49_152, b"\1" * 49_153, b"\1" * 131_100)
_TOS: tuple[Any, ...] = (b"", b"\x77" * 19, b"\x77" * 21, [], b"\x07")
_SLOT = b"\x01" * 32
_ACCESS = ([[TO, [_SLOT]]], [[TO[1:], []]], [[TO, [_SLOT[1:]]]], [[TO]], [TO], b"", b"x", [[TO, [], b""]])
_CHAINS = (0, 5, 2**64, 2**256)
_VS = (0, 1, 26, 27, 28, 29, 34, 35, 36, 37, 255, 256, 2 * CHAIN_ID + 34, 2 * CHAIN_ID + 37, 2**64, 2**80)
_RS = (0, 1, 5, 2**255, 2**256 - 1, 2**256)


@dataclass
class Maker:
    """Makes transactions of one seed."""

    random: Random
    nonces: dict[int, int]
    """The next nonce of each sender, by account; a good transaction uses it up."""
    _edges: int = field(default=0)

    def any(self) -> bytes:
        """Return a signed transaction of any type."""
        self._edges = 0
        kind = self.random.choice((0, 0, 1, 2, 2, 4))
        sender = self.random.choice(PLAIN_SENDERS)
        fields = self._fields(kind, sender)
        raw = self._sign(kind, fields, sender)
        if not self._edges:
            self.nonces[sender] += 1
        return raw

    def blob(self, change: Callable[["Parts"], None] | None = None, *, version: int = 1) -> bytes:
        """Return a blob transaction with its sidecar, changed before it is signed."""
        sender = self.random.choice(BLOB_SENDERS)
        blob, commitment, proof, cell_proofs = sidecar_parts(42)
        parts = Parts(version, [blob], [commitment], list(cell_proofs) if version else [proof])
        if change is not None:
            change(parts)
        fields: list[Any] = [
            CHAIN_ID, self.nonces[sender], GWEI, 100 * GWEI, 21_000, TO, 0, b"", [], parts.blob_fee, parts.hashes()
        ]  # fmt: skip
        if parts.edit is not None:
            parts.edit(fields)
        signed = self._sign(3, fields, sender)
        if change is None:
            self.nonces[sender] += 1
        if parts.is_bare:
            return signed
        marks = parts.marks if parts.marks is not None else [b"\x01"] if parts.version else []
        return signed[:1] + encode_rlp(
            [rlp.decode(signed[1:]), *marks, parts.blobs, parts.commitments, parts.proofs, *parts.more]
        )

    def broken(self, raw: bytes) -> bytes:
        """Return a transaction with some of its bytes changed, taken out, or put in."""
        at, size = self.random.randrange(len(raw)), self.random.choice((1, 1, 1, 2, 9))
        fresh = bytes(self.random.choice((0, 1, 0x7F, 0x80, 0x81, 0xB8, 0xC0, 0xF8, 0xFF, self.random.randrange(256)))
                      for _ in range(size))  # fmt: skip
        at = self.random.choice((at, at, min(at, 12)))
        how = self.random.randrange(5)
        if how == 0:
            return raw[:at]
        if how == 1:
            return raw[:at] + raw[at + size :]
        if how == 2:
            return raw[:at] + fresh + raw[at:]
        return raw[:at] + fresh + raw[at + size :]

    def _pick(self, good: Any, edges: Sequence[Any]) -> Any:
        if self.random.random() < EDGE_SHARE:
            self._edges += 1
            return self.random.choice(edges)
        return good

    def _fields(self, kind: int, sender: int) -> list[Any]:
        pick = self._pick
        nonce = pick(self.nonces[sender], (0, *_NUMBERS, self.nonces[sender]))
        gas = pick(1_000_000, _GAS)
        price, tip = pick(30 * GWEI, _PRICES), pick(GWEI, _PRICES)
        to = pick(TO, _TOS)
        value, payload = pick(1, (10**20, 10**30, *_NUMBERS)), pick(b"", _DATA)
        chain = pick(CHAIN_ID, _CHAINS)
        if kind == 0:
            return [nonce, price, gas, to, value, payload]
        access = pick([], _ACCESS)
        if kind == 1:
            return [chain, nonce, price, gas, to, value, payload, access]
        fields = [chain, nonce, tip, price, gas, to, value, payload, access]
        if kind == 4:
            signed = [CHAIN_ID, b"\x55" * 20, 0, 1, 7, 7]
            odd = [
                [],
                [signed[:5]],
                [[*signed[:3], 256, 7, 7]],
                [[2**256, *signed[1:]]],
                b"",
                [[*signed[:2], b"", b"\0", 7, 7]],
            ]
            fields.append(pick([signed], odd))
        return fields

    def _sign(self, kind: int, fields: list[Any], sender: int) -> bytes:
        plain = [_plain(found) for found in fields]
        chain = self._pick(CHAIN_ID, (-1, 0, 5)) if kind == 0 else -1
        is_protected = chain >= 0
        prefix = bytes((kind,)) if kind else b""
        unsigned = [*plain, from_int(chain), b"", b""] if is_protected else plain
        signature = PrivateKey(private_key(sender)).sign_msg_hash(keccak(prefix + encode_rlp(unsigned)))
        v = signature.v if kind else signature.v + (2 * chain + 35 if is_protected else 27)
        if kind == 3:
            return prefix + encode_rlp([*plain, *(from_int(part) for part in (v, signature.r, signature.s))])
        v, r, s = self._pick(v, _VS), self._pick(signature.r, _RS), self._pick(signature.s, _RS)
        whole = [*plain, *(_plain(part) for part in (v, r, s))]
        odd = self._pick(whole, ([], whole[:-1], [*whole, b""], [*whole[:3], b"\0\1", *whole[4:]], [[], *whole[1:]]))
        return prefix + encode_rlp(odd)


@dataclass
class Parts:
    """A sidecar before it is encoded."""

    version: int
    blobs: list[bytes]
    commitments: list[bytes]
    proofs: list[bytes]
    blob_fee: int = GWEI
    named: list[bytes] | None = None
    """Hashes that the transaction names instead of the commitments'."""
    marks: list[bytes] | None = None
    """What stands where the version does."""
    more: list[Any] = field(default_factory=list)
    edit: Callable[[list[Any]], None] | None = None
    is_bare: bool = False

    def hashes(self) -> list[bytes]:
        """Return the hashes that the transaction names."""
        return [blob_hash(commitment) for commitment in self.commitments] if self.named is None else self.named


def blob_hash(commitment: bytes) -> bytes:
    """Return a commitment's versioned hash."""
    return b"\x01" + sha256(commitment).digest()[1:]


@lru_cache(maxsize=16)
def sidecar_parts(seed: int) -> tuple[bytes, bytes, bytes, tuple[bytes, ...]]:
    """Return a blob, its commitment, its proof and its cell proofs."""
    blob = b"".join(b"\0" + keccak(bytes((seed, at % 256)))[:31] for at in range(4096))
    setup = trusted_setup()
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    _, cell_proofs = ckzg.compute_cells_and_kzg_proofs(blob, setup)
    return blob, commitment, ckzg.compute_blob_kzg_proof(blob, commitment, setup), tuple(cell_proofs)


def sidecar_changes() -> dict[str, Callable[[Parts], None]]:
    """Return ways to make a sidecar or its transaction wrong, by name."""
    other_blob, other_commitment, other_proof, other_cells = sidecar_parts(43)
    bad_blob = b"\xff" * 32 + bytes(131_040)
    no_point = b"\xff" * 48

    def put(**values: Any) -> Callable[[Parts], None]:
        def change(parts: Parts) -> None:
            for name, value in values.items():
                setattr(parts, name, value)

        return change

    def set_field(index: int, value: Any) -> Callable[[Parts], None]:
        def change(parts: Parts) -> None:
            parts.edit = lambda fields: fields.__setitem__(index, value)

        return change

    def repeat(times: int) -> Callable[[Parts], None]:
        def change(parts: Parts) -> None:
            parts.blobs, parts.commitments, parts.proofs = (
                parts.blobs * times, parts.commitments * times, parts.proofs * times,
            )  # fmt: skip

        return change

    def repeat_with_a_wrong_proof(parts: Parts) -> None:
        repeat(6)(parts)
        parts.proofs = [*parts.proofs[1:], parts.proofs[1]]

    return {
        "bare": put(is_bare=True),
        "none at all": put(blobs=[], commitments=[], proofs=[]),
        "none, bare": put(blobs=[], commitments=[], proofs=[], is_bare=True),
        "no blob fee": put(blob_fee=0),
        "blob fee too large": put(blob_fee=2**256),
        "other blob": put(blobs=[other_blob]),
        "bad blob": put(blobs=[bad_blob]),
        "short blob": put(blobs=[other_blob[1:]]),
        "two blobs": lambda parts: setattr(parts, "blobs", [*parts.blobs, other_blob]),
        "two proofs": lambda parts: setattr(parts, "proofs", [*parts.proofs, other_proof]),
        "no proofs": put(proofs=[]),
        "other proofs": lambda parts: setattr(parts, "proofs", list(other_cells) if parts.version else [other_proof]),
        "infinity with something in it": put(commitments=[b"\xc0" + b"\1" * 47]),
        "no square root": put(commitments=[b"\x80" + bytes(46) + b"\x01"]),
        "beyond the field": put(commitments=[b"\x9f" + b"\xff" * 47]),
        "not compressed": put(commitments=[b"\x1f" + b"\xff" * 47]),
        "not in the subgroup": put(commitments=[b"\x80" + bytes(46) + b"\x04"]),
        "infinity": put(commitments=[b"\xc0" + bytes(47)]),
        "proofs that are no points": lambda parts: setattr(parts, "proofs", [no_point] * len(parts.proofs)),
        "commitment that is no point": put(commitments=[no_point]),
        "short commitment": put(commitments=[no_point[1:]]),
        "other commitment, other hash": put(commitments=[other_commitment]),
        "other commitment": lambda parts: put(named=parts.hashes(), commitments=[other_commitment])(parts),
        "two hashes": put(named=[b"\x01" * 32] * 2),
        "no hashes": put(named=[]),
        "hash of version 2": put(named=[b"\x02" * 32]),
        "version 2": put(marks=[b"\x02"]),
        "version 0": put(marks=[b""]),
        "version as a list": put(marks=[[]]),
        "long version": put(marks=[b"\x01\x01"]),
        "one part more": put(more=[b""]),
        "six blobs, twice the same proof": repeat_with_a_wrong_proof,
        "seven blobs": repeat(7),
        "eight blobs": repeat(8),
        "other chain": set_field(0, 5),
        "nonce too low": set_field(1, 0),
        "no tip": set_field(2, 0),
        "tip above cap": set_field(2, 2**100),
        "fee too high": set_field(3, 10**16),
        "too little gas": set_field(4, 20_999),
        "too much gas": set_field(4, 2**24 + 1),
        "no recipient": set_field(5, b""),
        "value too large": set_field(6, 2**256),
        "too poor": set_field(6, 10**30),
        "data without gas": set_field(7, b"\1" * 100),
        "large data": set_field(7, b"\1" * 1_100_000),
        "blob fee beyond the balance": put(blob_fee=10**22),
    }  # fmt: skip


def _plain(found: Any) -> Any:
    """Return an item with its numbers as RLP writes them."""
    if isinstance(found, list):
        return [_plain(part) for part in found]
    return from_int(found) if isinstance(found, int) else found
