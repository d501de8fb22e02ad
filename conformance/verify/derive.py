"""What other answers must say, worked out from a block and its receipts."""

from collections.abc import Sequence

from eth_hash.auto import keccak

from conformance.answers import Json
from conformance.verify.facts import BlockFacts
from conformance.verify.spot import hex_data, hex_quantity
from reference_node.chain.roots import logs_bloom
from reference_node.chain.strict_rlp import decode_strictly
from reference_node.chain.types import (
    Block,
    Body,
    Log,
    Receipt,
    Transaction,
    encode_block,
    encode_rlp,
    from_int,
)

BLOB_GAS = 131_072
"""Gas of a blob (EIP-4844)."""
OPTIONAL = frozenset({"blockTimestamp", "yParity", "chainId", "v", "removed"})
"""Keys that the standard leaves to each client, in transactions and logs."""


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Return the address of the contract that a transaction creates (Yellow Paper, 7)."""
    return bytes(keccak(encode_rlp([sender, from_int(nonce)]))[12:])


def effective_gas_price(transaction: Transaction, base_fee: int | None) -> int:
    """Return what a transaction pays for a gas, in wei (EIP-1559)."""
    if transaction.gas_price is not None:
        return transaction.gas_price
    cap, tip = transaction.max_fee_per_gas or 0, transaction.max_priority_fee_per_gas or 0
    return min(cap, (base_fee or 0) + tip)


def block_size(block: BlockFacts) -> int:
    """Return the length in bytes of the RLP of a block without uncles."""
    return len(encode_block(Block(block.header, Body(block.transactions, (), block.withdrawals, 0))))


def transaction_json(block: BlockFacts, index: int) -> dict[str, Json]:
    """Return a transaction as every method must show it."""
    transaction = block.transactions[index]
    known: dict[str, Json] = {
        "blockHash": hex_data(block.header.hash),
        "blockNumber": hex_quantity(block.header.number),
        "blockTimestamp": hex_quantity(block.header.timestamp),
        "transactionIndex": hex_quantity(index),
        "hash": hex_data(transaction.hash),
        "from": _address(block.senders[index]),
        "to": _address(transaction.to),
        "type": hex_quantity(transaction.type),
        "nonce": hex_quantity(transaction.nonce),
        "gas": hex_quantity(transaction.gas),
        "gasPrice": hex_quantity(effective_gas_price(transaction, block.header.base_fee_per_gas)),
        "value": hex_quantity(transaction.value),
        "input": hex_data(transaction.data),
        "v": hex_quantity(transaction.v),
        "r": hex_quantity(transaction.r),
        "s": hex_quantity(transaction.s),
    }
    return known | _typed_fields(transaction)


def receipt_json(block: BlockFacts, receipts: Sequence[Receipt], index: int) -> dict[str, Json]:
    """Return a receipt as every method must show it, but for the address of a contract."""
    transaction, receipt = block.transactions[index], receipts[index]
    before = receipts[index - 1].cumulative_gas_used if index else 0
    gas_used = receipt.cumulative_gas_used - before
    known: dict[str, Json] = {
        **_place(block, index),
        "from": _address(block.senders[index]),
        "to": _address(transaction.to),
        "type": hex_quantity(transaction.type),
        "status": hex_quantity(receipt.status),
        "cumulativeGasUsed": hex_quantity(receipt.cumulative_gas_used),
        "gasUsed": hex_quantity(gas_used),
        "effectiveGasPrice": hex_quantity(effective_gas_price(transaction, block.header.base_fee_per_gas)),
        "logsBloom": hex_data(logs_bloom(receipt.logs)),
        "logs": [*receipt_logs_json(block, receipts, index)],
    }
    if transaction.blob_versioned_hashes is not None:
        known["blobGasUsed"] = hex_quantity(BLOB_GAS * len(transaction.blob_versioned_hashes))
    return known


def created_contract(block: BlockFacts, index: int) -> bytes | None:
    """Return the address of the contract a transaction creates, or None where it creates none."""
    sender = block.senders[index]
    transaction = block.transactions[index]
    return contract_address(sender, transaction.nonce) if transaction.to is None and sender is not None else None


def receipt_logs_json(block: BlockFacts, receipts: Sequence[Receipt], index: int) -> list[Json]:
    """Return the logs of one receipt, counted on from those before it."""
    first = sum(len(receipt.logs) for receipt in receipts[:index])
    return [_log_json(block, index, first + place, log) for place, log in enumerate(receipts[index].logs)]


def logs_json(block: BlockFacts, receipts: Sequence[Receipt]) -> list[Json]:
    """Return all logs of a block."""
    found: list[Json] = []
    for index, receipt in enumerate(receipts):
        for log in receipt.logs:
            found.append(_log_json(block, index, len(found), log))
    return found


def account_fields(value: bytes) -> tuple[int, int, bytes, bytes]:
    """Return nonce, balance, storage root and code hash of an account's RLP. Raises ValueError."""
    fields = decode_strictly(value)
    if not isinstance(fields, list) or len(fields) != 4 or not all(isinstance(field, bytes) for field in fields):
        raise ValueError("the value is no account")
    return int.from_bytes(fields[0], "big"), int.from_bytes(fields[1], "big"), fields[2], fields[3]


def _log_json(block: BlockFacts, index: int, place: int, log: Log) -> dict[str, Json]:
    return {
        **_place(block, index),
        "address": hex_data(log.address),
        "topics": [hex_data(topic) for topic in log.topics],
        "data": hex_data(log.data),
        "blockTimestamp": hex_quantity(block.header.timestamp),
        "logIndex": hex_quantity(place),
        "removed": False,
    }


def _place(block: BlockFacts, index: int) -> dict[str, Json]:
    return {
        "blockHash": hex_data(block.header.hash),
        "blockNumber": hex_quantity(block.header.number),
        "transactionHash": hex_data(block.transactions[index].hash),
        "transactionIndex": hex_quantity(index),
    }


def _typed_fields(transaction: Transaction) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    if transaction.type:
        fields["yParity"] = hex_quantity(transaction.v)
    if transaction.chain_id is not None:
        fields["chainId"] = hex_quantity(transaction.chain_id)
    if transaction.access_list is not None:
        fields["accessList"] = [
            {"address": hex_data(address), "storageKeys": [hex_data(slot) for slot in slots]}
            for address, slots in transaction.access_list
        ]
    if transaction.max_fee_per_gas is not None:
        fields["maxFeePerGas"] = hex_quantity(transaction.max_fee_per_gas)
        fields["maxPriorityFeePerGas"] = hex_quantity(transaction.max_priority_fee_per_gas or 0)
    if transaction.blob_versioned_hashes is not None:
        fields["maxFeePerBlobGas"] = hex_quantity(transaction.max_fee_per_blob_gas or 0)
        fields["blobVersionedHashes"] = [hex_data(item) for item in transaction.blob_versioned_hashes]
    if transaction.authorization_list is not None:
        fields["authorizationList"] = [
            {
                "chainId": hex_quantity(item.chain_id), "address": hex_data(item.address),
                "nonce": hex_quantity(item.nonce), "yParity": hex_quantity(item.y_parity),
                "r": hex_quantity(item.r), "s": hex_quantity(item.s),
            }
            for item in transaction.authorization_list
        ]  # fmt: skip
    return fields


def _address(address: bytes | None) -> str | None:
    return None if address is None else hex_data(address)
