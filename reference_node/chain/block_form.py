"""Whether the bytes of a block from outside have the form of one: canonical RLP, and every field of its kind's size.

`chain.types` reads what is known to be good, as fast as it can; a file of blocks is looked at here first.
Source: geth v1.17.8, core/types (the fields of header, transactions and withdrawal).
"""

from collections.abc import Callable

from reference_node.chain.strict_rlp import decode_strictly
from reference_node.chain.types import RlpItem

_HEADER_FIELDS_MIN = 15
_ADDRESS_BYTES, _HASH_BYTES = 20, 32
_BLOCK_FIELDS = ("header", "transactions", "uncles", "withdrawals")


def check_block(data: bytes) -> None:
    """Check a block's RLP. Raises ValueError naming the first place that is wrong."""
    item = _list(decode_strictly(data))
    if not 3 <= len(item) <= 4:
        raise ValueError(f"it has {len(item)} fields, expected 3 or 4")
    for name, check, part in zip(_BLOCK_FIELDS, (_header, _transactions, _uncles, _withdrawals), item, strict=False):
        try:
            check(part)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error


def _header(item: RlpItem) -> None:
    if len(_list(item)) < _HEADER_FIELDS_MIN:
        raise ValueError(f"it has {len(item)} fields, expected {_HEADER_FIELDS_MIN} or more")
    _fields(_HEADER[: len(item)], item)


def _uncles(item: RlpItem) -> None:
    _each(_header, item)


def _transactions(item: RlpItem) -> None:
    _each(_transaction, item)


def _withdrawals(item: RlpItem) -> None:
    _each(lambda withdrawal: _fields("nnan", withdrawal), item)


def _transaction(item: RlpItem) -> None:
    if isinstance(item, list):
        _fields(_LEGACY, item)
    elif item[:1] not in _TYPED:
        raise ValueError(f"0x{item[:1].hex()} is no type of a transaction, expected 1 to 4")
    else:
        _fields(_TYPED[item[:1]], decode_strictly(item[1:]))


def _fields(kinds: str, item: RlpItem) -> None:
    """Check a list of fields against a letter for each; see `_KINDS`."""
    if len(_list(item)) != len(kinds):
        raise ValueError(f"it has {len(item)} fields, expected {len(kinds)}")
    for index, (kind, field) in enumerate(zip(kinds, item, strict=True)):
        try:
            _KINDS[kind](field)
        except ValueError as error:
            raise ValueError(f"field {index}: {error}") from error


def _list(item: RlpItem) -> list[RlpItem]:
    if not isinstance(item, list):
        raise ValueError("it is a string, expected a list")  # noqa: TRY004 - bad bytes, not a bug
    return item


def _each(check: Callable[[RlpItem], None], item: RlpItem) -> None:
    for index, part in enumerate(_list(item)):
        try:
            check(part)
        except ValueError as error:
            raise ValueError(f"[{index}]: {error}") from error


def _string(item: RlpItem) -> None:
    if isinstance(item, list):
        raise ValueError("it is a list, expected a string")  # noqa: TRY004 - bad bytes, not a bug


def _sized(size: int, *, or_none: bool = False) -> Callable[[RlpItem], None]:
    def check(item: RlpItem) -> None:
        _string(item)
        if len(item) != size and not (or_none and not item):
            raise ValueError(f"it has {len(item)} bytes, expected {size}")

    return check


def _number(size_max: int) -> Callable[[RlpItem], None]:
    def check(item: RlpItem) -> None:
        _string(item)
        if len(item) > size_max or item[:1] == b"\0":
            raise ValueError(f"0x{item.hex()} is no number without leading zeros in at most {size_max} bytes")

    return check


def _access_list(item: RlpItem) -> None:
    _each(lambda entry: _fields("ah", entry), item)


def _hashes(item: RlpItem) -> None:
    _each(_KINDS["x"], item)


def _authorizations(item: RlpItem) -> None:
    _each(lambda entry: _fields("wanbww", entry), item)


_KINDS: dict[str, Callable[[RlpItem], None]] = {
    "b": _number(1),
    "n": _number(8),
    "w": _number(32),
    "a": _sized(_ADDRESS_BYTES),
    "t": _sized(_ADDRESS_BYTES, or_none=True),
    "x": _sized(_HASH_BYTES),
    "8": _sized(8),
    "f": _sized(256),
    "d": _string,
    "l": _access_list,
    "h": _hashes,
    "s": _authorizations,
}
"""Numbers of 8, 64 and 256 bits; an address, one that may be missing, a hash, a nonce of a header, a bloom filter;
data; an access list, a list of hashes, a list of authorizations."""
_HEADER = "xxaxxxfwnnnndx8wxnnxx"
_LEGACY = "nwntwdwww"
_TYPED = {b"\1": "wnwntwdlwww", b"\2": "wnwwntwdlwww", b"\3": "wnwwnawdlwhwww", b"\4": "wnwwnawdlswww"}
