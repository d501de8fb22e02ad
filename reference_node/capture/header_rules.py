"""What a header must say by itself, by its parent and by its body, before anything is executed.

Source: geth v1.17.8, consensus/beacon/consensus.go, consensus/misc, core/block_validator.go; EIP-7934.
"""

from collections.abc import Iterator

from reference_node.chain.config import ChainConfig, Fork
from reference_node.chain.roots import EMPTY_UNCLES_HASH, transactions_root, withdrawals_root
from reference_node.chain.types import Block, Header
from reference_node.errors import InvalidBlock
from reference_node.evm.fees import BLOB_GAS, next_base_fee, next_excess_blob_gas

MAX_BLOCK_BYTES = 8_388_608
"""Length of a block's RLP from Osaka on: 10 MiB less a margin of 2 MiB for the beacon block (EIP-7934)."""
MAX_EXTRA_DATA_BYTES = 32
MAX_GAS_LIMIT = 2**63 - 1
MIN_GAS_LIMIT = 5000
GAS_LIMIT_BOUND_DIVISOR = 1024

_Difference = tuple[str, object, object]


def check_header(config: ChainConfig, parent: Header, header: Header) -> None:
    """Check a header against its parent. Raises InvalidBlock naming the first difference."""
    for name, found, expected in (*_plain_differences(parent, header), *_fork_differences(config, parent, header)):
        raise difference(header, name, found, expected)


def check_body(config: ChainConfig, block: Block) -> None:
    """Check a body against its header. Raises InvalidBlock naming the first difference."""
    for name, found, expected in _body_differences(config, block):
        raise difference(block.header, name, found, expected)


def difference(header: Header, name: str, found: object, expected: object) -> InvalidBlock:
    """Return the error that says what of a block differs from what it should be."""
    return InvalidBlock(
        f"block {header.number} 0x{header.hash.hex()}: {name} is {_text(found)}, expected {_text(expected)}"
    )


def block_size(block: Block) -> int:
    """Return the length of a block's RLP in bytes."""
    payload = block.header.size + block.body.size
    return payload + _list_prefix_size(payload)


def _plain_differences(parent: Header, header: Header) -> Iterator[_Difference]:
    if header.parent_hash != parent.hash:
        yield "parent hash", header.parent_hash, parent.hash
    if len(header.extra_data) > MAX_EXTRA_DATA_BYTES:
        yield "length of the extra data", len(header.extra_data), f"at most {MAX_EXTRA_DATA_BYTES} bytes"
    if header.nonce != bytes(8):
        yield "nonce", header.nonce, bytes(8)
    if header.uncles_hash != EMPTY_UNCLES_HASH:
        yield "uncles hash", header.uncles_hash, EMPTY_UNCLES_HASH
    if header.timestamp <= parent.timestamp:
        yield "timestamp", header.timestamp, f"above the parent's {parent.timestamp}"
    if header.difficulty != 0:
        yield "difficulty", header.difficulty, 0
    if header.gas_limit > MAX_GAS_LIMIT:
        yield "gas limit", header.gas_limit, f"at most {MAX_GAS_LIMIT}"
    if header.gas_used > header.gas_limit:
        yield "gas used", header.gas_used, f"at most the gas limit {header.gas_limit}"
    if header.number != parent.number + 1:
        yield "number", header.number, parent.number + 1
    bound = parent.gas_limit // GAS_LIMIT_BOUND_DIVISOR
    if abs(parent.gas_limit - header.gas_limit) >= bound:
        yield "gas limit", header.gas_limit, f"{parent.gas_limit} +/- {bound - 1}"
    if header.gas_limit < MIN_GAS_LIMIT:
        yield "gas limit", header.gas_limit, f"at least {MIN_GAS_LIMIT}"
    if header.base_fee_per_gas != next_base_fee(parent):
        yield "base fee", header.base_fee_per_gas, next_base_fee(parent)


def _fork_differences(config: ChainConfig, parent: Header, header: Header) -> Iterator[_Difference]:
    fork = config.fork_at(header.timestamp)
    for name, value, since in (
        ("withdrawals root", header.withdrawals_root, Fork.SHANGHAI),
        ("blob gas used", header.blob_gas_used, Fork.CANCUN),
        ("excess blob gas", header.excess_blob_gas, Fork.CANCUN),
        ("parent beacon block root", header.parent_beacon_block_root, Fork.CANCUN),
        ("requests hash", header.requests_hash, Fork.PRAGUE),
    ):
        if (value is None) == (fork >= since):
            yield name, value, f"{'no' if fork < since else 'a'} value in {fork.name.title()}"
            return
    schedule = config.blob_schedule_at(header.timestamp)
    if fork < Fork.CANCUN or schedule is None or header.blob_gas_used is None:
        return
    if header.blob_gas_used > schedule.max * BLOB_GAS:
        yield "blob gas used", header.blob_gas_used, f"at most {schedule.max * BLOB_GAS}"
    if header.blob_gas_used % BLOB_GAS:
        yield "blob gas used", header.blob_gas_used, f"a multiple of {BLOB_GAS}"
    excess = next_excess_blob_gas(config, parent, header.timestamp)
    if header.excess_blob_gas != excess:
        yield "excess blob gas", header.excess_blob_gas, excess


def _body_differences(config: ChainConfig, block: Block) -> Iterator[_Difference]:
    header, body = block.header, block.body
    if config.fork_at(header.timestamp) >= Fork.OSAKA and block_size(block) > MAX_BLOCK_BYTES:
        yield "size of the block", block_size(block), f"at most {MAX_BLOCK_BYTES} bytes"
    if body.uncles:
        yield "number of uncles", len(body.uncles), 0
    root = transactions_root(body.transactions)
    if header.transactions_root != root:
        yield "transactions root", header.transactions_root, root
    if (body.withdrawals is None) != (header.withdrawals_root is None):
        yield "list of withdrawals", body.withdrawals, "one exactly where the header has a withdrawals root"
    elif body.withdrawals is not None:
        root = withdrawals_root(body.withdrawals)
        if header.withdrawals_root != root:
            yield "withdrawals root", header.withdrawals_root, root
    blob_gas = BLOB_GAS * sum(len(t.blob_versioned_hashes or ()) for t in body.transactions)
    if (header.blob_gas_used or 0) != blob_gas:
        yield "blob gas used", header.blob_gas_used, blob_gas


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return "absent" if value is None else str(value)


def _list_prefix_size(payload: int) -> int:
    return 1 if payload < 56 else 1 + (payload.bit_length() + 7) // 8
