"""The report's page in a real Chromium: it loads alone, filters, is used by keyboard, and runs nothing of an answer."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.report.html_report import as_html
from conformance.run import Run
from conformance.verdict import Judgement, Timing, Verdict
from fixtures.chromium import Page, running_chromium
from tests.conformance.questions import question
from tests.conformance.report.runs import ATTACK, HIDDEN, full_run, mixed_run

pytestmark = pytest.mark.real
SHOWN = "document.getElementById('count').textContent"
OPEN_SECONDS_MAX = 10.0
STORED_BY_ATTACK = "document.querySelectorAll('img').length + document.scripts.length"


@pytest.fixture(scope="module")
def browser(chromium_program: str) -> Iterator[Page]:
    """One browser for all tests here."""
    with running_chromium(chromium_program) as page:
        page.resize(1300, 900)
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    """The browser with nothing noted yet."""
    browser.open("about:blank")
    browser.logged.clear()
    browser.requested.clear()
    return browser


def show(page: Page, run: Run, folder: Path, hash_text: str = "") -> str:
    """Open a run's page from a file and return its URL."""
    path = folder / f"report-{len(list(folder.iterdir()))}.html"
    path.write_text(as_html(run), encoding="utf-8")
    page.open(f"{path.as_uri()}{hash_text}")
    return path.as_uri()


def listed(page: Page) -> list[str]:
    """Return the names of the cases that are seen."""
    script = """[
      ...[...document.querySelectorAll('details.case:not([hidden]) .name')].map(one => one.textContent),
      ...[...document.querySelectorAll('#rows tr td:nth-child(2)')].map(one => one.firstChild.textContent)]"""
    found: list[str] = page.evaluate(script)
    return found


def press_times(page: Page, key: str, times: int) -> None:
    """Press a key several times."""
    for _ in range(times):
        page.press(key)


@pytest.mark.parametrize("run", [mixed_run(), full_run(), replace(mixed_run(), judgements=(), planned=0)])
def test_the_page_loads_alone_and_without_a_complaint(page: Page, tmp_path: Path, run: Run) -> None:
    url = show(page, run, tmp_path)
    assert page.evaluate(SHOWN) == f"{len(run.judgements)} of {len(run.judgements)} cases"
    assert page.requested == [url]
    assert page.logged == []


@pytest.mark.parametrize("text", [ATTACK, HIDDEN, "--><svg onload=console.log(1)>", "'\"><a href=javascript:1>"])
def test_nothing_in_an_answer_runs_or_loads(page: Page, tmp_path: Path, text: str) -> None:
    url = show(page, full_run(text), tmp_path)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert len(listed(page)) == 11
    assert page.evaluate(STORED_BY_ATTACK) == 2  # the page's own data and program
    assert page.requested == [url]
    assert page.logged == []


def test_what_gets_into_the_page_unescaped_is_seen_and_stopped_by_the_policy(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    spoilt = as_html(mixed_run()).replace("<main>", f"<main>{ATTACK}<img src='http://127.0.0.1:9/x'>")
    path.write_text(spoilt)
    page.open(path.as_uri())
    assert any("Content Security Policy" in line for line in page.logged)
    assert not any("executed" in line and line.startswith("console") for line in page.logged)
    assert page.evaluate(STORED_BY_ATTACK) != 2


@pytest.mark.parametrize(
    ("hash_text", "expected"),
    [
        ("#verdict=mismatch", ["eth_getLogs", "eth_getBlockByNumber", "eth_chainId", "eth_getBlockByHash"]),
        ("#verdict=lag", ["eth_getBalance"]),
        ("#verdict=inconclusive", ["eth_getCode"]),
        ("#verdict=unchecked", ["eth_getProof"]),
        ("#verdict=message", ["eth_call"]),
        ("#verdict=allowed", ["web3_clientVersion"]),
        ("#method=eth_gasPrice", ["eth_gasPrice"]),
        ("#text=BLOCKS%20BEFORE", ["eth_getBalance"]),
        ("#text=proof&verdict=match", []),
    ],
)
def test_the_address_chooses_what_is_seen(page: Page, tmp_path: Path, hash_text: str, expected: list[str]) -> None:
    show(page, full_run(), tmp_path, hash_text)
    assert sorted(listed(page)) == sorted(f"{method}/case" for method in expected)
    assert page.evaluate(SHOWN) == f"{len(expected)} of 11 cases"


@pytest.mark.parametrize("hash_text", ["#verdict=nonsense", "#method=%F0%9F", "#case-999", "#case-x", "#=&=", "#%"])
def test_an_address_that_means_nothing_shows_all(page: Page, tmp_path: Path, hash_text: str) -> None:
    show(page, full_run(), tmp_path, hash_text)
    assert len(listed(page)) == 11
    assert page.logged == []


def test_a_link_opens_its_case_though_the_filter_hides_it(page: Page, tmp_path: Path) -> None:
    show(page, full_run(), tmp_path, "#verdict=match")
    page.evaluate("location.hash = 'case-2'")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.getElementById('case-2').open") is True
    assert len(listed(page)) == 11


def test_a_reader_with_a_keyboard_filters_and_unfolds(page: Page, tmp_path: Path) -> None:
    show(page, full_run(), tmp_path)
    page.evaluate("document.getElementById('text').focus()")
    page.write("getLogs")
    page.evaluate(f"new Promise(done => {{ const look = () => {SHOWN}.startsWith('1 ') ? done() : "
                  "requestAnimationFrame(look); look(); })")  # fmt: skip
    assert listed(page) == ["eth_getLogs/case"]
    assert page.evaluate("location.hash") == "#text=getLogs"
    press_times(page, "Tab", 2)
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.press("Enter", "\r")
    assert page.evaluate("document.getElementById('case-2').open") is True
    assert "$.result[1].data" in page.evaluate("document.getElementById('case-2').innerText")
    page.evaluate("document.querySelector('#filter button').click()")
    page.evaluate("new Promise(done => setTimeout(done))")
    assert len(listed(page)) == 11
    assert page.evaluate("location.hash") == ""


def test_every_way_of_the_summary_leads_to_its_example(page: Page, tmp_path: Path) -> None:
    show(page, full_run(), tmp_path)
    links: list[str] = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#case-\"]')].map(one => one.getAttribute('href'))"
    )
    assert len(links) == 6
    assert all(page.evaluate(f"document.querySelector('{link}') !== null") for link in links)


