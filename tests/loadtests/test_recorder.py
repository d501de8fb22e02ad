"""Everything that happens is counted once, in the right second, and the warm-up apart."""

from array import array

from loadtests.calls import Arrival, Call
from loadtests.outcomes import Kind, Outcome
from loadtests.recorder import Load, Recorder
from loadtests.slices import MICROSECONDS, Ending, Slice

RESULT = Outcome(Kind.RESULT)
LOAD = Load(offered=9, in_flight=1, waiting=2, connections=3, loop_lag_us=4, cpu_share=0.5, cpu_wait_share=0.25)


def arrival(at_seconds: float, *methods: str) -> Arrival:
    return Arrival(at_seconds, 0, tuple(Call(name, b"", 1) for name in methods), is_batch=len(methods) > 1)


def take(recorder: Recorder, second: int) -> list[Slice]:
    return recorder.take(second, LOAD, {"head_regressions": 1}, {0: 7})


def micros(*values: int) -> "array[int]":
    return array(MICROSECONDS, values)


def test_single_calls_and_batches_are_counted_item_by_item() -> None:
    recorder = Recorder(3, 0.0)
    for at_seconds, late in ((0.1, 0.001), (0.2, None)):
        recorder.send(at_seconds, late)
    recorder.end(arrival(0.1, "eth_call"), (RESULT,), 0.002, 0.001)
    batch = arrival(0.2, "eth_call", "eth_getLogs")
    recorder.end(batch, (RESULT, Outcome(Kind.RPC, -32000)), 0.5, 0.25)
    (one,) = take(recorder, 0)
    assert one.endings == {
        Ending("eth_call", Kind.RESULT, None): 2,
        Ending("eth_getLogs", Kind.RPC, -32000): 1,
    }
    assert one.times == {
        "eth_call": (micros(2000), micros(1000)),
        "batch": (micros(500_000), micros(250_000)),
    }
    assert (one.process, one.second, one.is_warmup) == (3, 0, False)
    assert (one.offered, one.sent, one.answered, one.late) == (9, 2, 2, micros(1000))
    assert (one.in_flight, one.waiting, one.connections, one.loop_lag_us) == (1, 2, 3, 4)
    assert (one.cpu_share, one.cpu_wait_share) == (0.5, 0.25)
    assert (one.consistency, one.heads) == ({"head_regressions": 1}, {0: 7})


def test_a_slice_begins_anew() -> None:
    recorder = Recorder(0, 0.0)
    recorder.send(0.1, 0.0)
    take(recorder, 0)
    (second,) = take(recorder, 1)
    assert (second.sent, second.answered, second.endings, len(second.late)) == (0, 0, {}, 0)


def test_what_was_meant_for_the_warmup_is_never_measured() -> None:
    recorder = Recorder(0, 1.0)
    recorder.send(0.9, 0.0)
    (warm,) = take(recorder, 0)
    recorder.send(1.1, 0.0)
    recorder.end(arrival(0.9, "eth_call"), (RESULT,), 0.5, 0.5)
    recorder.end(arrival(1.1, "eth_getLogs"), (RESULT,), 0.1, 0.1)
    own, late = take(recorder, 1)
    assert (warm.is_warmup, warm.sent) == (True, 1)
    assert (own.is_warmup, own.sent, list(own.times)) == (False, 1, ["eth_getLogs"])
    assert (late.is_warmup, late.answered, list(late.times)) == (True, 1, ["eth_call"])
    assert (late.offered, late.consistency) == (0, {}), "they would count twice"


def test_the_second_in_which_the_warmup_ends_is_both() -> None:
    recorder = Recorder(0, 0.5)
    recorder.send(0.4, 0.0)
    recorder.send(0.6, 0.0)
    warm, measured = take(recorder, 0)
    assert [(each.is_warmup, each.sent, each.offered) for each in (warm, measured)] == [(True, 1, 9), (False, 1, 0)]


def test_what_is_given_up_has_waited_until_then() -> None:
    recorder = Recorder(0, 1.0)
    recorder.give_up([0.5, 2.0, 3.5], 4.0)
    own, warm = take(recorder, 4)
    assert (own.unsent, warm.unsent) == (micros(2_000_000, 500_000), micros(3_500_000))


def test_times_stay_within_what_a_slice_can_hold() -> None:
    recorder = Recorder(0, 0.0)
    recorder.send(0.0, -1e-9)
    recorder.end(arrival(0.0, "eth_call"), (RESULT,), 1e6, 0.1)
    (one,) = take(recorder, 0)
    assert one.late == micros(0)
    assert one.times["eth_call"].response == micros(2**32 - 1)
