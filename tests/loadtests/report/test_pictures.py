from collections.abc import Iterable

from loadtests.outcomes import Kind
from loadtests.report.pictures import POINTS_MAX, pictures_of
from loadtests.summary import Mark, SecondFigures
from simulation.plots.picture import picture_bytes
from tests.loadtests.report.seconds import second
from tests.loadtests.runs import make_run


def drawn(seconds: Iterable[SecondFigures], marks: tuple[Mark, ...] = ()) -> dict[str, str]:
    run = make_run(seconds=tuple(seconds), marks=marks)
    return {each.name: picture_bytes(each, "svg").decode() for each in pictures_of(run)}


def test_failures_and_heads_are_drawn_where_there_are_any() -> None:
    assert set(drawn([second(0), second(1)])) == {"latency-over-time", "requests-a-second"}
    some = drawn([second(0, failed=1, kinds={Kind.RESULT: 9, Kind.TIMEOUT: 1}, heads={0: 3})])
    assert set(some) == {"latency-over-time", "requests-a-second", "failures-over-time", "heads-over-time"}
    assert "timeout" in some["failures-over-time"]
    assert "http://127.0.0.1:8545" in some["heads-over-time"]


def test_the_same_run_gives_the_same_bytes() -> None:
    seconds = [second(number, max_ms=float(number + 3)) for number in range(5)]
    assert drawn(seconds) == drawn(seconds)


def test_faults_are_numbered_in_every_picture() -> None:
    marks = (Mark(1.0, "kill replica 1", 2.0), Mark(3.0, "pause replica 2"))
    plain, marked = (
        drawn([second(number) for number in range(5)]),
        drawn([second(number) for number in range(5)], marks),
    )
    for name, text in marked.items():
        assert text != plain[name]
        assert ">2</text>" in text


def test_long_runs_are_drawn_in_spans_that_keep_the_highest() -> None:
    seconds = [second(number, max_ms=9000.0 if number == 1234 else 1.0) for number in range(3 * POINTS_MAX)]
    run = make_run(seconds=tuple(seconds))
    latency = pictures_of(run)[0]
    assert "the highest of 3 seconds" in latency.caption
    text = picture_bytes(latency, "svg").decode()
    assert len(text) < 300_000
    assert (
        text
        != picture_bytes(
            pictures_of(make_run(seconds=tuple(second(n) for n in range(3 * POINTS_MAX))))[0], "svg"
        ).decode()
    )


def test_seconds_in_which_nothing_ended_leave_a_gap() -> None:
    seconds = [second(0), second(1, p50_ms=None, p99_ms=None, max_ms=None), second(2)]
    assert drawn(seconds)["latency-over-time"]
