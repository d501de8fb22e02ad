"""A page holds all it needs, whatever names are in it they are only text, and every colour has one for the dark."""

import base64
import hashlib
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from simulation.errors import ScenarioError
from simulation.page.page import Column, Grid, Page, Section, as_html, write_page
from simulation.plots.of_samples import timeline
from simulation.plots.picture import COLOURS, INK, LINE, PAPER, SOFT, Picture
from tests.simulation.plots.drawing import samples

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
PAGE = Page(
    ATTACK,
    ATTACK,
    ((ATTACK, ATTACK),),
    (
        Section(ATTACK, ATTACK, Grid((Column(ATTACK), Column("n", is_number=True)), ((ATTACK, "1"),))),
        Section("picture", picture=timeline(samples({ATTACK: [(1.0, 2.0)]}))),
        Section("code", code=ATTACK),
    ),
    "pass",
)


def test_whatever_a_scenario_holds_is_only_text() -> None:
    text = as_html(PAGE)
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


def test_the_page_asks_for_nothing_and_its_policy_names_its_own_style() -> None:
    text = as_html(PAGE)
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in unescape(text)
    assert not re.findall(r"<[^>]* style=", text)
    assert not re.findall(r'(?:src|href)="(?!#)', text)


def test_every_colour_of_pictures_has_one_for_the_dark() -> None:
    style = as_html(replace(PAGE, sections=())).partition("<style>")[2].partition("</style>")[0]
    for colour in (*COLOURS, INK, SOFT, PAPER):
        assert f'svg [fill="{colour}"]' in style
    for colour in (*COLOURS, INK, SOFT, LINE):
        assert f'svg [stroke="{colour}"]' in style
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    defined = re.compile(r"(--[a-z-]+): (#[0-9a-f]{6})")
    names = dict(defined.findall(light))
    assert set(names.values()) >= {*COLOURS, INK, SOFT, LINE, PAPER}
    assert set(dict(defined.findall(dark.partition("}\n}")[0]))) == set(names)


def test_the_same_page_is_the_same_text() -> None:
    assert as_html(PAGE) == as_html(PAGE)


def test_a_page_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="can't be written"):
        write_page(tmp_path / "no" / "page.html", replace(PAGE, sections=()))


def test_a_picture_that_fails_fails_the_page() -> None:
    def draw(_figure: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        as_html(replace(PAGE, sections=(Section("x", picture=Picture("x", "x", draw)),)))
