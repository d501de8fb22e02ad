"""Pairs are sent to both targets in turn; what one does is not counted for the other."""

import time
from dataclasses import replace

from loadtests.address import read_address
from loadtests.comparing import PairCounts
from loadtests.consistency import HeadWatch
from loadtests.judging import AnswerJudge
from loadtests.outcomes import Kind, Outcome
from loadtests.pairs import Half, Other, PairSender, count_pair
from loadtests.recorder import Load, Recorder
from loadtests.sending import Parts
from loadtests.slices import Ending
from tests.loadtests.served_chain import Alter, as_it_is, serving
from tests.loadtests.test_comparing import answered, call, one, reply

GOOD = Outcome(Kind.RESULT)
LOAD = Load(offered=0, in_flight=0, waiting=0, connections=0, loop_lag_us=0, cpu_share=0.0, cpu_wait_share=0.0)
ARRIVAL = one(call("eth_getBalance", needs_block=1))


def half(result: object = "0x1", service_seconds: float = 0.001, outcome: Outcome = GOOD) -> Half:
    return Half(reply(answered(result)), (outcome,), service_seconds)


def test_service_times_of_good_pairs_are_kept_together() -> None:
    counts = PairCounts()
    assert count_pair(counts, ARRIVAL, b"{}", half(), half(service_seconds=0.003)) == (GOOD,)
    assert [list(times) for times in counts.services["eth_getBalance"]] == [[1000], [3000]]
    assert (counts.compared, counts.mismatches) == (1, 0)
    assert counts.endings == {Ending("eth_getBalance", Kind.RESULT, None): 1}


def test_another_answer_is_a_mismatch_of_the_first_target() -> None:
    counts = PairCounts()
    (outcome,) = count_pair(counts, ARRIVAL, ARRIVAL.calls[0].body, half("0x1"), half("0x2"))
    assert outcome == Outcome(Kind.MISMATCH)
    assert (counts.compared, counts.mismatches, len(counts.examples)) == (1, 1, 1)


def test_a_pair_of_which_one_failed_has_no_difference_of_times() -> None:
    counts = PairCounts()
    timeout = Outcome(Kind.TIMEOUT)
    assert count_pair(counts, ARRIVAL, b"{}", half(), Half(None, (timeout,), 9.0)) == (GOOD,)
    assert count_pair(counts, ARRIVAL, b"{}", Half(None, (timeout,), 9.0), half()) == (timeout,)
    assert not counts.services
    assert (counts.compared, counts.not_compared) == (0, 2)
    assert counts.endings[Ending("eth_getBalance", Kind.TIMEOUT, None)] == 1


def send_some(url: str, other_url: str, count: int, warmup_seconds: float = 0.0) -> tuple[PairCounts, Recorder]:
    counts, recorder = PairCounts(), Recorder(0, warmup_seconds)
    watch, other_watch = HeadWatch(), HeadWatch()
    arrival = one(call("eth_chainId"))
    parts = Parts(
        (read_address(url),), 5.0, time.monotonic(), lambda number, at_seconds: replace(arrival, at_seconds=at_seconds),
        AnswerJudge(watch, 1.0), watch, recorder,
    )  # fmt: skip
    other = Other(
        read_address(other_url), AnswerJudge(other_watch, 1.0), other_watch, counts, warmup_seconds, processes=1
    )
    sender = PairSender(parts, other)
    for number in range(count):
        sender.send(number, 0.0, was_free=True)
    return counts, recorder


def recording(seen: list[str], name: str, alter: Alter = as_it_is) -> Alter:
    def note(request: dict[str, object], answer: dict[str, object]) -> dict[str, object]:
        seen.append(name)
        return alter(request, answer)

    return note


def test_which_target_is_asked_first_alternates() -> None:
    seen: list[str] = []
    with serving(recording(seen, "ours")) as url, serving(recording(seen, "theirs")) as other_url:
        counts, recorder = send_some(url, other_url, 4)
    assert seen == ["ours", "theirs", "theirs", "ours"] * 2
    assert counts.compared == 4
    (one_slice,) = recorder.take(0, LOAD, {}, {})
    assert one_slice.sent == one_slice.answered == 4
    assert one_slice.endings == {Ending("eth_chainId", Kind.RESULT, None): 4}
    response, service = one_slice.times["eth_chainId"]
    assert all(whole >= own for whole, own in zip(response, service, strict=True))


def test_a_wrong_answer_now_and_then_is_found() -> None:
    seen: list[str] = []

    def lie(request: dict[str, object], answer: dict[str, object]) -> dict[str, object]:
        return answer | {"result": "0x2"} if len(seen) % 3 == 0 else answer

    with serving(recording(seen, "ours", lie)) as url, serving() as other_url:
        counts, recorder = send_some(url, other_url, 9)
    assert (counts.compared, counts.mismatches) == (9, 3)
    (one_slice,) = recorder.take(0, LOAD, {}, {})
    assert one_slice.endings[Ending("eth_chainId", Kind.MISMATCH, None)] == 3


def test_a_second_target_that_is_gone_fails_alone() -> None:
    with serving() as url:
        counts, recorder = send_some(url, "http://127.0.0.1:1", 3)
    assert counts.endings == {Ending("eth_chainId", Kind.TRANSPORT, None): 3}
    assert (counts.compared, counts.not_compared) == (0, 3)
    (one_slice,) = recorder.take(0, LOAD, {}, {})
    assert one_slice.endings == {Ending("eth_chainId", Kind.RESULT, None): 3}


def test_pairs_of_the_warmup_are_not_counted() -> None:
    with serving() as url, serving() as other_url:
        counts, _ = send_some(url, other_url, 3, warmup_seconds=1.0)
    assert counts == PairCounts()
