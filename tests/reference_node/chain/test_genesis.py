"""Genesis blocks and what a database starts with; the vectors were checked key by key against `geth init`."""

import json
from pathlib import Path
from typing import Any

import pytest

from reference_node.chain import genesis
from reference_node.chain.config import Fork
from reference_node.chain.roots import EMPTY_REQUESTS_HASH
from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.errors import ChainFileError, StoreError
from reference_node.store import schema
from tests.reference_node.worlds import MemoryStore, genesis_item

CONFIG = {
    "chainId": 7, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0, "byzantiumBlock": 0,
    "constantinopleBlock": 0, "petersburgBlock": 0, "istanbulBlock": 0, "berlinBlock": 0, "londonBlock": 0,
    "shanghaiTime": 0, "cancunTime": 0, "pragueTime": 0, "terminalTotalDifficulty": 0, "ethash": {},
    "BlobSchedule": {
        "prague": {"target": 6, "max": 9, "baseFeeUpdateFraction": 5007716},
        "cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477},
    },
}  # fmt: skip
ODD_FORMS = {
    "config": CONFIG,
    "nonce": "66", "timestamp": 1700000000, "extraData": "0x0102", "gasLimit": "30000000", "difficulty": "0",
    "mixhash": "0x0100000000000000000000000000000000000000000000000000000000000002",
    "coinbase": "0x00000000000000000000000000000000000000AA", "excessBlobGas": "0x20000", "blobGasUsed": 131072,
    "baseFeePerGas": "7",
    "alloc": {
        "00000000000000000000000000000000000000a1": {"balance": "1000000000000000000", "nonce": "0x5"},
        "0x00000000000000000000000000000000000000A2": {
            "balance": "0x10", "code": "0x6001600155",
            "storage": {"0x01": "0x02", "03": "0x00", f"0x{4:064x}": "0xff00"},
        },
        "00000000000000000000000000000000000000a3": {"balance": "0"},
    },
}  # fmt: skip
GETH_HASH = "7cf138837c522f2400ed51ac17c6a89d03df34010a3b521159fc13168c1b44e4"
GETH_CONFIG = (
    '{"chainId":7,"homesteadBlock":0,"eip150Block":0,"eip155Block":0,"eip158Block":0,"byzantiumBlock":0,'
    '"constantinopleBlock":0,"petersburgBlock":0,"istanbulBlock":0,"berlinBlock":0,"londonBlock":0,"shanghaiTime":0,'
    '"cancunTime":0,"pragueTime":0,"terminalTotalDifficulty":0,'
    '"depositContractAddress":"0x0000000000000000000000000000000000000000","ethash":{},"blobSchedule":{'
    '"cancun":{"target":3,"max":6,"baseFeeUpdateFraction":3338477},'
    '"prague":{"target":6,"max":9,"baseFeeUpdateFraction":5007716}}}'
)


def load(folder: Path, item: Any) -> genesis.Genesis:
    path = folder / "genesis.json"
    path.write_text(item if isinstance(item, str) else json.dumps(item))
    return genesis.load_genesis(path)


def test_hash_and_config_are_those_of_geth(tmp_path: Path) -> None:
    """Numbers in every form, short slots, fields in another case: geth's hash and bytes come out."""
    made = load(tmp_path, ODD_FORMS)
    assert made.header.hash.hex() == GETH_HASH
    assert made.writes[schema.chain_config_key(made.header.hash)] == GETH_CONFIG.encode()
    alloc = json.loads(made.writes[schema.genesis_state_key(made.header.hash)])
    assert list(alloc) == [f"0x{number:040x}" for number in (0xA1, 0xA2, 0xA3)]
    assert alloc[f"0x{0xA1:040x}"] == {"balance": "0xde0b6b3a7640000", "nonce": "0x5"}
    assert alloc[f"0x{0xA2:040x}"]["storage"][f"0x{3:064x}"] == f"0x{0:064x}"


def test_a_database_starts_with_all_that_geth_writes(tmp_path: Path) -> None:
    made = load(tmp_path, ODD_FORMS)
    block_hash = made.header.hash
    assert made.writes[schema.receipts_key(0, block_hash)] == b"\xc0"
    assert made.writes[schema.DATABASE_VERSION] == b"\x09"
    for key in (schema.HEAD_BLOCK, schema.HEAD_HEADER, schema.HEAD_FAST_BLOCK, schema.canonical_hash_key(0)):
        assert made.writes[key] == block_hash
    assert made.header.state_root in made.writes
    assert genesis.stored_config(MemoryStore(made.writes)) == made.config
    assert genesis.stored_genesis_header(MemoryStore(made.writes)) == made.header


