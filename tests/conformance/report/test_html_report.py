"""The page shows all of a run, runs nothing that an answer holds, and stays small; a browser's view is tested apart."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from conformance.alone import NoReference
from conformance.report import html_report
from conformance.report.html_report import as_html
from conformance.run import Run
from conformance.subject import Reply
from conformance.verdict import Replies, Timing, Verdict, judge
from tests.conformance.questions import answer, question
from tests.conformance.report.runs import ATTACK, HIDDEN, full_run, mixed_run

BYTES_MAX = 5_000_000


class Tags(HTMLParser):
    """Collects the elements of a page, its texts, and what could load or run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.suspicious: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.append(tag)
        loads = {"src", "srcset", "data", "action", "style"}
        for name, value in attrs:
            is_link = name == "href" and not (value or "").startswith("#")
            if name in loads or name.startswith("on") or is_link:
                self.suspicious.append((tag, name))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def data_of(page: str) -> dict[str, Any]:
    """Return what the page's program reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def large_run(cases: int, wrong_every: int) -> Run:
    """Return a run of many cases, some of which are wrong in both small and long answers."""
    asked = replace(
        question("eth_call", [{"to": "0x" + "ab" * 20, "data": "0x" + "00" * 40}, "latest"]),
        why="seed 1, example 12345",
    )
    good = judge(asked, Reply(200, answer("0x1").encode()), Reply(200, answer("0x1").encode()))
    result = [{"data": "0x" + "00" * 300, "topics": ["0x" + "00" * 32] * 4}] * 40
    wrong_question = replace(asked, recorded=answer(result))
    expected = Reply(200, answer(result).encode())
    got = Reply(200, answer([*result[:20], {"data": "0x" + "00" * 299}, *result[21:]]).encode())
    wrong = replace(judge(wrong_question, expected, got), replies=Replies(expected, got))
    judgements = []
    for place in range(cases):
        chosen = wrong if place % wrong_every == 0 else good
        named = replace(chosen.question, name=f"eth_call/seed-1-{place:06}")
        judgements.append(replace(chosen, question=named, timing=Timing(0.000512, 0.000498)))
    return replace(mixed_run(), judgements=tuple(judgements), planned=cases)


def test_everything_a_run_found_is_on_the_page() -> None:
    page = as_html(full_run())
    text = " ".join(Tags(page).text.split())
    for said in (
        "4 of 12 answers match", "The run was interrupted", "geth/v1", "other/v1", "testchain", "--seed 7",
        "2026-01-31T09:30:00Z", "$.result[1].data differs", "block-hash", "Proven wrong: candidate", "3 blocks before",
        "each client says its own name", "HTTP status 200", "it hung", "not asked", "p99",
    ):  # fmt: skip
        assert said in text, said


def test_secrets_in_urls_are_not_on_the_page() -> None:
    assert "hunter2" not in as_html(full_run())


@pytest.mark.parametrize("text", [ATTACK, HIDDEN, "{{ 7 * 7 }}", "<!--", "]]>", "'\"&<>"])
def test_no_answer_can_add_an_element(text: str) -> None:
    plain, spoilt = Tags(as_html(full_run("plain"))), Tags(as_html(full_run(text)))
    # A text may be cut, and so be folded, where the plain one is not; nothing else may change.
    folds = {"details", "summary", "small", "pre", "mark"}
    assert [name for name in spoilt.names if name not in folds] == [name for name in plain.names if name not in folds]
    assert spoilt.suspicious == []


def test_what_could_hide_is_written_out() -> None:
    page = as_html(full_run(HIDDEN))
    assert not set("\u202e\u200b\ud800") & set(page)
    assert "\\u202e" in page
    page.encode()


def test_the_policy_lets_only_our_own_program_run() -> None:
    page = as_html(mixed_run())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy[1]


def test_the_same_run_makes_the_same_page() -> None:
    assert as_html(full_run()) == as_html(full_run())


@pytest.mark.slow
@pytest.mark.parametrize("wrong_every", [1, 7, 1_000_000])
def test_a_page_of_20000_cases_is_small(wrong_every: int) -> None:
    page = as_html(large_run(20_000, wrong_every))
    assert len(page.encode()) < BYTES_MAX
    data = data_of(page)
    assert len(data["rows"]) == 20_000
    assert data["rows"][1][data["fields"].index("case")] == "seed-1-000001"


def test_some_of_each_kind_are_shown_in_full_and_all_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_report, "DETAILS_MAX", 3)
    page = as_html(full_run())
    data = data_of(page)
    assert page.count('<details class="case"') == 3
    assert sum(row[data["fields"].index("has_detail")] for row in data["rows"]) == 3
    assert len(data["rows"]) == 11
    assert "3 of the 6 answers that are wrong are shown in full" in page


def test_a_lag_that_is_let_pass_is_not_called_the_references_answer() -> None:
    good, lagging = (full_run().judgements[place] for place in (0, 8))
    assert lagging.verdict is Verdict.LAG
    run = replace(
        full_run(), judgements=(good, replace(lagging, lag_blocks=2)), planned=2, lag_blocks_max=3, interrupted=False
    )
    assert run.verdict is Verdict.MATCH
    text = Tags(as_html(run)).text
    assert "lag by 3 blocks at the most" in text
    assert "is the reference's." not in text


def test_without_a_reference_nobody_speaks_of_one() -> None:
    text = Tags(as_html(replace(full_run(), reference=NoReference()))).text
    assert "4 of 12 claims hold. Some answers contradict" in text


def test_times_are_there_where_something_was_timed() -> None:
    assert "reference, ms" in as_html(full_run())
    assert "p99" not in as_html(mixed_run()).replace("p99_seconds", "")


def test_a_run_without_answers_has_a_page() -> None:
    page = as_html(replace(mixed_run(), judgements=(), planned=0))
    assert "0 of 0" in Tags(page).text
