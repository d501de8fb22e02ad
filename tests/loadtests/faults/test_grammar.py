"""Faults as they are written: read strictly, named when wrong, one at a time for each part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.errors import LoadError
from loadtests.faults.grammar import FAULTS_MAX, ON_THE_WAY, Action, Fault, Target, parse_fault, parse_faults


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kill replica 1 at 20s", Fault(Action.KILL, Target.REPLICA, 1, 20.0, 5.0)),
        ("kill replica at 20s", Fault(Action.KILL, Target.REPLICA, 0, 20.0, 5.0)),
        ("pause broker at 1.5s for 250ms", Fault(Action.PAUSE, Target.BROKER, 0, 1.5, 0.25)),
        ("  stop   master at 1m for 0s ", Fault(Action.STOP, Target.MASTER, 0, 60.0, 0.0)),
        ("slow balancer at 3 for 2", Fault(Action.SLOW, Target.BALANCER, 0, 3.0, 2.0)),
        ("slow replica 2 by 50ms at 3s", Fault(Action.SLOW, Target.REPLICA, 2, 3.0, 5.0, 0.05)),
        ("cut replica 0 from broker at 3s", Fault(Action.CUT, Target.REPLICA, 0, 3.0, 5.0, is_from_broker=True)),
    ],
)
def test_a_fault_is_read(text: str, expected: Fault) -> None:
    assert parse_fault(text) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "can't be read"),
        ("kill", "actions are kill, stop, pause, cut, slow; targets are replica, master, broker, balancer"),
        ("kill replica 1", "expected ACTION TARGET [N]"),
        ("kill 1 at 20s", "can't be read"),
        ("kill replica 1 at dawn", "can't be read"),
        ("kill replica 1 at 20h", "can't be read"),
        ("kill replica 1 at -1s", "can't be read"),
        ("explode replica 1 at 20s", "'explode' is unknown; actions are kill, stop, pause, cut, slow"),
        ("kill nodes at 20s", "'nodes' is unknown; actions are"),
        ("kill master 1 at 20s", "there is one master only"),
        ("kill replica 1 from broker at 20s", "have a `from`"),
        ("cut master from broker at 20s", "have a `from`"),
        ("cut replica 1 from master at 20s", "have a `from`"),
        ("cut replica 1 by 20ms at 20s", "only slow takes"),
        ("slow replica 1 by 0ms at 20s", "delays by 0ms, expected up to 60s"),
        ("slow replica 1 by 2m at 20s", "delays by 2m, expected up to 60s"),
    ],
)
def test_what_is_no_fault_is_named_in_one_line(text: str, named: str) -> None:
    with pytest.raises(LoadError) as caught:
        parse_fault(text)
    assert named in str(caught.value)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.builds(
        Fault,
        action=st.sampled_from([action for action in Action if action not in ON_THE_WAY]),
        target=st.just(Target.REPLICA),
        number=st.integers(0, 63),
        at_seconds=st.integers(0, 9999).map(lambda tenths: tenths / 10),
        for_seconds=st.integers(0, 9999).map(lambda tenths: tenths / 10),
    )
    | st.builds(
        Fault,
        action=st.sampled_from(sorted(ON_THE_WAY)),
        target=st.just(Target.REPLICA),
        number=st.integers(0, 63),
        at_seconds=st.integers(0, 9999).map(lambda tenths: tenths / 10),
        for_seconds=st.integers(0, 9999).map(lambda tenths: tenths / 10),
        is_from_broker=st.booleans(),
    )
)
def test_a_fault_reads_back_what_it_is_written_as(fault: Fault) -> None:
    assert parse_fault(str(fault)) == fault


def test_faults_come_in_the_order_of_their_begin() -> None:
    faults = parse_faults(["kill replica 1 at 20s", "kill replica 0 at 2s for 1s", "kill replica 0 at 4s"])
    assert [fault.at_seconds for fault in faults] == [2.0, 4.0, 20.0]


@pytest.mark.parametrize("second", ["pause replica 1 at 24s", "pause replica 1 at 25s", "pause replica 1 at 20s"])
def test_two_faults_of_one_part_may_not_overlap(second: str) -> None:
    with pytest.raises(LoadError, match=r"overlap, expected one at a time for replica 1") as caught:
        parse_faults([second, "kill replica 1 at 20s"])
    assert "\n" not in str(caught.value)


def test_faults_of_two_parts_may_overlap() -> None:
    assert len(parse_faults(["kill replica 1 at 20s", "kill replica 0 at 20s", "kill master at 21s"])) == 3


def test_there_may_not_be_too_many() -> None:
    with pytest.raises(LoadError, match=f"given {FAULTS_MAX + 1} times, expected at most {FAULTS_MAX}"):
        parse_faults([f"kill replica {number} at 1s" for number in range(FAULTS_MAX + 1)])
