"""The simulation's page in a real Chromium: it loads alone, shows its pictures, and can be read in the dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fixtures.chromium import Page, running_chromium
from simulation.cli import simulate
from simulation.page.page import as_html
from tests.simulation.page.test_page import ATTACK, PAGE

pytestmark = pytest.mark.real
COMMANDS = {
    "estimates": ("operators_guide", "--replications", "4", "--require", "read_availability>=0.5"),
    "exact": ("guide_2",),
    "gap": ("shared_crew", "--explain"),
    "sweep": ("guide_1", "--sweep", "mtbf_days=1:60:log:4", "--sweep", "N=1,2,3,4"),
    "importance": ("guide_2", "--importance"),
    "target": ("shared_crew", "--target", "0.99999"),
    "map": ("guide_1", "--sweep", "mtbf_days=1:60:log:8", "--sweep", "mttr_minutes=5:60:8"),
}
PICTURES = {"estimates": 3, "exact": 0, "gap": 2, "sweep": 1, "importance": 1, "target": 1, "map": 1}


@pytest.fixture(scope="module")
def browser(chromium_program: str) -> Iterator[Page]:
    """One browser for all tests here."""
    with running_chromium(chromium_program) as page:
        page.resize(1100, 900)
        yield page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind of study, as the command writes it."""
    folder = tmp_path_factory.mktemp("pages")
    for name, words in COMMANDS.items():
        done = CliRunner().invoke(simulate, [*words, "--html", str(folder / f"{name}.html")])
        assert done.exit_code == 0, done.output
    return {name: folder / f"{name}.html" for name in COMMANDS}


@pytest.fixture
def page(browser: Page) -> Page:
    """The browser with nothing noted yet."""
    browser.open("about:blank")
    browser.logged.clear()
    browser.requested.clear()
    return browser


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_page_loads_alone_with_its_pictures_in_sight(page: Page, pages: dict[str, Path], name: str) -> None:
    page.open(pages[name].as_uri())
    assert page.requested == [pages[name].as_uri()]
    assert page.logged == []
    sizes: Any = page.evaluate("""[...document.querySelectorAll('figure svg')].map(one => {
      const box = one.getBoundingClientRect();
      const inside = [...one.querySelectorAll('text')].map(text => text.getBoundingClientRect());
      return [box.width > 500, box.height > 100, inside.length > 4,
              inside.every(text => text.left >= box.left - 1 && text.right <= box.right + 1)]; })""")
    assert sizes == [[True, True, True, True]] * PICTURES[name]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True


def test_pictures_follow_the_readers_colours(page: Page, pages: dict[str, Path]) -> None:
    found = []
    for dark in (False, True):
        page.prefer(dark=dark)
        page.open(pages["estimates"].as_uri())
        found.append(
            page.evaluate("""(() => {
          const one = (query, what) => getComputedStyle(document.querySelector(query))[what];
          return [one('body', 'backgroundColor'), one('figure svg path', 'fill'), one('figure svg text', 'fill'),
                  one('body', 'color')]; })()""")
        )
    page.prefer(dark=False)
    for paper, ground, text, ink in found:
        assert ground == paper
        assert text == ink
    assert all(light != dark for light, dark in zip(*found, strict=True))


def test_what_a_scenario_is_called_runs_nothing(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "attack.html"
    path.write_text(as_html(PAGE), encoding="utf-8")
    page.open(path.as_uri())
    assert page.evaluate("document.scripts.length + document.querySelectorAll('img').length") == 0
    assert ATTACK[:12] in page.evaluate("document.querySelector('figure svg').textContent")
    assert page.requested == [path.as_uri()]
    assert page.logged == []


def test_what_gets_into_the_page_unescaped_is_seen_and_stopped_by_the_policy(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "spoilt.html"
    path.write_text(as_html(PAGE).replace("<main>", f"<main>{ATTACK}"), encoding="utf-8")
    page.open(path.as_uri())
    assert any("Content Security Policy" in line for line in page.logged)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_page_is_readable_to_programs_that_read_aloud(page: Page, pages: dict[str, Path], name: str) -> None:
    page.open(pages[name].as_uri())
    bare: Any = page.evaluate("""({
      unscoped: [...document.querySelectorAll('th')].filter(one => !one.scope).length,
      unnamed: [...document.querySelectorAll('svg')].filter(one => one.closest('svg svg') === null
        && !one.getAttribute('aria-label')).length,
      twice: [...document.querySelectorAll('[id]')].length - new Set([...document.querySelectorAll('[id]')]
        .map(one => one.id)).size,
      h1: document.querySelectorAll('h1').length, lang: document.documentElement.lang })""")
    assert bare == {"unscoped": 0, "unnamed": 0, "twice": 0, "h1": 1, "lang": "en"}


def test_the_page_can_be_printed(page: Page, pages: dict[str, Path], tmp_path: Path) -> None:
    page.open(pages["gap"].as_uri())
    page.print_to(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
