"""A recorded CSV is read, or its row is named."""

from pathlib import Path

import pytest

from loadtests.errors import LoadError
from loadtests.replay import read_recording
from loadtests.shapes import Segment


def written(folder: Path, text: str) -> Path:
    path = folder / "record.csv"
    path.write_text(text)
    return path


def test_arrivals_are_read_in_rising_order(tmp_path: Path) -> None:
    found = read_recording(written(tmp_path, "# a comment\nat_seconds,method\n0.5,eth_call\n0.25,eth_call\n"))
    assert found.arrivals == (0.25, 0.5)
    assert found.within(0.5).arrivals == (0.25,)


def test_rates_begin_with_the_first_second(tmp_path: Path) -> None:
    found = read_recording(written(tmp_path, "second,rate,offered\n12,9,30\n10,9,10\n11,9,0\n"))
    assert found.segments == (Segment(0, 1, 10, 10), Segment(1, 2, 0, 0), Segment(2, 3, 30, 30))
    assert len(found.within(2.0).segments) == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no rows"),
        ("at_seconds\n", "no rows"),
        ("second,calls\n1,2\n", "expected at_seconds, or second and offered"),
        ("at_seconds\n1\nsoon\n", "row 3 has at_seconds 'soon'"),
        ("at_seconds\n-1\n", "row 2"),
        ("second,offered\n1,nan\n", "row 2 has offered 'nan'"),
        ("second,offered\n1\n", "row 2 has offered None"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(LoadError, match=complaint):
        read_recording(written(tmp_path, text))


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"gone\.csv can't be read: No such file"):
        read_recording(tmp_path / "gone.csv")
