"""What is wrong in the same way is one group, and every group has its example."""

from dataclasses import replace

from conformance.report.groups import choose_examples, group_messages, group_wrong, what_is_wrong
from conformance.subject import Recorded, Reply
from conformance.verdict import Judgement, Verdict, judge
from tests.conformance.questions import answer, error_answer, question


def judged(expected: object, got: str) -> Judgement:
    """Return the judgement on an answer."""
    asked = question("eth_getLogs", [], expected)
    return judge(asked, Recorded("").ask(asked), Reply(200, got.encode()))


def test_one_cause_is_one_group_whatever_the_place_in_a_list() -> None:
    log, wrong = {"data": "0x1"}, {"data": "0x2"}
    run = [
        judged([log, log], answer([wrong, log])),
        judged([log, log], answer([log, log])),
        judged([log, log], answer([log, wrong])),
        judged([log], error_answer(-32000)),
        judged([log], error_answer(-32602)),
    ]
    groups = group_wrong(run)
    assert [(group.what, group.places) for group in groups] == [
        ("$.result[*].data differs", (0, 2)),
        ("$.result is missing, and more", (3, 4)),
    ]


def test_errors_of_other_codes_are_other_groups() -> None:
    asked = question()
    expected = Reply(200, error_answer(-32000).encode())
    run = [judge(asked, expected, Reply(200, error_answer(code).encode())) for code in (-32602, -32601)]
    assert [group.what for group in group_wrong(run)] == [
        "$.error.code differs (code -32000 / code -32602)",
        "$.error.code differs (code -32000 / code -32601)",
    ]


def test_the_worst_and_most_frequent_come_first() -> None:
    verdicts = [Verdict.INCONCLUSIVE] * 3 + [Verdict.LAG, Verdict.MISMATCH, Verdict.MATCH, Verdict.UNCHECKED]
    groups = group_wrong(Judgement(question(), verdict, verdict.value) for verdict in verdicts)
    assert [group.verdict for group in groups] == [Verdict.MISMATCH, Verdict.LAG, Verdict.INCONCLUSIVE]


def test_examples_are_of_every_group_before_any_has_two() -> None:
    many = [Judgement(question(), Verdict.MISMATCH, "often")] * 50
    rare = [Judgement(question(), Verdict.MISMATCH, f"rare {sign}") for sign in "abc"]
    groups = group_wrong([*many, *rare])
    assert choose_examples(groups, 6) == [0, 50, 51, 52, 1, 2]
    assert len(choose_examples(groups, 1000)) == 53
    assert choose_examples([], 5) == []


def test_messages_are_counted_by_their_texts() -> None:
    run = [
        judge(question(), Reply(200, error_answer(3, "a").encode()), Reply(200, error_answer(3, text).encode()))
        for text in ("b", "c", "b", "a")
    ]
    assert [(group.reference, group.candidate, group.places) for group in group_messages(run)] == [
        ('"a"', '"b"', (0, 2)),
        ('"a"', '"c"', (1,)),
    ]


def test_reasons_that_name_other_blocks_are_one_way() -> None:
    run = [Judgement(question(), Verdict.LAG, f"it is at block {place}, hash 0xab{place}") for place in (7, 8)]
    assert [(group.what, group.places) for group in group_wrong(run)] == [("it is at block 7, hash 0xab7", (0, 1))]


def test_of_a_lag_the_reason_is_said_and_not_the_difference() -> None:
    wrong = replace(judged("0x1", answer("0x2")), verdict=Verdict.LAG, problem="three blocks behind")
    assert what_is_wrong(wrong) == "three blocks behind"