def test_the_page_is_readable_to_programs_that_read_aloud(page: Page, tmp_path: Path) -> None:
    show(page, full_run(), tmp_path)
    bare: Any = page.evaluate("""({
      headless: [...document.querySelectorAll('table')].filter(one => !one.tHead).length,
      unscoped: [...document.querySelectorAll('th')].filter(one => !one.scope).length,
      unnamed: [...document.querySelectorAll('select, input')].filter(one => one.labels.length === 0).length,
      h1: document.querySelectorAll('h1').length,
      lang: document.documentElement.lang })""")
    assert bare == {"headless": 0, "unscoped": 0, "unnamed": 0, "h1": 1, "lang": "en"}


def test_colours_follow_the_reader_and_can_be_read(page: Page, tmp_path: Path) -> None:
    papers = []
    for dark in (False, True):
        page.prefer(dark=dark)
        show(page, full_run(), tmp_path)
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        for selector in (".badge.mismatch", ".badge.lag", "small", ".key", "mark", ".note"):
            assert contrast(page, selector) >= 4.5, (dark, selector)
    page.prefer(dark=False)
    assert papers[0] != papers[1]


def contrast(page: Page, selector: str) -> float:
    """Return the contrast of a text with what is behind it, as WCAG counts it."""
    script = f"""(() => {{
      const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = (text) => numbers(text).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
      let behind = document.querySelector({selector!r});
      const ink = light(getComputedStyle(behind).color);
      while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
      const paper = light(getComputedStyle(behind).backgroundColor);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }})()"""
    return float(page.evaluate(script))


def test_paper_shows_what_is_folded_on_the_screen(page: Page, tmp_path: Path) -> None:
    show(page, full_run(), tmp_path)
    page.evaluate("window.opened = []; addEventListener('beforeprint', () => setTimeout(() => 0)); 1")
    before = page.evaluate("document.querySelectorAll('details.case[open]').length")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.querySelectorAll('details.case[open]').length") == 6
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelectorAll('details.case[open]').length") == before
    page.print_to(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_20000_cases_open_fast_and_are_listed_bit_by_bit(page: Page, tmp_path: Path) -> None:
    judgements = tuple(
        Judgement(replace(question("eth_call"), name=f"eth_call/seed-1-{place:06}"), Verdict.MATCH,
                  timing=Timing(0.001, 0.002))
        for place in range(20_000)
    )  # fmt: skip
    run = replace(mixed_run(), judgements=judgements, planned=20_000)
    show(page, run, tmp_path)
    assert page.evaluate("performance.now() / 1000") < OPEN_SECONDS_MAX
    assert page.evaluate(SHOWN) == "20,000 of 20,000 cases"
    assert len(listed(page)) == 100
    page.evaluate("document.getElementById('more').click()")
    assert len(listed(page)) == 200
    show(page, run, tmp_path, "#text=seed-1-019999")
    assert page.evaluate("location.hash") == "#text=seed-1-019999"
    assert listed(page) == ["eth_call/seed-1-019999"]
    assert page.logged == []
