"""Measured durations are read in both forms with units and cuts, written so that they are read back, or refused."""

from pathlib import Path

import pytest

from simulation.calibration.measured import Fault, Lasted, read_durations, write_faults
from simulation.errors import ScenarioError

WIDE = """\
# ethercattle.faults/1
# seed 7

event,part,unit,at_seconds,time_between_failures_days,detection_seconds,recovery_minutes,note
kill,master,,10,14,71.5,45,
kill,master,,20,,62,>30,still away
kill,replica,replica-2,30,,6,0.5,"a, b"
"""
LONG = """\
event,part,duration_hours,censored
recovery,master,0.75,no
# in between
recovery,master,0.5,yes
detection,master,0.02,
recovery,master,>2,
"""


def read(text: str, folder: Path) -> dict[str, list[tuple[float, bool]]]:
    """Return what a file of that text holds: hours and whether censored, by part and quantity."""
    path = folder / "faults.csv"
    path.write_text(text, encoding="utf-8")
    return {
        each.name: list(zip(each.hours.tolist(), each.is_censored.tolist(), strict=True))
        for each in read_durations(path)
    }


def test_a_row_per_fault_tells_several_quantities(tmp_path: Path) -> None:
    assert read(WIDE, tmp_path) == {
        "master.time_between_failures": [(336.0, False)],
        "master.detection": [(pytest.approx(71.5 / 3600), False), (pytest.approx(62 / 3600), False)],
        "master.recovery": [(0.75, False), (0.5, True)],
        "replica.detection": [(pytest.approx(6 / 3600), False)],
        "replica.recovery": [(pytest.approx(0.5 / 60), False)],
    }


def test_a_row_per_duration_tells_the_same(tmp_path: Path) -> None:
    assert read(LONG, tmp_path) == {
        "master.recovery": [(0.75, False), (0.5, True), (2.0, True)],
        "master.detection": [(0.02, False)],
    }


def test_parts_need_not_be_told_apart_and_snapshots_are_of_all_parts(tmp_path: Path) -> None:
    assert read("recovery_hours\n1\n2\n", tmp_path) == {"unit.recovery": [(1.0, False), (2.0, False)]}
    text = "part,boot_hours\nmaster,1\nreplica,2\n"
    assert read(text, tmp_path) == {"snapshots.boot": [(1.0, False), (2.0, False)]}


def test_a_spreadsheets_byte_order_mark_and_line_ends_are_no_matter(tmp_path: Path) -> None:
    assert read("﻿" + WIDE.replace("\n", "\r\n"), tmp_path) == read(WIDE, tmp_path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    faults = [
        Fault("kill", "replica", {"detection": Lasted(6.123456789), "recovery": Lasted(240.0, is_censored=True)},
              unit="replica-2", at_seconds=61.25, note="by, test"),
        Fault("stall", "master", {"detection": Lasted(270.0)}),
    ]  # fmt: skip
    path = tmp_path / "written.csv"
    write_faults(path, faults, ["seed 7", "two\nlines"])
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# ethercattle.faults/1", "# seed 7", "# two lines"]
    assert lines[4] == 'kill,replica,replica-2,61.250,6.123456789,>240.0,"by, test"'
    found = {each.name: (each.hours * 3600, each.is_censored) for each in read_durations(path)}
    assert list(found) == ["replica.detection", "replica.recovery", "master.detection"]
    assert found["replica.detection"][0].tolist() == pytest.approx([6.123456789], rel=1e-15)
    assert found["replica.recovery"][1].tolist() == [True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("event,part\nkill,master\n", "no column of durations"),
        ("recovery_seconds\n\n", "has no duration"),
        ("part,recovery_second\nmaster,1\n", "'recovery_second' is unknown; did you mean recovery_seconds?"),
        ("part,recovry_minutes\nmaster,1\n", "'recovry_minutes' is unknown; did you mean recovery_seconds?"),
        ("recovery_seconds,recovery_seconds\n1,1\n", "is there 2 times"),
        ("recovery_seconds,recovery_hours\n1,1\n", "recovery is there in two units"),
        ("recovery_seconds\nfast\n", "faults.csv:2: recovery_seconds is 'fast', expected a number"),
        ("# c\nrecovery_seconds\n1\n-2\n", "faults.csv:4: recovery_seconds is '-2', expected a number, 0 or more"),
        ("recovery_seconds\nnan\n", "is 'nan'"),
        ("recovery_seconds\n1e400\n", "is '1e400'"),
        ("part,recovery_seconds\nmaster,1,2\n", "faults.csv:2 has 3 cells, expected 2"),
        ("part;recovery_seconds\nmaster;1\n", "'part;recovery_seconds' is unknown"),
        ("part,recovery_seconds,censored\nmaster,1,yes\n", "'censored' goes with duration_"),
        ("duration_seconds\n1\n", "expected event"),
        ("event,duration_seconds,recovery_seconds\nrecovery,1,1\n", "no other duration"),
        ("event,duration_seconds\nrecover,1\n", "event 'recover' is unknown; did you mean recovery?"),
        ("event,duration_seconds,censored\nrecovery,1,perhaps\n", "censored is 'perhaps', expected yes or no"),
        ('recovery_seconds\n"1\n', "no CSV"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text, tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="nowhere"):
        read_durations(tmp_path / "nowhere.csv")
    with pytest.raises(ScenarioError, match="can't be written"):
        write_faults(tmp_path / "no" / "such.csv", [])
    (tmp_path / "bytes.csv").write_bytes(b"recovery_seconds\n\xff\xfe\n")
    with pytest.raises(ScenarioError, match="UTF-8"):
        read_durations(tmp_path / "bytes.csv")
    with pytest.raises(ScenarioError, match="did you mean recovery"):
        write_faults(tmp_path / "x.csv", [Fault("kill", "master", {"recover": Lasted(1.0)})])


@pytest.mark.parametrize("part", ["a.b", "my pump", "x]", "not"])
def test_a_part_that_no_scenario_can_name_is_refused(part: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"faults\.csv:2: part: .* can't be a name"):
        read(f"event,part,recovery_minutes\ncrash,{part},5\n", tmp_path)