@pytest.mark.parametrize("fork", ["shanghai", "cancun", "prague"])
def test_header_fields_come_with_their_forks(fork: str, tmp_path: Path) -> None:
    header = load(tmp_path, genesis_item(fork, {})).header
    since = Fork[fork.upper()]
    assert header.withdrawals_root == EMPTY_ROOT
    assert (header.blob_gas_used, header.excess_blob_gas) == ((0, 0) if since >= Fork.CANCUN else (None, None))
    assert header.parent_beacon_block_root == (bytes(32) if since >= Fork.CANCUN else None)
    assert header.requests_hash == (EMPTY_REQUESTS_HASH if since >= Fork.PRAGUE else None)


def test_defaults_are_those_of_geth(tmp_path: Path) -> None:
    header = load(tmp_path, genesis_item("prague", {}, gasLimit="0x0")).header
    assert (header.gas_limit, header.base_fee_per_gas) == (4_712_388, 10**9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gasLimit": None}, "gasLimit is missing"),
        ({"alloc": None}, "alloc is missing"),
        ({"alloc": []}, "alloc is \\[\\], expected a JSON object"),
        ({"config": None}, "config is missing"),
        ({"number": 5}, "number is 5, expected 0"),
        ({"timestamp": "soon"}, "timestamp is 'soon', expected a hexadecimal or decimal number below 2\\^64"),
        ({"timestamp": True}, "timestamp is True"),
        ({"timestamp": "1_0"}, "timestamp is '1_0'"),
        ({"nonce": "0x10000000000000000"}, "nonce is '0x10000000000000000'"),
        ({"mixHash": "0x12"}, "mixHash is '0x12', expected 32 bytes"),
        ({"extraData": "zz"}, "extraData is 'zz', expected 0x"),
        ({"alloc": {"0x12": {"balance": "0x0"}}}, "alloc key '0x12' is '0x12', expected 20 bytes"),
        ({"alloc": {"00" * 20: {}}}, "alloc.0000000000000000000000000000000000000000.balance is missing"),
        ({"alloc": {"00" * 20: {"balance": -1}}}, "balance is -1"),
        ({"alloc": {"00" * 20: {"balance": 1, "storage": {"0x" + "00" * 33: "0x"}}}}, "at most 32 bytes"),
        ({"config": {**CONFIG, "londonBlock": 5}}, "londonBlock is 5, expected 0"),
        ({"config": {**CONFIG, "bpo1Time": 5}}, "blobSchedule has no entry for bpo1"),
        ({"config": {**CONFIG, "depositContractAddress": "0x1"}}, "depositContractAddress is '0x1'"),
        ({"config": {**CONFIG, "terminalTotalDifficulty": 5}}, "terminalTotalDifficulty is 5, expected 0"),
    ],
)
def test_broken_files_are_refused_with_field_and_value(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ChainFileError, match=message) as caught:
        load(tmp_path, {**ODD_FORMS, **change})
    assert str(tmp_path / "genesis.json") in str(caught.value)


def test_files_that_are_no_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ChainFileError, match="is not JSON"):
        load(tmp_path, "{")
    with pytest.raises(ChainFileError, match="expected a JSON object"):
        load(tmp_path, "[1]")
    with pytest.raises(ChainFileError, match="can't be read"):
        genesis.load_genesis(tmp_path / "none.json")


def test_a_store_without_a_chain_has_no_config() -> None:
    with pytest.raises(StoreError, match="holds no chain"):
        genesis.stored_config(MemoryStore())
    with pytest.raises(StoreError, match="holds no genesis block"):
        genesis.stored_genesis_header(MemoryStore())
    with pytest.raises(StoreError, match="no chain config"):
        genesis.stored_config(MemoryStore({schema.canonical_hash_key(0): b"\1" * 32}))
    broken = {schema.canonical_hash_key(0): b"\1" * 32, schema.chain_config_key(b"\1" * 32): b"{"}
    with pytest.raises(StoreError, match="can't be read"):
        genesis.stored_config(MemoryStore(broken))


def test_a_file_nested_beyond_any_genesis_is_no_json_here(tmp_path: Path) -> None:
    with pytest.raises(ChainFileError, match="is not JSON: "):
        load(tmp_path, "[" * 500_000)
