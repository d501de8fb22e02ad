"""How blocks, transactions, receipts and logs look as JSON.

Fields, their order and what is left out are geth's: v1.17.8, internal/ethapi/api.go (RPCMarshalHeader,
RPCMarshalBlock, newRPCTransaction, MarshalReceipt), core/types/gen_log_json.go, gen_authorization.go.
"""

from collections.abc import Sequence
from typing import Any

from eth_hash.auto import keccak

from reference_node.chain.roots import logs_bloom
from reference_node.chain.types import Body, Header, Log, Receipt, Transaction, Withdrawal, encode_rlp, from_int

BLOB_TRANSACTION = 3
_BLOB_GAS = 1 << 17
_LONG_LIST_BYTES = 56

Json = dict[str, Any]


def hex_data(data: bytes) -> str:
    """Return data as `0x` and two digits a byte."""
    return "0x" + data.hex()


def header_json(header: Header) -> Json:
    """Return a header's fields; those that its fork lacks are left out."""
    fields: Json = {
        "difficulty": hex(header.difficulty),
        "extraData": hex_data(header.extra_data),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "hash": hex_data(header.hash),
        "logsBloom": hex_data(header.bloom),
        "miner": hex_data(header.coinbase),
        "mixHash": hex_data(header.mix_hash),
        "nonce": hex_data(header.nonce),
        "number": hex(header.number),
        "parentHash": hex_data(header.parent_hash),
        "receiptsRoot": hex_data(header.receipts_root),
        "sha3Uncles": hex_data(header.uncles_hash),
        "stateRoot": hex_data(header.state_root),
        "timestamp": hex(header.timestamp),
        "transactionsRoot": hex_data(header.transactions_root),
    }
    quantities = {
        "baseFeePerGas": header.base_fee_per_gas,
        "blobGasUsed": header.blob_gas_used,
        "excessBlobGas": header.excess_blob_gas,
    }
    hashes = {
        "withdrawalsRoot": header.withdrawals_root,
        "parentBeaconBlockRoot": header.parent_beacon_block_root,
        "requestsHash": header.requests_hash,
    }
    fields |= {name: hex(number) for name, number in quantities.items() if number is not None}
    fields |= {name: hex_data(value) for name, value in hashes.items() if value is not None}
    return fields


def block_json(header: Header, body: Body, transactions: Sequence[Any]) -> Json:
    """Return a block's fields; `transactions` are hashes or whole transactions, encoded already."""
    fields = header_json(header)
    fields["size"] = hex(block_size(header, body))
    fields["transactions"] = transactions
    fields["uncles"] = [hex_data(uncle.hash) for uncle in body.uncles]
    if body.withdrawals is not None:
        fields["withdrawals"] = [withdrawal_json(withdrawal) for withdrawal in body.withdrawals]
    return fields


def block_size(header: Header, body: Body) -> int:
    """Return the length of a block's RLP in bytes."""
    payload = header.size + body.size
    prefix = 1 if payload < _LONG_LIST_BYTES else 1 + (payload.bit_length() + 7) // 8
    return prefix + payload


def withdrawal_json(withdrawal: Withdrawal) -> Json:
    """Return a withdrawal's fields."""
    return {
        "index": hex(withdrawal.index),
        "validatorIndex": hex(withdrawal.validator_index),
        "address": hex_data(withdrawal.address),
        "amount": hex(withdrawal.amount_gwei),
    }


