"""Reading geth's genesis.json, and writing the JSON forms that geth keeps of it in its database.

Numbers may be hexadecimal or decimal, as strings or plain; field names are matched without regard to case.
Source: geth v1.17.8, core/genesis.go, core/types/account.go, params/config.go, common/math.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from reference_node.errors import ChainFileError

ADDRESS_BYTES = 20
HASH_BYTES = 32

CONFIG_FIELDS = (
    "chainId", "homesteadBlock", "daoForkBlock", "daoForkSupport", "eip150Block", "eip155Block", "eip158Block",
    "byzantiumBlock", "constantinopleBlock", "petersburgBlock", "istanbulBlock", "muirGlacierBlock", "berlinBlock",
    "londonBlock", "arrowGlacierBlock", "grayGlacierBlock", "mergeNetsplitBlock", "shanghaiTime", "cancunTime",
    "pragueTime", "osakaTime", "bpo1Time", "bpo2Time", "bpo3Time", "bpo4Time", "bpo5Time", "amsterdamTime",
    "bogotaTime", "ubtTime", "terminalTotalDifficulty", "depositContractAddress", "enableUBTAtGenesis", "ethash",
    "clique", "blobSchedule",
)  # fmt: skip
_SCHEDULE_FIELDS = ("cancun", "prague", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5")
_GENESIS_FIELDS = (
    "config", "nonce", "timestamp", "extraData", "gasLimit", "difficulty", "mixHash", "coinbase", "alloc", "number",
    "gasUsed", "parentHash", "baseFeePerGas", "excessBlobGas", "blobGasUsed",
)  # fmt: skip
_ACCOUNT_FIELDS = ("balance", "nonce", "code", "storage")


@dataclass(frozen=True, slots=True)
class GenesisAccount:
    """An account of the allocation."""

    balance: int
    """In wei."""
    nonce: int
    code: bytes
    storage: Mapping[bytes, bytes] | None
    """32 byte slots to 32 byte values, as the file gives them; None without a `storage` field."""


@dataclass(frozen=True, slots=True)
class GenesisFile:
    """What a genesis.json says; None where a field is missing and has no default."""

    config: Mapping[str, Any]
    """With geth's spelling of the field names."""
    nonce: int
    timestamp: int
    extra_data: bytes
    gas_limit: int
    difficulty: int
    mix_hash: bytes
    coinbase: bytes
    parent_hash: bytes
    gas_used: int
    base_fee_per_gas: int | None
    excess_blob_gas: int | None
    blob_gas_used: int | None
    alloc: Mapping[bytes, GenesisAccount]


