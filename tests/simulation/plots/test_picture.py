"""Pictures become the same bytes for the same data, in the format that a name says; what can't be is one line."""

import struct
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from simulation.errors import ScenarioError
from simulation.plots.picture import DOTS_AN_INCH, Picture, picture_bytes, write_picture, write_pictures

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase


def picture(name: str = "steps", height: float = 2.0, title: str = "A <b>title</b> & more") -> Picture:
    """Return a small picture."""

    def draw(figure: "FigureBase") -> None:
        axes = figure.subplots()
        axes.plot([1, 2, 3], [3, 1, 2])
        axes.set_title(title)

    return Picture(name, "three points", draw, (4.0, height))


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_data_gives_the_same_bytes_and_other_data_others(kind: str) -> None:
    assert picture_bytes(picture(), kind) == picture_bytes(picture(), kind)
    assert picture_bytes(picture(), kind) != picture_bytes(picture(title="other"), kind)


def test_a_png_has_its_size() -> None:
    content = picture_bytes(picture(), "png")
    assert content.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", content[16:24]) == (4 * DOTS_AN_INCH, 2 * DOTS_AN_INCH)


def test_an_svg_has_its_texts_as_texts_and_no_date() -> None:
    content = picture_bytes(picture(), "svg")
    texts = [each.text for each in ET.fromstring(content).iter("{http://www.w3.org/2000/svg}text")]
    assert "A <b>title</b> & more" in texts
    assert b"<dc:date>" not in content
    assert b"three points" in content


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_pictures_stand_one_below_the_other(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"both{suffix}"
    write_picture(path, [picture("one"), picture("other", 3.0, "below")])
    content = path.read_bytes()
    if suffix == ".png":
        assert struct.unpack(">II", content[16:24]) == (4 * DOTS_AN_INCH, 5 * DOTS_AN_INCH)
        return
    root = ET.fromstring(content)
    assert root.attrib["viewBox"] == "0 0 288 360"
    assert [(part.attrib["y"], part.attrib["height"]) for part in root] == [("0", "144"), ("144", "216")]
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(set(ids)) == len(ids)
    assert {"A <b>title</b> & more", "below"} <= {each.text for each in root.iter() if each.tag.endswith("}text")}


def test_the_names_end_says_how_it_is_written(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.PNG", [picture()])
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    paths = write_pictures(tmp_path / "new" / "folder", [picture("one"), picture("two")])
    assert [path.name for path in paths] == ["one.png", "one.svg", "two.png", "two.svg"]
    assert all(path.stat().st_size > 1000 for path in paths)


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"a\.pdf.*\.png or \.svg"):
        write_picture(tmp_path / "a.pdf", [picture()])
    with pytest.raises(ScenarioError, match="can't be written"):
        write_picture(tmp_path / "no" / "a.png", [picture()])
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="can't be made"):
        write_pictures(tmp_path / "file", [picture()])