def transaction_json(transaction: Transaction, sender: bytes, header: Header, index: int) -> Json:
    """Return the fields of a transaction that is in a block, at an index."""
    fields: Json = {
        "blockHash": hex_data(header.hash),
        "blockNumber": hex(header.number),
        "blockTimestamp": hex(header.timestamp),
        "from": hex_data(sender),
        "gas": hex(transaction.gas),
        "gasPrice": hex(effective_gas_price(transaction, header.base_fee_per_gas)),
    }
    if transaction.max_fee_per_gas is not None and transaction.max_priority_fee_per_gas is not None:
        fields["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        fields["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    if transaction.max_fee_per_blob_gas is not None:
        fields["maxFeePerBlobGas"] = hex(transaction.max_fee_per_blob_gas)
    fields |= {
        "hash": hex_data(transaction.hash),
        "input": hex_data(transaction.data),
        "nonce": hex(transaction.nonce),
        "to": None if transaction.to is None else hex_data(transaction.to),
        "transactionIndex": hex(index),
        "value": hex(transaction.value),
        "type": hex(transaction.type),
    }
    return fields | _signed_fields(transaction)


def receipt_json(
    transaction: Transaction,
    sender: bytes,
    receipt: Receipt,
    gas_used: int,
    header: Header,
    index: int,
    blob_base_fee: int | None,
    logs: Sequence[Any],
) -> Json:
    """Return a receipt's fields.

    Args:
        transaction: what it is the receipt of.
        sender: who signed that.
        receipt: the receipt as it is stored.
        gas_used: gas of this transaction alone.
        header: the block it is in.
        index: the transaction's place in the block.
        blob_base_fee: the block's blob base fee in wei, None before Cancun.
        logs: the receipt's logs, encoded already.
    """
    created = None if transaction.to is not None else created_address(sender, transaction.nonce)
    fields: Json = {
        "blockHash": hex_data(header.hash),
        "blockNumber": hex(header.number),
        "contractAddress": None if created is None else hex_data(created),
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "effectiveGasPrice": hex(effective_gas_price(transaction, header.base_fee_per_gas)),
        "from": hex_data(sender),
        "gasUsed": hex(gas_used),
        "logs": logs,
        "logsBloom": hex_data(logs_bloom(receipt.logs)),
        "status": hex(receipt.status),
        "to": None if transaction.to is None else hex_data(transaction.to),
        "transactionHash": hex_data(transaction.hash),
        "transactionIndex": hex(index),
        "type": hex(transaction.type),
    }
    if transaction.type == BLOB_TRANSACTION:
        fields["blobGasUsed"] = hex(_BLOB_GAS * len(transaction.blob_versioned_hashes or ()))
        fields["blobGasPrice"] = hex(blob_base_fee or 0)
    return fields


def log_json(log: Log, transaction_hash: bytes, transaction_index: int, header: Header, index: int) -> Json:
    """Return a log's fields; `index` is its place among the logs of its block."""
    return {
        "address": hex_data(log.address),
        "topics": [hex_data(topic) for topic in log.topics],
        "data": hex_data(log.data),
        "blockNumber": hex(header.number),
        "transactionHash": hex_data(transaction_hash),
        "transactionIndex": hex(transaction_index),
        "blockHash": hex_data(header.hash),
        "blockTimestamp": hex(header.timestamp),
        "logIndex": hex(index),
        "removed": False,
    }


def effective_gas_price(transaction: Transaction, base_fee: int | None) -> int:
    """Return what a transaction pays per gas in a block, in wei (EIP-1559)."""
    if transaction.gas_price is not None:
        return transaction.gas_price
    highest = transaction.max_fee_per_gas or 0
    if base_fee is None:
        return highest
    return min(highest, base_fee + (transaction.max_priority_fee_per_gas or 0))


def created_address(sender: bytes, nonce: int) -> bytes:
    """Return where a creation puts its contract."""
    return bytes(keccak(encode_rlp([sender, from_int(nonce)]))[12:])


def _signed_fields(transaction: Transaction) -> Json:
    """Return what a transaction holds beside its call: access list, authorizations, signature."""
    fields: Json = {}
    if transaction.access_list is not None:
        fields["accessList"] = [
            {"address": hex_data(address), "storageKeys": [hex_data(slot) for slot in slots]}
            for address, slots in transaction.access_list
        ]
    if transaction.chain_id:
        fields["chainId"] = hex(transaction.chain_id)
    elif transaction.type and transaction.chain_id is not None:
        fields["chainId"] = "0x0"
    if transaction.blob_versioned_hashes:
        fields["blobVersionedHashes"] = [hex_data(blob_hash) for blob_hash in transaction.blob_versioned_hashes]
    if transaction.authorization_list:
        fields["authorizationList"] = [
            {
                "chainId": hex(signed.chain_id),
                "address": hex_data(signed.address),
                "nonce": hex(signed.nonce),
                "yParity": hex(signed.y_parity),
                "r": hex(signed.r),
                "s": hex(signed.s),
            }
            for signed in transaction.authorization_list
        ]
    fields |= {"v": hex(transaction.v), "r": hex(transaction.r), "s": hex(transaction.s)}
    if transaction.type:
        fields["yParity"] = hex(min(transaction.v, 1))
    return fields
