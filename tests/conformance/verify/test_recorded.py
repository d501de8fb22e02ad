"""What a real geth answered holds, side blocks included, and is proven by hashes, not by code of ours."""

from collections import Counter
from typing import cast

from conformance.answers import Json, decode_answer, encode_answer
from conformance.corpus import Question, answers_folder, load_corpus
from conformance.subject import Reply
from conformance.verify.answer import verify_answer
from conformance.verify.ask import Asker, read_answer
from conformance.verify.evidence import Evidence
from conformance.verify.facts import read_block, read_receipt
from conformance.verify.forms import is_verifiable
from conformance.verify.spot import result_of
from conformance.verify.values import Outcome, State
from fixtures.chain_files import find_chain
from reference_node.chain.files import read_blocks
from reference_node.chain.roots import receipts_root

CORPUS = load_corpus(answers_folder("everyfork"))
CHAIN = find_chain("everyfork")


def by_hash() -> dict[tuple[str, str], Json]:
    """Return the recorded blocks with whole transactions, and the receipts, by the block's hash."""
    found: dict[tuple[str, str], Json] = {}
    for question in CORPUS.questions:
        content = decode_answer(question.recorded.encode() or b"null")
        result = content.get("result") if isinstance(content, dict) else None
        if isinstance(result, dict) and isinstance(result.get("transactions"), list):
            whole = all(isinstance(item, dict) for item in cast("list[Json]", result["transactions"]))
            if whole and isinstance(result["hash"], str):
                found["eth_getBlockByHash", result["hash"]] = result
        elif isinstance(result, list) and result and isinstance(result[0], dict) and "gasUsed" in result[0]:
            found["eth_getBlockReceipts", str(result[0]["blockHash"])] = result
    return found


BY_HASH = by_hash()
BY_NUMBER = {"0x" + f"{block.header.number:x}": "0x" + block.header.hash.hex() for block in read_blocks(CHAIN.chain)}
RECORD = {question.body: question.recorded for question in CORPUS.questions}


class Record:
    """Answers what is recorded, by whatever name of a block it was, and an error to all else."""

    name = "record"
    version = "Record/v1"

    def ask(self, question: Question) -> Reply:
        """Return the recorded answer."""
        if question.body in RECORD:
            return Reply(200, RECORD[question.body].encode())
        request = question.requests()[0]
        named = request["params"][0]
        named = named["blockHash"] if isinstance(named, dict) and "blockHash" in named else named
        method = request["method"].replace("ByNumber", "ByHash")
        result = BY_HASH.get((method, BY_NUMBER.get(str(named), str(named))))
        if result is None:
            return Reply(200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"not recorded"}}')
        return Reply(200, f'{{"jsonrpc":"2.0","id":1,"result":{encode_answer(result)}}}'.encode())


def verified() -> list[tuple[Question, Outcome]]:
    """Verify every recorded answer that may be."""
    asker = Asker(Record())
    evidence = Evidence([asker])
    found = []
    for question in CORPUS.questions:
        requests = question.requests()
        if len(requests) == 1 and is_verifiable(requests[0]) and not question.body.startswith("["):
            request = requests[0]
            reply = Reply(200, question.recorded.encode())
            answer = read_answer("record", str(request["method"]), question.body, reply, request.get("id"))
            found.append((question, verify_answer(request, answer, asker, evidence)))
    return found


def test_no_recorded_answer_is_blamed_and_most_blocks_are_proven() -> None:
    outcomes = verified()
    broken = [(question.name, str(outcome.findings[0])) for question, outcome in outcomes if outcome.findings]
    assert not broken
    proven = Counter(question.method for question, outcome in outcomes if outcome.state is State.HOLDS)
    assert proven["eth_getBlockByHash"] >= 25
    assert proven["eth_getBlockReceipts"] >= 15
    assert proven["eth_getTransactionReceipt"] >= 5
    assert proven["web3_sha3"] >= 1


def test_side_blocks_are_proven_with_their_receipts() -> None:
    held = {question.name for question, outcome in verified() if outcome.state is State.HOLDS}
    sides = {
        name.partition("/")[2].removesuffix("-full") for name in held if "/side-" in name and name.endswith("-full")
    }
    assert len(sides) == 15
    assert {f"eth_getBlockReceipts/{side}" for side in sides} <= held


def test_blocks_read_from_answers_are_those_of_the_chain_file() -> None:
    """Header, transactions and withdrawals come out of JSON as they were in the block's own bytes."""
    blocks = {
        "0x" + block.header.hash.hex(): block for path in (CHAIN.chain, CHAIN.side) for block in read_blocks(path)
    }
    seen: set[int] = set()
    for (method, block_hash), result in BY_HASH.items():
        if method == "eth_getBlockByHash":
            text = f'{{"jsonrpc":"2.0","id":1,"result":{encode_answer(result)}}}'
            found = read_block(result_of(read_answer("record", method, "", Reply(200, text.encode()), 1)))
            block = blocks.pop(block_hash, None)
            assert block is not None or found.header.number == 0
            if block is not None:
                assert found.header == block.header
                assert found.transactions == block.body.transactions
                assert found.withdrawals == block.body.withdrawals
            assert None not in found.senders
            seen.update(transaction.type for transaction in found.transactions)
    assert seen == {0, 1, 2, 3, 4}


def test_recorded_receipts_have_the_root_of_the_block_file() -> None:
    blocks = {block.header.number: block for block in read_blocks(CHAIN.chain)}
    count = 0
    for question in CORPUS.questions:
        if not question.name.startswith("eth_getBlockReceipts/every-"):
            continue
        answer = read_answer("record", question.method, question.body, Reply(200, question.recorded.encode()), 1)
        receipts = [read_receipt(spot) for spot in result_of(answer).items()]
        block = blocks[int(question.requests()[0]["params"][0], 16)]
        assert receipts_root(block.body.transactions, receipts) == block.header.receipts_root
        count += 1
    assert count >= 10