def read_genesis_file(path: Path) -> GenesisFile:
    """Read a genesis.json.

    Raises:
        ChainFileError: the file can't be read, is no JSON, or a field is missing or malformed.
    """
    try:
        data = path.read_bytes()
        orjson.loads(data)  # refuses what is nested so deep that the next line would end the process
        item = json.loads(data)
    except OSError as error:
        raise ChainFileError(f"genesis file {path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ChainFileError(f"genesis file {path} is not JSON: {error}") from error
    try:
        return parse_genesis(item)
    except ChainFileError as error:
        raise ChainFileError(f"genesis file {path}: {error}") from error


def parse_genesis(item: Any) -> GenesisFile:
    """Read a decoded genesis.json. Raises ChainFileError."""
    fields = _fields(item, _GENESIS_FIELDS, "genesis")
    for name in ("config", "alloc", "gasLimit", "difficulty"):
        if fields.get(name) is None:
            raise ChainFileError(f"{name} is missing")
    if _number(fields, "number", 0):
        raise ChainFileError(f"number is {fields['number']!r}, expected 0")
    alloc = _object(fields["alloc"], "alloc")
    return GenesisFile(
        config=_config(fields["config"]),
        nonce=_number(fields, "nonce", 0),
        timestamp=_number(fields, "timestamp", 0),
        extra_data=_bytes(fields.get("extraData") or "0x", "extraData"),
        gas_limit=_number(fields, "gasLimit", 0),
        difficulty=_number(fields, "difficulty", 0, bits=256),
        mix_hash=_fixed(fields, "mixHash", HASH_BYTES),
        coinbase=_fixed(fields, "coinbase", ADDRESS_BYTES),
        parent_hash=_fixed(fields, "parentHash", HASH_BYTES),
        gas_used=_number(fields, "gasUsed", 0),
        base_fee_per_gas=_optional_number(fields, "baseFeePerGas", bits=256),
        excess_blob_gas=_optional_number(fields, "excessBlobGas"),
        blob_gas_used=_optional_number(fields, "blobGasUsed"),
        alloc={_address(key): _account(value, key) for key, value in alloc.items()},
    )


def encode_config(config: Mapping[str, Any]) -> bytes:
    """Return the JSON under which geth stores a chain config: its own field order, absent fields left out."""
    ordered = {name: value for name, value in config.items() if value is not None and value is not False}
    ordered["depositContractAddress"] = str(config.get("depositContractAddress") or "0x" + "00" * 20).lower()
    ordered = {name: ordered[name] for name in CONFIG_FIELDS if name in ordered}
    if "blobSchedule" in ordered:
        schedule = ordered["blobSchedule"]
        ordered["blobSchedule"] = {name: schedule[name] for name in _SCHEDULE_FIELDS if schedule.get(name)}
    return json.dumps(ordered, separators=(",", ":")).encode()


def encode_alloc(alloc: Mapping[bytes, GenesisAccount]) -> bytes:
    """Return the JSON under which geth stores a genesis allocation: sorted, empty fields left out."""
    item = {f"0x{address.hex()}": _encode_account(alloc[address]) for address in sorted(alloc)}
    return json.dumps(item, separators=(",", ":")).encode()


def _encode_account(account: GenesisAccount) -> dict[str, Any]:
    item: dict[str, Any] = {}
    if account.code:
        item["code"] = f"0x{account.code.hex()}"
    if account.storage:
        item["storage"] = {f"0x{key.hex()}": f"0x{account.storage[key].hex()}" for key in sorted(account.storage)}
    item["balance"] = hex(account.balance)
    if account.nonce:
        item["nonce"] = hex(account.nonce)
    return item


def _config(item: Any) -> dict[str, Any]:
    config = _fields(item, CONFIG_FIELDS, "config")
    if config.get("blobSchedule") is not None:
        config["blobSchedule"] = _fields(config["blobSchedule"], _SCHEDULE_FIELDS, "config.blobSchedule")
    if config.get("depositContractAddress") is not None:
        _sized(config["depositContractAddress"], ADDRESS_BYTES, "config.depositContractAddress")
    return config


def _account(item: Any, key: str) -> GenesisAccount:
    name = f"alloc.{key}"
    fields = _fields(item, _ACCOUNT_FIELDS, name)
    if fields.get("balance") is None:
        raise ChainFileError(f"{name}.balance is missing")
    storage = None
    if fields.get("storage") is not None:
        pairs = _object(fields["storage"], f"{name}.storage").items()
        storage = {_padded(slot, f"{name}.storage"): _padded(value, f"{name}.storage") for slot, value in pairs}
    return GenesisAccount(
        balance=_parse_number(fields["balance"], f"{name}.balance", 256),
        nonce=_parse_number(fields.get("nonce") or 0, f"{name}.nonce", 64),
        code=_bytes(fields.get("code") or "0x", f"{name}.code"),
        storage=storage,
    )


def _object(item: Any, name: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ChainFileError(f"{name} is {item!r:.60}, expected a JSON object")
    return item


def _fields(item: Any, known: tuple[str, ...], name: str) -> dict[str, Any]:
    """Return the fields that geth knows, under geth's spelling."""
    spelling = {field.casefold(): field for field in known}
    found = _object(item, name)
    return {spelling[key.casefold()]: value for key, value in found.items() if key.casefold() in spelling}


def _number(fields: Mapping[str, Any], name: str, default: int, bits: int = 64) -> int:
    value = fields.get(name)
    return default if value is None else _parse_number(value, name, bits)


def _optional_number(fields: Mapping[str, Any], name: str, bits: int = 64) -> int | None:
    return None if fields.get(name) is None else _number(fields, name, 0, bits)


def _parse_number(value: Any, name: str, bits: int) -> int:
    number = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and "_" not in value:
        try:
            number = int(value, 16 if value[:2] in ("0x", "0X") else 10) if value else 0
        except ValueError:
            number = None
    if number is None or not 0 <= number < 1 << bits:
        raise ChainFileError(f"{name} is {value!r:.60}, expected a hexadecimal or decimal number below 2^{bits}")
    return number


def _bytes(value: Any, name: str) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise ChainFileError(f"{name} is {value!r:.60}, expected 0x and an even number of hexadecimal digits")


def _fixed(fields: Mapping[str, Any], name: str, length: int) -> bytes:
    value = fields.get(name)
    return bytes(length) if value is None else _sized(value, length, name)


def _sized(value: Any, length: int, name: str) -> bytes:
    data = _bytes(value, name)
    if len(data) != length:
        raise ChainFileError(f"{name} is {value!r:.80}, expected {length} bytes")
    return data


def _address(key: str) -> bytes:
    digits = key.removeprefix("0x")
    return _sized(f"0x{digits}", ADDRESS_BYTES, f"alloc key {key!r}")


def _padded(value: Any, name: str) -> bytes:
    digits = value.removeprefix("0x") if isinstance(value, str) else ""
    data = _bytes(f"0x{digits}" if isinstance(value, str) else value, name)
    if len(data) > HASH_BYTES:
        raise ChainFileError(f"{name} holds {value!r:.80}, expected at most {HASH_BYTES} bytes")
    return data.rjust(HASH_BYTES, b"\0")
