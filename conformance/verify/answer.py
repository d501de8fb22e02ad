"""Verifies one answer to any request whose result follows from a block's hash; `VERIFIERS` lists the methods.

A request by number is about the block that its endpoint has there, before and after the request is put once more.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from conformance.answers import Json, encode_answer
from conformance.verify.ask import Answer, Asker
from conformance.verify.checks_block import body_roots, header_hash, header_hash_of, transaction_list
from conformance.verify.checks_receipts import is_let_through, receipt_fields
from conformance.verify.checks_state import EMPTY_CODE_HASH, account_proof
from conformance.verify.derive import OPTIONAL, logs_json, transaction_json
from conformance.verify.evidence import Evidence, hash_at
from conformance.verify.facts import read_block, read_header, read_transaction
from conformance.verify.forms import is_hash, is_verifiable
from conformance.verify.spot import (
    Malformed,
    Spot,
    Unchecked,
    Wrong,
    disagreements,
    hex_data,
    hex_quantity,
    result_of,
)
from conformance.verify.values import Outcome, check_claim

ABOUT_CHARACTERS_MAX = 60
RANGE_BLOCKS_MAX = 32
"""Blocks of a range of logs that are looked into."""
_NO_HASH = bytes(32)
Params = list[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """An answer that is to be verified."""

    params: Params
    result: Spot
    asker: Asker | None
    """Asks who gave it; None where that is a record."""
    evidence: Evidence

    def hash_at(self, number: int) -> bytes:
        """Return the block its endpoint has at a number, all the while that it answers the same once more.

        Raises:
            Unchecked: it has none, another one by now, or another answer.
        """
        if self.asker is None:
            raise Unchecked("which block was there is not recorded")
        before = hash_at(self.asker, number)
        again = self.asker.ask(self.result.answer.method, *self.params)
        after = hash_at(self.asker, number)
        if before != after or again.result != self.result.value:
            raise Unchecked("the answer became another one when asked for again")
        return before


Verifier = Callable[[Case], Iterator[Wrong]]


def verify_answer(request: Mapping[str, Any], answer: Answer, asker: Asker | None, evidence: Evidence) -> Outcome:
    """Say whether an answer is what the hashes of its blocks ask for.

    Args:
        request: the JSON-RPC request.
        answer: what an endpoint answered.
        asker: asks the same endpoint; None where the answer is a record.
        evidence: finds blocks and proofs.
    """
    method = str(request.get("method"))
    params = request.get("params", [])

    def run() -> Iterator[Wrong]:
        if not is_verifiable(request):
            raise Unchecked("nothing is known of the result of such a request")
        result = result_of(answer)
        yield from VERIFIERS[method](Case(params, result, asker, evidence))

    about = encode_answer(params)[:ABOUT_CHARACTERS_MAX]
    return check_claim("answer", about, method, "The answer follows from the hash of its block", run)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _named_hash(case: Case, named: Any) -> bytes:
    """Return the hash of the block that an argument names."""
    if isinstance(named, dict):
        named = named.get("blockHash", named.get("blockNumber"))
    return _bytes(named) if is_hash(named) else case.hash_at(int(named, 16))


def _known(case: Case) -> Spot:
    """Return a result that is not null.

    Raises:
        Malformed: it is null, and its endpoint itself has the block that it is about.
        Unchecked: it is null, and can be: a node need not know every hash, yet or any more.
    """
    if case.result.value is not None:
        return case.result
    named = case.params[0]
    if not is_hash(named):
        raise Unchecked("the result is null, which no hash proves or refutes")
    is_block = case.result.answer.method not in {"eth_getTransactionByHash", "eth_getTransactionReceipt"}
    block = case.evidence.block(_bytes(named)) if is_block else case.evidence.block_of(_bytes(named))
    if case.hash_at(block.header.number) != block.header.hash:
        raise Unchecked("the result is null, and its block is none of the endpoint's chain")
    raise Malformed(case.result, f"a value, as its block {hex_data(block.header.hash)} is in the endpoint's own chain")


def _block(case: Case) -> Iterator[Wrong]:
    result = _known(case)
    named, whole = case.params
    if is_hash(named):
        yield from disagreements(result.key("hash"), named.lower())
    else:
        yield from disagreements(result.key("number"), hex_quantity(int(named, 16)))
    if whole:
        block = read_block(result)
        yield from header_hash(block)
        yield from body_roots(block)
        yield from transaction_list(block)
    else:
        yield from _block_of_hashes(case, result)


def _block_of_hashes(case: Case, result: Spot) -> Iterator[Wrong]:
    """Yield where a block without its transactions is not what its hash proves."""
    header = read_header(result)
    yield from header_hash_of(result, header)
    block = case.evidence.block(header.hash)
    yield from disagreements(result.key("transactions"), [hex_data(item.hash) for item in block.transactions])
    for name in ("size", "uncles", "withdrawals"):
        if block.spot.given(name) is not None:
            yield from disagreements(result.key(name), _json(block.spot.key(name)))


def _json(spot: Spot) -> Json:
    value: Any = spot.value
    return value  # type: ignore[no-any-return]


def _count(case: Case) -> Iterator[Wrong]:
    block = case.evidence.block(_named_hash(case, case.params[0]))
    yield from disagreements(_known(case), hex_quantity(len(block.transactions)))


def _transaction(case: Case) -> Iterator[Wrong]:
    by_hash = case.result.answer.method == "eth_getTransactionByHash"
    if not by_hash and case.result.value is None:
        yield from _none_at_its_place(case)
        return
    result = _known(case)
    transaction = read_transaction(result)
    yield from disagreements(result.key("hash"), hex_data(transaction.hash))
    if by_hash:
        yield from disagreements(result.key("hash"), case.params[0].lower())
    else:
        yield from _at_its_place(case)
    if result.given("blockHash") is None:
        raise Unchecked("the transaction waits for a block")
    yield from _in_its_block(case, result.key("blockHash").data(32), result.key("transactionIndex").quantity(8))


def _none_at_its_place(case: Case) -> Iterator[Wrong]:
    """Yield where there is a transaction at a place that is said to be empty, in a block the endpoint has."""
    named, index = case.params
    block = case.evidence.block(_named_hash(case, named))
    if int(index, 16) < len(block.transactions):
        if is_hash(named) and case.hash_at(block.header.number) != block.header.hash:
            raise Unchecked("the result is null, and its block is none of the endpoint's chain")
        yield Wrong(case.result, f'"{hex_data(block.transactions[int(index, 16)].hash)}"')


def _at_its_place(case: Case) -> Iterator[Wrong]:
    named, index = case.params
    yield from disagreements(case.result.key("transactionIndex"), hex_quantity(int(index, 16)))
    if is_hash(named):
        yield from disagreements(case.result.key("blockHash"), named.lower())
    else:
        yield from disagreements(case.result.key("blockNumber"), hex_quantity(int(named, 16)))


def _in_its_block(case: Case, block_hash: bytes, index: int) -> Iterator[Wrong]:
    block = case.evidence.block(block_hash)
    if index >= len(block.transactions):
        yield Wrong(case.result.key("transactionIndex"), f"less than {len(block.transactions)}, as many as there are")
    else:
        yield from disagreements(case.result, {**transaction_json(block, index)}, OPTIONAL)


def _receipt(case: Case) -> Iterator[Wrong]:
    result = _known(case)
    asked = case.params[0].lower()
    yield from disagreements(result.key("transactionHash"), asked)
    block = case.evidence.block(result.key("blockHash").data(32))
    hashes = [hex_data(item.hash) for item in block.transactions]
    if asked not in hashes:
        yield Wrong(result.key("blockHash"), "the hash of a block that has this transaction")
    else:
        yield from receipt_fields(block, case.evidence.receipts(block), hashes.index(asked), result)


def _receipts(case: Case) -> Iterator[Wrong]:
    block = case.evidence.block(_named_hash(case, case.params[0]))
    receipts = case.evidence.receipts(block)
    items = _known(case).items()
    if len(items) != len(receipts):
        yield Wrong(case.result, f"an array of {len(receipts)} receipts")
        return
    for index, item in enumerate(items):
        yield from receipt_fields(block, receipts, index, item)


def _logs(case: Case) -> Iterator[Wrong]:
    asked = case.params[0]
    if "blockHash" in asked:
        hashes = [_bytes(asked["blockHash"])]
    else:
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        if not 0 <= last - first < RANGE_BLOCKS_MAX:
            raise Unchecked(f"the range is not of 1 to {RANGE_BLOCKS_MAX} blocks")
        last_hash = case.hash_at(last)
        hashes = [last_hash]
        for _ in range(last - first):  # by parents, so that all are of one chain
            hashes.insert(0, case.evidence.block(hashes[0]).header.parent_hash)
    address, topics = asked.get("address"), [t and t.lower() for t in asked.get("topics", [])]
    expected: list[Json] = []
    for block_hash in hashes:
        block = case.evidence.block(block_hash)
        receipts = case.evidence.receipts(block)
        logs = [log for receipt in receipts for log in receipt.logs]
        shown = logs_json(block, receipts)
        expected += [
            item
            for log, item in zip(logs, shown, strict=True)
            if is_let_through(log, address and address.lower(), topics)
        ]
    yield from disagreements(case.result, expected, OPTIONAL)


def _proof(case: Case) -> Iterator[Wrong]:
    address, keys, named = case.params
    block = case.evidence.block(_named_hash(case, named))
    yield from account_proof(block, _known(case), address.lower(), [int(key, 16) for key in keys])


def _account(name: str) -> Verifier:
    def verify(case: Case) -> Iterator[Wrong]:
        address, named = case.params
        block = case.evidence.block(_named_hash(case, named))
        proof = case.evidence.account(block, address.lower())
        yield from disagreements(case.result, _json(proof.key(name)))

    return verify


def _code(case: Case) -> Iterator[Wrong]:
    address, named = case.params
    block = case.evidence.block(_named_hash(case, named))
    code_hash = case.evidence.account(block, address.lower()).key("codeHash").data(32)
    if keccak(case.result.data()) != (EMPTY_CODE_HASH if code_hash == _NO_HASH else code_hash):
        yield Wrong(case.result, f"code with the hash {hex_data(code_hash)}")


def _storage(case: Case) -> Iterator[Wrong]:
    address, key, named = case.params
    block = case.evidence.block(_named_hash(case, named))
    proof = case.evidence.account(block, address.lower(), [int(key, 16)])
    value = proof.key("storageProof").items()[0].key("value").quantity()
    yield from disagreements(case.result, f"0x{value:064x}")


def _digest(case: Case) -> Iterator[Wrong]:
    yield from disagreements(case.result, hex_data(keccak(_bytes(case.params[0]))))


VERIFIERS: dict[str, Verifier] = {
    "eth_getBlockByHash": _block,
    "eth_getBlockByNumber": _block,
    "eth_getBlockTransactionCountByHash": _count,
    "eth_getBlockTransactionCountByNumber": _count,
    "eth_getTransactionByHash": _transaction,
    "eth_getTransactionByBlockHashAndIndex": _transaction,
    "eth_getTransactionByBlockNumberAndIndex": _transaction,
    "eth_getTransactionReceipt": _receipt,
    "eth_getBlockReceipts": _receipts,
    "eth_getLogs": _logs,
    "eth_getProof": _proof,
    "eth_getBalance": _account("balance"),
    "eth_getTransactionCount": _account("nonce"),
    "eth_getCode": _code,
    "eth_getStorageAt": _storage,
    "web3_sha3": _digest,
}
