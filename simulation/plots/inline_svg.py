"""Pictures as part of a page or of another picture: no styles that a page's policy would refuse, ids all their own."""

import re
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_DROPPED = ("metadata", "style", "title")


def inline_svg(svg: bytes, name: str, caption: str) -> ET.Element:
    """Return a picture that matplotlib wrote as an element to be put into something.

    Args:
        svg: the file's content.
        name: begins all ids, which must differ from those of other pictures.
        caption: what programs read aloud.
    """
    root = ET.fromstring(svg)  # noqa: S314  we wrote it
    for parent in list(root.iter()):
        for child in [each for each in parent if _local(each) in _DROPPED]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _local(element)
        element.attrib = {key: value for old in element.attrib.items() for key, value in _attributes(old, name)}
    root.attrib = {
        "xmlns": SVG,
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": caption,
        "stroke-linejoin": "round",
    }
    return root


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _attributes(attribute: tuple[str, str], name: str) -> list[tuple[str, str]]:
    """Return what stands for an attribute: for `style` one per property, for ids and references longer ones."""
    key, value = attribute
    if key == "style":
        parts = (each.partition(":") for each in value.split(";") if each.strip())
        return [(prop.strip(), _renamed(inner.strip(), name)) for prop, _, inner in parts]
    if key == "id":
        return [(key, f"{name}-{value}")]
    if key in {_LINK, "href"}:
        return [("href", f"#{name}-{value.removeprefix('#')}")]
    return [(key, _renamed(value, name))]


def _renamed(value: str, name: str) -> str:
    """Return a value whose references lead to the longer ids."""
    return _REFERENCE.sub(rf"url(#{name}-\1)", value)
