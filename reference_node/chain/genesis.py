"""The genesis block of a chain, the writes that start a database with it, and the config read back from one.

Source: geth v1.17.8, core/genesis.go (ToBlock, Commit), core/blockchain.go (BlockChainVersion).
"""

import json
from dataclasses import dataclass
from pathlib import Path

from eth_hash.auto import keccak

from reference_node.chain.config import ChainConfig, Fork, parse_chain_config
from reference_node.chain.genesis_file import GenesisFile, encode_alloc, encode_config, read_genesis_file
from reference_node.chain.roots import BLOOM_BYTES, EMPTY_REQUESTS_HASH, EMPTY_UNCLES_HASH
from reference_node.chain.trie_update import EMPTY_ROOT, MutableTrie
from reference_node.chain.types import Body, Header, decode_header, encode_body, encode_header, encode_rlp, from_int
from reference_node.errors import ChainFileError, StoreError
from reference_node.store import schema
from reference_node.store.view import KeyValueReader

DEFAULT_GAS_LIMIT = 4_712_388
DEFAULT_BASE_FEE_WEI = 1_000_000_000
DATABASE_VERSION = 9
_EMPTY_RECEIPTS = b"\xc0"


@dataclass(frozen=True, slots=True)
class Genesis:
    """The start of a chain."""

    config: ChainConfig
    header: Header
    writes: dict[bytes, bytes]
    """Everything geth's genesis commit writes, and the database version."""


def load_genesis(path: Path) -> Genesis:
    """Read a genesis.json and make its block, whose hash is the one geth computes.

    Raises:
        ChainFileError: the file is missing or broken, or its chain is not supported.
    """
    file = read_genesis_file(path)
    try:
        return make_genesis(file)
    except ChainFileError as error:
        raise ChainFileError(f"genesis file {path}: {error}") from error


def make_genesis(file: GenesisFile) -> Genesis:
    """Make the genesis block of a parsed file. Raises ChainFileError if its chain is not supported."""
    config = parse_chain_config(file.config)
    _check_config(file, config)
    state_root, writes = _state(file)
    header = _header(file, config, state_root)
    body = Body((), (), () if header.withdrawals_root is not None else None, 0)
    writes.update(
        {
            schema.header_key(0, header.hash): encode_header(header),
            schema.header_number_key(header.hash): bytes(8),
            schema.body_key(0, header.hash): encode_body(body),
            schema.receipts_key(0, header.hash): _EMPTY_RECEIPTS,
            schema.canonical_hash_key(0): header.hash,
            schema.HEAD_HEADER: header.hash,
            schema.HEAD_BLOCK: header.hash,
            schema.HEAD_FAST_BLOCK: header.hash,
            schema.chain_config_key(header.hash): encode_config(file.config),
            schema.genesis_state_key(header.hash): encode_alloc(file.alloc),
            schema.DATABASE_VERSION: encode_rlp(from_int(DATABASE_VERSION)),
        }
    )
    return Genesis(config, header, writes)


def stored_genesis_hash(store: KeyValueReader) -> bytes | None:
    """Return the hash of the genesis block of a store, or None if it holds no chain."""
    return store.get(schema.canonical_hash_key(0))


def stored_config(store: KeyValueReader) -> ChainConfig:
    """Return the chain config that a store was started with.

    Raises:
        StoreError: the store holds no chain, or its config can't be read.
    """
    genesis_hash = stored_genesis_hash(store)
    if genesis_hash is None:
        raise StoreError("the database holds no chain, expected one that starts with a genesis block")
    data = store.get(schema.chain_config_key(genesis_hash))
    if data is None:
        raise StoreError(f"the database has no chain config of its genesis 0x{genesis_hash.hex()}")
    try:
        return parse_chain_config(json.loads(data))
    except (ValueError, ChainFileError) as error:
        raise StoreError(f"the chain config of genesis 0x{genesis_hash.hex()} can't be read: {error}") from error


def stored_genesis_header(store: KeyValueReader) -> Header:
    """Return the genesis header of a store. Raises StoreError if there is none."""
    genesis_hash = stored_genesis_hash(store)
    data = None if genesis_hash is None else store.get(schema.header_key(0, genesis_hash))
    if data is None:
        raise StoreError("the database holds no genesis block")
    return decode_header(data)


def _check_config(file: GenesisFile, config: ChainConfig) -> None:
    if file.config.get("londonBlock") != 0:
        raise ChainFileError(f"config.londonBlock is {file.config.get('londonBlock')!r}, expected 0")
    scheduled = {fork for fork, _ in config.blob_schedules}
    for _, fork in config.fork_times:
        if fork >= Fork.CANCUN and fork != Fork.OSAKA and fork not in scheduled:
            raise ChainFileError(f"config.blobSchedule has no entry for {fork.name.lower()}, whose time is set")


def _state(file: GenesisFile) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the root of the allocation's state, and its trie nodes and code by key."""
    trie = MutableTrie(_no_nodes)
    writes: dict[bytes, bytes] = {}
    for address, account in file.alloc.items():
        storage = MutableTrie(_no_nodes)
        for slot, value in (account.storage or {}).items():
            if any(value):
                storage.set(keccak(slot), encode_rlp(value.lstrip(b"\0")))
        storage_root, nodes = storage.commit()
        code_hash = keccak(account.code)
        writes[schema.code_key(code_hash)] = account.code  # geth stores the empty code too
        writes.update(nodes)
        fields = [from_int(account.nonce), from_int(account.balance), storage_root, code_hash]
        trie.set(keccak(address), encode_rlp(fields))
    root, nodes = trie.commit()
    return root, {**writes, **nodes}


def _header(file: GenesisFile, config: ChainConfig, state_root: bytes) -> Header:
    fork = config.fork_at(file.timestamp)
    fields = Header(
        parent_hash=file.parent_hash,
        uncles_hash=EMPTY_UNCLES_HASH,
        coinbase=file.coinbase,
        state_root=state_root,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        bloom=bytes(BLOOM_BYTES),
        difficulty=file.difficulty,
        number=0,
        gas_limit=file.gas_limit or DEFAULT_GAS_LIMIT,
        gas_used=file.gas_used,
        timestamp=file.timestamp,
        extra_data=file.extra_data,
        mix_hash=file.mix_hash,
        nonce=file.nonce.to_bytes(8, "big"),
        base_fee_per_gas=DEFAULT_BASE_FEE_WEI if file.base_fee_per_gas is None else file.base_fee_per_gas,
        withdrawals_root=EMPTY_ROOT if fork >= Fork.SHANGHAI else None,
        blob_gas_used=file.blob_gas_used or 0 if fork >= Fork.CANCUN else None,
        excess_blob_gas=file.excess_blob_gas or 0 if fork >= Fork.CANCUN else None,
        parent_beacon_block_root=bytes(32) if fork >= Fork.CANCUN else None,
        requests_hash=EMPTY_REQUESTS_HASH if fork >= Fork.PRAGUE else None,
        hash=b"",
        size=0,
    )
    return decode_header(encode_header(fields))


def _no_nodes(node_hash: bytes) -> bytes:
    raise LookupError(f"a genesis state is built from nothing, yet it wants node 0x{node_hash.hex()}")
