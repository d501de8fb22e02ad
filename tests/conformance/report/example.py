"""The example in docs/conformance.md: recorded questions whose answers are spoilt, as a terminal shows them."""

import json
from collections.abc import Callable
from typing import Any

from conformance.corpus import answers_folder, load_corpus
from conformance.report.diff import show_judgement, show_legend
from conformance.subject import Reply
from conformance.verdict import judge

Spoil = Callable[[dict[str, Any]], None]


def reading_example() -> str:
    """Return the text."""
    corpus = load_corpus(answers_folder("everyfork"))
    by_name = {asked.name: asked for asked in corpus.questions}
    spoilt = {
        "eth_getBalance/at-latest": _balance,
        "eth_getTransactionReceipt/fails-return": _receipt,
        "eth_getLogs/deposit-contract": _logs,
    }
    parts = [show_legend(f"{corpus.version} (recorded)", "Other/v1 (http://127.0.0.1:8545)").plain]
    for name, spoil in spoilt.items():
        question = by_name[name]
        answer = json.loads(question.recorded)
        spoil(answer)
        got = json.dumps(answer, separators=(",", ":")).encode()
        parts.append(show_judgement(judge(question, Reply(200, question.recorded.encode()), Reply(200, got))).plain)
    return "\n\n".join(parts)


def _balance(answer: dict[str, Any]) -> None:
    answer["result"] = hex(int(answer["result"], 16) + 1)


def _receipt(answer: dict[str, Any]) -> None:
    del answer["result"]["effectiveGasPrice"]
    answer["result"]["root"] = "0x"
    answer["result"]["to"] = None


def _logs(answer: dict[str, Any]) -> None:
    answer["result"].reverse()
