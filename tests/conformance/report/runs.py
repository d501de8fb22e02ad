"""Runs for tests of reports: one with an answer of each kind, and one full of what could spoil a page."""

from dataclasses import replace

from conformance.about import About
from conformance.keeping import Keeper
from conformance.run import Run
from conformance.subject import Recorded, Reply
from conformance.verdict import Judgement, Verdict, judge
from conformance.verify.values import Finding
from tests.conformance.questions import answer, error_answer, question

HUGE = 2**60 + 1
ESCAPE = "\x1b[2J\x00"
ATTACK = "</script></title><img src=x onerror=\"console.log('executed')\"><script>console.log('executed')</script>"
HIDDEN = "\u202e\u200b\ud800"
"""What turns the direction of reading, what can't be seen, and what is half of a sign."""
ABOUT = About("testchain", 7, ("--seed 7", "--header X-Key:…"), "2026-01-31T09:30:00Z")


def mixed_run(*, interrupted: bool = False) -> Run:
    """Return a run of two passes (an allowance, another message), two mismatches and one unknown."""
    asked = [
        (question("web3_clientVersion", [], "Geth/v1"), Reply(200, answer("Other/v1").encode())),
        (replace(question("eth_call"), recorded=error_answer(3, "a")), Reply(200, error_answer(3, "b").encode())),
        (question("eth_getBalance", [], {"a": HUGE, "b": None}), Reply(200, answer({"a": HUGE - 1}).encode())),
        (replace(question("eth_chainId"), why=f"why {ESCAPE}"), Reply(200, ESCAPE.encode())),
        (question("eth_getCode"), Reply(0, b"", "it hung")),
    ]
    judgements = tuple(judge(ask, Recorded("").ask(ask), reply) for ask, reply in asked)
    planned = len(asked) + 3 * interrupted
    candidate = Recorded("Other/v1", "http://candidate")
    return Run("testchain", Recorded("Geth/v1"), candidate, judgements, planned, 1.5, False, interrupted)


def full_run(text: str = "") -> Run:
    """Return a run that fills every part of a report, with times, both replies, and a text put wherever one fits."""
    keeper = Keeper()
    judgements = []
    for place, (judgement, expected, got) in enumerate(_judged(text)):
        seconds = (place + 1) / 1000
        kept = keeper.keep(judgement, replace(expected, seconds=seconds), replace(got, seconds=2 * seconds))
        judgements.append(kept)
    reference, candidate = (
        Recorded(f"{name}/v1{text}", f"http://me:hunter2@{name}/?key=hunter2") for name in ("geth", "other")
    )
    count = len(judgements)
    return Run(f"testchain{text}", reference, candidate, tuple(judgements), count + 1, 1.5, False, True, ABOUT)


def _judged(text: str) -> list[tuple[Judgement, Reply, Reply]]:
    """Return judgements of each verdict with both replies."""
    log = {"address": f"0xab{text}", "data": "0x" + "0" * 500, "topics": ["0x1", "0x2"]}
    other_log = {**log, "data": "0x" + "0" * 250 + "1" + "0" * 249, "topics": ["0x2", "0x1"]}
    asked = [
        (question("web3_clientVersion", [], "Geth/v1"), answer(f"Other/v1{text}")),
        (replace(question("eth_call", [text]), recorded=error_answer(3, f"a{text}")), error_answer(3, f"b{text}")),
        (replace(question("eth_getLogs", [text], [log, log]), why=f"why{text}"), answer([log, other_log])),
        (question("eth_getBlockByNumber", [], {"a": 1, "b": {"c": text}}), answer({"a": None, text: [1, text]})),
        (question("eth_chainId"), f"<html>{text}</html>"),
        (question("eth_gasPrice"), answer("0x1")),
        (replace(question("eth_syncing"), name=f"eth_syncing/case{text}"), answer("0x1")),
    ]
    found = []
    for ask, got_text in asked:
        expected, got = Recorded("").ask(ask), Reply(200, got_text.encode(errors="surrogatepass"))
        found.append((judge(ask, expected, got), expected, got))
    silent = question("eth_getCode")
    expected, got = Recorded("").ask(silent), Reply(0, b"", f"it hung{text}")
    found.append((judge(silent, expected, got), expected, got))
    lagging = question("eth_getBalance")
    problem = f"its answer is the reference's at block 7, 3 blocks before{text}"
    got = Reply(200, answer("0x0").encode())
    found.append((replace(judge(lagging, expected, got), verdict=Verdict.LAG, problem=problem), expected, got))
    finding = Finding("block-hash", f"candidate{text}", "eth_getBlockByHash", "{}", "$.result.hash", text, f"0x1{text}")
    proven = Judgement(
        question("eth_getBlockByHash"), Verdict.MISMATCH, f"{finding}", findings=(finding,), wrong_side="candidate"
    )
    found.append((proven, expected, got))
    unchecked = Judgement(question("eth_getProof"), Verdict.UNCHECKED, "no schema for it")
    found.append((unchecked, expected, got))
    return found
