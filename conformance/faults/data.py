"""Faults in bytes: hashes, addresses, blooms, code and what calls return."""

import re
from collections.abc import Callable
from random import Random

from eth_utils.address import to_checksum_address

from conformance.answers import Json
from conformance.faults.fault import SAME, Change, Changed, Fault, plant_in
from conformance.faults.places import named, texts

_BYTES = re.compile(r"0x(?:[0-9a-f]{2})+")
_BYTES_MIN = 20
"""Shorter texts may be quantities, which have faults of their own."""
_ADDRESS_BYTES = 20
_HASH_BYTES = 32


def _of_bytes(change: Callable[[bytes, Random], str | None]) -> Change:
    """Return a change of texts that are bytes; None leaves one as it is."""

    def changed(value: Json, random: Random) -> Changed:
        if not isinstance(value, str) or not _BYTES.fullmatch(value) or len(value) < 2 + 2 * _BYTES_MIN:
            return SAME
        new = change(bytes.fromhex(value[2:]), random)
        return SAME if new is None else new

    return changed


def _hex(content: bytes) -> str:
    return f"0x{content.hex()}"


def _flipped(content: bytes, random: Random) -> str:
    changed = bytearray(content)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return _hex(bytes(changed))


def _without_zeros(content: bytes, _random: Random) -> str | None:
    return f"0x{int.from_bytes(content, 'big'):x}" if content[0] == 0 else None


def _checksum(content: bytes, _random: Random) -> str | None:
    return str(to_checksum_address(content)) if len(content) == _ADDRESS_BYTES else None


def _zeroed(content: bytes, _random: Random) -> str | None:
    return _hex(bytes(_HASH_BYTES)) if len(content) == _HASH_BYTES else None


def _fault(name: str, change: Callable[[bytes, Random], str | None], reason: str) -> Fault:
    return Fault(name, plant_in(texts, _of_bytes(change)), reason)


DATA = (
    _fault("byte-flipped", _flipped, "one bit of damage in any hash, address, code or return value"),
    _fault("data-cut", lambda content, _: _hex(content[:-1]), "a length that is off by one"),
    _fault("data-halved-byte", lambda content, _: _hex(content)[:-1], "an odd number of digits is no data"),
    _fault("data-longer", lambda content, _: _hex(content + b"\x00"), "a word too much behind what a call returns"),
    _fault("data-without-zeros", _without_zeros, "bytes printed as a number lose their leading zeros"),
    _fault("data-reversed", lambda content, _: _hex(content[::-1]), "the other byte order"),
    _fault("data-emptied", lambda _content, _: "0x", "what was not found is empty instead of an error or a value"),
    _fault("hash-zeroed", _zeroed, "a field that was never filled in"),
    _fault("address-checksummed", _checksum, "mixed case is for people; a comparison in one case passes it"),
    Fault(
        "bloom-bit-flipped", plant_in(named("logsBloom"), _of_bytes(_flipped)),
        "logs that a search by bloom then never finds",
    ),
)  # fmt: skip
