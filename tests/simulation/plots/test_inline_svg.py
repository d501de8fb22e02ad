"""Pictures in a page have no styles, no ids in common, and every reference leads somewhere."""

import re
from xml.etree import ElementTree as ET

from simulation.plots.inline_svg import inline_svg
from simulation.plots.of_samples import outage_lengths, timeline
from simulation.plots.picture import picture_bytes
from tests.simulation.plots.drawing import samples

RUN = samples({"reads": [(100.0, 101.0), (2000.0, 2003.0)], "writes": [(50.0, 51.5)]})
PICTURES = [timeline(RUN), outage_lengths(RUN)]
INLINE = [
    ET.tostring(inline_svg(picture_bytes(each, "svg"), each.name, 'a "caption" & more'), encoding="unicode")
    for each in PICTURES
]


def test_nothing_is_left_that_the_pages_policy_refuses() -> None:
    for text in INLINE:
        assert "style" not in text
        assert "<metadata" not in text
        assert "DOCTYPE" not in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_colours_and_widths_stay_as_they_were() -> None:
    written = picture_bytes(PICTURES[0], "svg").decode()
    for colour in set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", written)):
        assert f'"{colour}"' in INLINE[0]
    assert 'fill="none"' in INLINE[0]
    assert "DejaVu Sans" in INLINE[0]


def test_ids_differ_between_pictures_and_references_lead_to_them() -> None:
    ids = [re.findall(r' id="([^"]*)"', text) for text in INLINE]
    together = [each for one in ids for each in one]
    assert len(set(together)) == len(together)
    for text, own in zip(INLINE, ids, strict=True):
        references = re.findall(r'(?:url\(#|href="#)([^")]*)', text)
        assert references
        assert set(references) <= set(own)


def test_the_caption_is_read_aloud() -> None:
    root = ET.fromstring(INLINE[0])
    assert root.attrib["aria-label"] == 'a "caption" & more'
    assert root.attrib["role"] == "img"
    assert root.attrib["viewBox"].split()[:2] == ["0", "0"]
