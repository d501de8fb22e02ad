"""The load test's page in a real Chromium: it loads alone, its pictures hold their texts, and nothing in it runs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.chromium import Page, running_chromium
from loadtests.gates import judge_gates, parse_gates
from loadtests.report.page import page_of
from loadtests.summary import Mark
from simulation.page.page import as_html
from tests.loadtests.report.seconds import second
from tests.loadtests.report.test_page import CALLS, faulty_run
from tests.loadtests.runs import make_run
from tests.simulation.page.test_page import ATTACK

pytestmark = pytest.mark.real
OUTSIDE = """[...document.querySelectorAll('figure svg')].flatMap(one => {
  const box = one.getBoundingClientRect();
  return [...one.querySelectorAll('text')].filter(text => {
    const inner = text.getBoundingClientRect();
    return inner.left < box.left - 1 || inner.right > box.right + 1 || inner.top < box.top - 1
      || inner.bottom > box.bottom + 1;
  }).map(text => text.textContent);
})"""


@pytest.fixture(scope="module")
def page(chromium_program: str) -> Iterator[Page]:
    """One browser for all tests here."""
    with running_chromium(chromium_program) as page:
        page.resize(1100, 900)
        yield page


def show(page: Page, path: Path, text: str) -> None:
    """Open a page's text with nothing noted yet."""
    path.write_text(text, encoding="utf-8")
    page.open("about:blank")
    page.logged.clear()
    page.requested.clear()
    page.open(path.as_uri())


def test_the_page_loads_alone_and_all_its_texts_are_in_sight(page: Page, tmp_path: Path) -> None:
    run = faulty_run()
    show(page, tmp_path / "load.html", as_html(page_of(run, judge_gates(parse_gates("p99_ms>100"), run))))
    assert page.requested == [(tmp_path / "load.html").as_uri()]
    assert page.logged == []
    assert page.evaluate("document.querySelector('h1 .badge').textContent") == "fail"
    assert page.evaluate("document.querySelectorAll('figure svg').length") == 4
    assert page.evaluate(OUTSIDE) == []
    found: Any = page.evaluate("[...document.querySelectorAll('h2')].map(one => one.textContent)")
    assert found[0] == "Gates"
    assert {"Latency over time", "Failures over time", "Faults", "Consistency", "The generator"} <= set(found)


def test_nothing_in_names_runs_or_loads(page: Page, tmp_path: Path) -> None:
    about = replace(faulty_run().about, mix=ATTACK, targets=(ATTACK,), notes=(ATTACK,), dropped={ATTACK: 0.5})
    run = replace(
        faulty_run(), about=about, marks=(Mark(1.0, ATTACK),), methods=(replace(CALLS, method=ATTACK),),
        seconds=(second(0, heads={0: 1}), second(1)),
    )  # fmt: skip
    show(page, tmp_path / "attack.html", as_html(page_of(run)))
    assert page.evaluate("document.querySelectorAll('img').length + document.scripts.length") == 0
    assert page.requested == [(tmp_path / "attack.html").as_uri()]
    assert page.logged == []


def test_a_run_cut_off_before_its_first_second_has_a_page_too(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path / "empty.html", as_html(page_of(make_run(is_interrupted=True))))
    assert page.evaluate("document.querySelector('h1 .badge').textContent") == "open"
    assert page.logged == []
