"""A report's page: sections of tables and pictures under what all of them rest on."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import jinja2
from markupsafe import Markup

from simulation.errors import ScenarioError
from simulation.plots.inline_svg import inline_svg
from simulation.plots.picture import Picture, picture_bytes


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    heading: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    """A cell for each column; the first one is the row's heading."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page."""

    heading: str
    note: str = ""
    grid: Grid | None = None
    picture: Picture | None = None
    code: str = ""
    """Text that is shown as it is."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that is shown."""

    title: str
    sentence: str
    """What came out, first of all."""
    facts: tuple[tuple[str, str], ...]
    """What it rests on: name and value."""
    sections: tuple[Section, ...]
    verdict: str = ""
    """pass, fail or open; empty where nothing was required."""
    product: str = "ethercattle simulate"
    """The command whose page it is."""


def as_html(page: Page) -> str:
    """Return a page's text; whatever titles and names hold, in it they are only text.

    Raises:
        ScenarioError: it has pictures, and matplotlib is not installed.
    """
    style = _part("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment().get_template("page.html").render(
        page=page,
        svgs=[_svg(section.picture) for section in page.sections],
        style=Markup(style),  # noqa: S704  a file of ours
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    ) + "\n"  # fmt: skip


def write_page(path: Path, page: Page) -> None:
    """Write a page.

    Raises:
        ScenarioError: the file can't be written, or the page has pictures and matplotlib is not installed.
    """
    text = as_html(page)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"--html {path} can't be written: {error.strerror or error}") from error


def numbered(headings: Sequence[str], numbers: Sequence[str]) -> tuple[Column, ...]:
    """Return columns, those named in `numbers` of numbers."""
    return tuple(Column(heading, heading in numbers) for heading in headings)


def _svg(picture: Picture | None) -> Markup:
    if picture is None:
        return Markup("")
    svg = inline_svg(picture_bytes(picture, "svg"), picture.name, picture.caption)
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704  its texts were escaped when it was written


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_part), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
