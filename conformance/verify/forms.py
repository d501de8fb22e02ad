"""Which requests name their blocks by hash or number, with arguments of their form, so that results can be verified."""

from collections.abc import Callable, Mapping
from typing import Any

KEYS_MAX = 64
"""Storage keys of one proof that are looked at."""
_HASH_DIGITS, _ADDRESS_DIGITS = 64, 40
_NUMBER_DIGITS_MAX = 16


def is_verifiable(request: Mapping[str, Any]) -> bool:
    """Say whether the result of a request can be verified; those that name a tag can't, as its block moves on."""
    method, params = request.get("method"), request.get("params", [])
    if not isinstance(method, str) or method not in FORMS or not isinstance(params, list):
        return False
    form = FORMS[method]
    return len(params) == len(form) and all(_IS[kind](param) for kind, param in zip(form, params, strict=True))


def is_hash(value: object) -> bool:
    """Say whether a value is the text of 32 bytes."""
    return isinstance(value, str) and value.startswith("0x") and len(value) == 2 + _HASH_DIGITS and _is_hex(value)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0x") and len(value) == 2 + _ADDRESS_DIGITS and _is_hex(value)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith("0x")
        and 2 < len(value) <= 2 + _NUMBER_DIGITS_MAX
        and _is_hex(value)
    )


def _is_hex(value: str) -> bool:
    return all(sign in "0123456789abcdefABCDEF" for sign in value[2:])


def _is_block(value: object) -> bool:
    if isinstance(value, dict):
        named = value.keys() - {"requireCanonical"}
        by_hash = named == {"blockHash"} and is_hash(value["blockHash"])
        return by_hash or (named == {"blockNumber"} and _is_number(value["blockNumber"]))
    return _is_number(value) or is_hash(value)


def _is_filter(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() - {"blockHash", "fromBlock", "toBlock", "address", "topics"}:
        return False
    if "blockHash" in value:
        placed = is_hash(value["blockHash"]) and "fromBlock" not in value and "toBlock" not in value
    else:
        placed = _is_number(value.get("fromBlock")) and _is_number(value.get("toBlock"))
    address, topics = value.get("address"), value.get("topics", [])
    addressed = address is None or _is_address(address)
    return placed and addressed and isinstance(topics, list) and all(t is None or is_hash(t) for t in topics)


def _is_keys(value: object) -> bool:
    return isinstance(value, list) and len(value) <= KEYS_MAX and all(map(is_hash, value))


_IS: dict[str, Callable[[object], bool]] = {
    "h": is_hash, "a": _is_address, "n": _is_number, "b": _is_block, "f": _is_filter, "k": _is_keys,
    "t": lambda value: isinstance(value, bool), "s": is_hash,
    "d": lambda value: isinstance(value, str) and value.startswith("0x") and len(value) % 2 == 0 and _is_hex(value),
}  # fmt: skip
FORMS = {
    "eth_getBlockByHash": "ht", "eth_getBlockByNumber": "nt", "eth_getBlockTransactionCountByHash": "h",
    "eth_getBlockTransactionCountByNumber": "n", "eth_getTransactionByHash": "h",
    "eth_getTransactionByBlockHashAndIndex": "hn", "eth_getTransactionByBlockNumberAndIndex": "nn",
    "eth_getTransactionReceipt": "h", "eth_getBlockReceipts": "b", "eth_getLogs": "f", "eth_getProof": "akb",
    "eth_getBalance": "ab", "eth_getTransactionCount": "ab", "eth_getCode": "ab", "eth_getStorageAt": "asb",
    "web3_sha3": "d",
}  # fmt: skip
"""The arguments of each method: hash, address, number, block, filter, keys, whether whole, slot, data."""
