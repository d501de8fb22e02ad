"""Reads JSON-RPC parameters, and refuses wrong ones in geth's own words.

Source: geth v1.17.8, common/hexutil/json.go, common/types.go, rpc/types.go, and the texts of Go's encoding/json.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from reference_node.rpc.escapes import as_written

T = TypeVar("T")

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_INT64_MAX = 2**63 - 1
_UINT64_NIBBLES = 16
_BIG_NIBBLES = 64


class Tag(Enum):
    """A block named by what it is to the chain."""

    EARLIEST = "earliest"
    LATEST = "latest"
    PENDING = "pending"
    SAFE = "safe"
    FINALIZED = "finalized"


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block as a request names it: by tag, by number, or by hash (EIP-1898)."""

    tag: Tag | None = None
    number: int | None = None
    hash: bytes | None = None
    require_canonical: bool = False


LATEST = BlockRef(Tag.LATEST)
_TAGS = {tag.value: BlockRef(tag) for tag in Tag}


class InvalidParam(ValueError):
    """A parameter that geth refuses, in its words."""


class HexError(InvalidParam):
    """What geth's hexutil finds wrong; JSON decoding names the Go type beside it."""


def go_kind(value: object) -> str:
    """Return what Go's encoding/json calls a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


class GoTypeMismatch(InvalidParam):
    """A JSON value that does not fit a Go type; Go's text for it depends on where in a value it stands."""

    def __init__(self, what: str, go_type: str, place: str = "value") -> None:
        super().__init__(f"json: cannot unmarshal {what} into Go {place} of type {go_type}")
        self.what = what
        self.go_type = go_type


def cannot_unmarshal(what: str, go_type: str) -> GoTypeMismatch:
    """Return the error Go gives for a JSON value that does not fit a type."""
    return GoTypeMismatch(what, go_type)


def decode_address(value: Any) -> bytes:
    """Read an address."""
    return decode_fixed(value, 20, "common.Address")


def decode_hash(value: Any) -> bytes:
    """Read a 32-byte hash."""
    return decode_fixed(value, 32, "common.Hash")


def decode_bytes(value: Any) -> bytes:
    """Read data of any length."""
    if not isinstance(value, str):
        raise cannot_unmarshal("non-string", "hexutil.Bytes")
    try:
        return hex_bytes(as_written(value))
    except HexError as error:
        raise cannot_unmarshal(str(error), "hexutil.Bytes") from error


def decode_uint(value: Any) -> int:
    """Read a quantity of at most 64 bits, as an index."""
    return _quantity(value, "hexutil.Uint", hex_uint64)


def decode_uint64(value: Any) -> int:
    """Read a quantity of at most 64 bits."""
    return _quantity(value, "hexutil.Uint64", hex_uint64)


def decode_big(value: Any) -> int:
    """Read a quantity of at most 256 bits."""
    return _quantity(value, "*hexutil.Big", hex_big)


def decode_bool(value: Any) -> bool:
    """Read a boolean."""
    if not isinstance(value, bool):
        raise cannot_unmarshal(go_kind(value), "bool")
    return value


def decode_string(value: Any) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise cannot_unmarshal(go_kind(value), "string")
    return value


def decode_block_number(value: Any) -> BlockRef:
    """Read a tag or a number."""
    text = as_written(value) if isinstance(value, str) else _json_text(value)
    if text in _TAGS:
        return _TAGS[text]
    number = decode_uint64_text(text)
    if number > _INT64_MAX:
        raise InvalidParam("block number larger than int64")
    return BlockRef(number=number)


def decode_block(value: Any) -> BlockRef:
    """Read a tag, a number, a hash, or an EIP-1898 object."""
    if isinstance(value, dict):
        found = _eip1898(value)
        if found is not None:
            return found
    if not isinstance(value, str):
        raise cannot_unmarshal(go_kind(value), "string")
    if value in _TAGS:
        return _TAGS[value]
    if len(value) == 66:
        return BlockRef(hash=hex_fixed(value, 32, "Hash"))
    number = decode_uint64_text(value)
    if number > _INT64_MAX:
        raise InvalidParam("blocknumber too high")
    return BlockRef(number=number)


def decode_uint64_text(text: str) -> int:
    """Read a quantity as hexutil.DecodeUint64 does: an empty text is an error here."""
    if not text:
        raise HexError("empty hex string")
    try:
        return hex_uint64(text)
    except HexError:
        # This one reads digit by digit: a wrong digit is found before the number has grown too long.
        digits = text[2 : _UINT64_NIBBLES + 3]
        if text[:2] in {"0x", "0X"} and text[2:3] != "0" and not _HEX_DIGITS.issuperset(digits):
            raise HexError("invalid hex string") from None
        raise


