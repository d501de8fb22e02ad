"""Small chains in memory, for tests that execute blocks."""

from collections.abc import Iterator, Mapping
from typing import Any

from eth_account import Account

from reference_node.capture.executor import BlockAttributes, BuiltBlock, build_block
from reference_node.capture.head import switch_head
from reference_node.chain.genesis import Genesis, make_genesis
from reference_node.chain.genesis_file import parse_genesis
from reference_node.chain.types import Header, Transaction, decode_transaction
from reference_node.evm.system_calls import CONSOLIDATION_QUEUE_ADDRESS, WITHDRAWAL_QUEUE_ADDRESS

CHAIN_ID = 1337
GWEI = 10**9
KEYS = tuple(bytes([index + 1]) * 32 for index in range(3))
ADDRESSES = tuple(bytes.fromhex(Account.from_key(key).address[2:]) for key in KEYS)
GENESIS_TIME = 1_000
DEPOSIT_CONTRACT = bytes.fromhex("00000000219ab540356cbb839cbe05303d7705fa")
_FORKS = ("shanghai", "cancun", "prague", "osaka", "bpo1")


class MemoryStore(dict[bytes, bytes]):
    """A store in memory."""

    def iterator(self, *, prefix: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Return (key, value) pairs in key order."""
        return iter(sorted((key, self[key]) for key in self if prefix is None or key.startswith(prefix)))

    def write(self, writes: Mapping[bytes, bytes | None]) -> None:
        """Apply puts and deletes."""
        for key, value in writes.items():
            if value is None:
                self.pop(key, None)
            else:
                self[key] = value


class World:
    """A chain that grows by `add`."""

    def __init__(self, fork: str = "bpo1", alloc: Mapping[bytes, Mapping[str, Any]] | None = None, **fields: Any):
        self.genesis: Genesis = make_genesis(parse_genesis(genesis_item(fork, alloc or {}, **fields)))
        self.store = MemoryStore(self.genesis.writes)
        self.config = self.genesis.config
        self.head: Header = self.genesis.header

    def build(self, *raw_transactions: bytes, **attributes: Any) -> BuiltBlock:
        """Build a block on the head, a slot later unless `timestamp` says otherwise."""
        chosen = {"timestamp": self.head.timestamp + 12, "fee_recipient": b"\xfe" * 20, **attributes}
        transactions = [decode_transaction(raw) for raw in raw_transactions]
        return build_block(self.store, self.config, self.head, BlockAttributes(**chosen), transactions)

    def add(self, *raw_transactions: bytes, **attributes: Any) -> BuiltBlock:
        """Build a block and make it the head."""
        built = self.build(*raw_transactions, **attributes)
        self.keep(built)
        return built

    def keep(self, built: BuiltBlock) -> None:
        """Make a built block the head."""
        self.store.write(built.executed.writes)
        self.head = built.executed.block.header
        self.store.write(switch_head(self.store, self.head))


def genesis_item(fork: str, alloc: Mapping[bytes, Mapping[str, Any]], **fields: Any) -> dict[str, Any]:
    """Return a genesis.json with forks up to one from the start, rich accounts and empty request queues."""
    active = _FORKS[: _FORKS.index(fork) + 1]
    accounts: dict[str, Any] = {address.hex(): {"balance": hex(10**21)} for address in ADDRESSES}
    for queue in (WITHDRAWAL_QUEUE_ADDRESS, CONSOLIDATION_QUEUE_ADDRESS):
        accounts[queue.hex()] = {"balance": "0x0", "nonce": "0x1", "code": "0x00"}
    accounts |= {address.hex(): {"balance": "0x0", **account} for address, account in alloc.items()}
    config = {
        "chainId": CHAIN_ID,
        "londonBlock": 0,
        **{f"{name}Time": 0 for name in active},
        "terminalTotalDifficulty": 0,
        "depositContractAddress": f"0x{DEPOSIT_CONTRACT.hex()}",
        "blobSchedule": {
            "cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477},
            "prague": {"target": 6, "max": 9, "baseFeeUpdateFraction": 5007716},
            "bpo1": {"target": 10, "max": 15, "baseFeeUpdateFraction": 8346193},
        },
    }
    return {
        "config": {**config, **fields.pop("config", {})},
        "timestamp": GENESIS_TIME,
        "gasLimit": 30_000_000,
        "difficulty": 0,
        "alloc": accounts,
        **fields,
    }


def sign(key: int, to: bytes | None, **fields: Any) -> bytes:
    """Sign a transaction; of type 2 unless its fields make it another."""
    base: dict[str, Any] = {"nonce": 0, "gas": 200_000, "value": 0, "data": b"", "chainId": CHAIN_ID}
    if "gasPrice" not in fields:
        base |= {"maxFeePerGas": 100 * GWEI, "maxPriorityFeePerGas": GWEI}
    if "maxFeePerBlobGas" in fields:
        base["type"] = 3
    base |= {"to": b"" if to is None else to, **fields}
    return bytes(Account.sign_transaction({k: v for k, v in base.items() if v is not None}, KEYS[key]).raw_transaction)


def signed(key: int, to: bytes | None, **fields: Any) -> Transaction:
    """Sign a transaction and decode it."""
    return decode_transaction(sign(key, to, **fields))