def hex_decode(text: str) -> bytes:
    """Read data as hexutil.Decode does: an empty text is an error, and a wrong digit is named before an odd length."""
    if not text:
        raise HexError("empty hex string")
    if text[:2] not in {"0x", "0X"}:
        raise HexError("hex string without 0x prefix")
    if not _HEX_DIGITS.issuperset(text[2:]):
        raise HexError("invalid hex string")
    if len(text) % 2:
        raise HexError("hex string of odd length")
    return bytes.fromhex(text[2:])


def hex_bytes(text: str) -> bytes:
    """Read 0x-prefixed data; an empty text is no data."""
    digits = _text_digits(text)
    if not _HEX_DIGITS.issuperset(digits):
        raise HexError("invalid hex string")
    return bytes.fromhex(digits)


def hex_fixed(text: str, size_bytes: int, type_name: str) -> bytes:
    """Read 0x-prefixed data of a fixed size."""
    digits = _text_digits(text)
    if len(digits) != 2 * size_bytes:
        raise InvalidParam(f"hex string has length {len(digits)}, want {2 * size_bytes} for {type_name}")
    if not _HEX_DIGITS.issuperset(digits):
        raise HexError("invalid hex string")
    return bytes.fromhex(digits)


def hex_uint64(text: str) -> int:
    """Read a quantity of at most 64 bits; an empty text is zero."""
    return _number(text, _UINT64_NIBBLES, "hex number > 64 bits")


def hex_big(text: str) -> int:
    """Read a quantity of at most 256 bits; an empty text is zero."""
    return _number(text, _BIG_NIBBLES, "hex number > 256 bits")


def _eip1898(value: dict[str, Any]) -> BlockRef | None:
    """Read an EIP-1898 object; None where a field has the wrong type, as geth then tries it as a string."""
    by_name = {str(key).lower(): field for key, field in value.items()}
    number, block_hash, canonical = (by_name.get(name) for name in ("blocknumber", "blockhash", "requirecanonical"))
    try:
        ref = None if number is None else decode_block_number(number)
        found = None if block_hash is None else decode_hash(block_hash)
        require = decode_bool(canonical) if canonical is not None else False
    except ValueError:
        return None
    if ref is not None and found is not None:
        raise InvalidParam("cannot specify both BlockHash and BlockNumber, choose one or the other")
    if ref is None and found is None:
        raise InvalidParam("must specify either BlockHash or BlockNumber")
    return ref if found is None else BlockRef(hash=found, require_canonical=require)


def decode_fixed(value: Any, size_bytes: int, go_type: str) -> bytes:
    """Read data of a fixed length, of a type that geth calls `go_type`."""
    if not isinstance(value, str):
        raise cannot_unmarshal("non-string", go_type)
    try:
        return hex_fixed(as_written(value), size_bytes, go_type)
    except HexError as error:
        raise cannot_unmarshal(str(error), go_type) from error


def _quantity(value: Any, go_type: str, read: Any) -> int:
    if not isinstance(value, str):
        raise cannot_unmarshal("non-string", go_type)
    try:
        number: int = read(as_written(value))
    except HexError as error:
        raise cannot_unmarshal(str(error), go_type) from error
    return number


def _text_digits(text: str) -> str:
    if not text:
        return ""
    if text[:2] not in {"0x", "0X"}:
        raise HexError("hex string without 0x prefix")
    digits = text[2:] if text.isascii() else text[2:].encode().decode("latin-1")  # a length counts bytes
    if len(digits) % 2:
        raise HexError("hex string of odd length")
    return digits


def _number(text: str, nibbles_max: int, too_long: str) -> int:
    if not text:
        return 0
    if text[:2] not in {"0x", "0X"}:
        raise HexError("hex string without 0x prefix")
    digits = text[2:]
    if not digits:
        raise HexError('hex string "0x"')
    if len(digits) > 1 and digits[0] == "0":
        raise HexError("hex number with leading zero digits")
    if len(digits) > nibbles_max:
        raise HexError(too_long)
    if not _HEX_DIGITS.issuperset(digits):
        raise HexError("invalid hex string")
    return int(digits, 16)


def _json_text(value: Any) -> str:
    """Return a JSON value as the text geth sees when it reads a block number from something not a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
