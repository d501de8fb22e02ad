"""The run as one HTML page that needs nothing else: no server, no network, no other file."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

import jinja2
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from conformance.about import without_secrets
from conformance.allowances import MESSAGE
from conformance.alone import NONE
from conformance.report.excerpt import cut, printable
from conformance.report.groups import Group, choose_examples, group_messages, group_wrong
from conformance.report.latency import Latencies, measure
from conformance.report.page_cases import (
    VALUE_CHARACTERS_MAX,
    Detail,
    detail_of,
    table_of,
)
from conformance.report.totals import Totals, by_method, count, list_allowances
from conformance.run import Run
from conformance.subject import Subject
from conformance.verdict import Verdict

DETAILS_MAX = 500
"""Cases that are shown with both answers."""
DETAILS_CHARACTERS_MAX = 1_200_000
"""Of all these together; what comes later is listed with one line."""
GROUPS_MAX = 200
_TEMPLATE = "page.html"
_COLUMNS = {
    "match": "match", "mismatch": "mismatch", "lag": "lag", "inconclusive": "inconclusive", "unchecked": "unchecked",
    "messages": "other message", "allowed": "with allowance",
}  # fmt: skip
_ALWAYS = {"match", "mismatch", "inconclusive"}
"""The other columns are there where they have anything to say."""
_ALONE = {
    "match": "Its answers agree with their own hashes and with each other.",
    "mismatch": "Some answers contradict their own hashes or each other.",
    "lag": "Some answers are of an older block.",
    "inconclusive": "Not everything that was looked at could be judged.",
}
"""What is said where there is no reference."""
_SENTENCES = {
    "match": "Every answer that was compared is the reference's.",
    "mismatch": "Some answers are not the reference's.",
    "lag": "Some answers are the reference's at an older block.",
    "inconclusive": "Not everything that was asked could be judged.",
}


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A row of the table by method."""

    method: str
    totals: Totals
    times: Latencies


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the run as a whole."""

    name: str
    value: str


def as_html(run: Run) -> str:
    """Return the page's text; whatever answers hold, in it they are only text."""
    template = _environment().get_template(_TEMPLATE)
    groups = group_wrong(run.judgements)
    details = _details(run, groups)
    style, script = _part("page.css"), _part("page.js")
    totals, times = count(run.judgements), measure(run.judgements)
    allowances = [(row, uses) for row, uses in list_allowances(run) if row.name != MESSAGE]
    return template.render(
        title=printable(run.title),
        verdict=run.verdict.value,
        sentence=_sentence(run, totals),
        run=run,
        totals=totals,
        counts=_counts(run, totals),
        facts=_facts(run),
        columns=[name for name in _COLUMNS if name in _ALWAYS or getattr(totals, name)],
        names=_COLUMNS,
        by_method=[
            MethodRow(name, count(said), measure(said)) for name, said in sorted(by_method(run).items())
        ],
        times=times,
        sides=[side for side in ("reference", "candidate") if getattr(times, side).answers],
        alone=run.reference.name == NONE,
        groups=groups[:GROUPS_MAX],
        groups_more=len(groups) - GROUPS_MAX,
        messages=_messages(run),
        used=[(row, uses) for row, uses in allowances if uses],
        unused=[row for row, uses in allowances if not uses],
        details=[text for _, text in sorted(details)],
        detailed={place for place, _ in details},
        wrong=sum(len(group.places) for group in groups),
        data=table_of(run.judgements, {place for place, _ in details}),
        style=Markup(style),  # noqa: S704  files of ours
        script=Markup(script),  # noqa: S704
        policy=_policy(style, script),
    ) + "\n"  # fmt: skip


def _sentence(run: Run, totals: Totals) -> str:
    if run.reference.name == NONE:
        return _ALONE[run.verdict.value]
    if run.verdict is Verdict.MATCH and totals.lag:
        return f"The others that were compared lag by {run.lag_blocks_max} blocks at the most, which is let pass."
    return _SENTENCES[run.verdict.value]


def _details(run: Run, groups: list[Group]) -> list[tuple[int, Markup]]:
    """Return the cases shown in detail with their place in the run, as many as the page has room for."""
    render = _environment().get_template("case.html").module
    found: list[tuple[int, Markup]] = []
    characters = 0
    for place in choose_examples(groups, DETAILS_MAX):
        detail: Detail = detail_of(place, run.judgements[place])
        text = Markup(render.case(detail))  # type: ignore[attr-defined]  # noqa: S704  escaped by the template
        characters += len(text)
        if characters > DETAILS_CHARACTERS_MAX and found:
            break
        found.append((place, text))
    return found


def _facts(run: Run) -> list[Fact]:
    about = run.about
    rate = len(run.judgements) / run.seconds if run.seconds > 0 else 0
    facts = [
        Fact("Reference", _subject(run.reference)),
        Fact("Candidate", _subject(run.candidate)),
        Fact("Chain", about.chain),
        Fact("Seed", "" if about.seed is None else str(about.seed)),
        Fact("Started", about.started_at),
        Fact("Took", f"{run.seconds:.1f} s, {rate:,.0f} questions per second"),
        Fact("Flags", "  ".join(about.flags) or "none"),
        Fact("Exit code", str(run.exit_code)),
    ]
    return [Fact(fact.name, printable(fact.value)) for fact in facts if fact.value]


def _subject(subject: Subject) -> str:
    return f"{subject.version} ({without_secrets(subject.name)})"


def _counts(run: Run, totals: Totals) -> list[tuple[str, int, str]]:
    """Return the counts on top: name, number, and the filter that shows them."""
    counts = [
        ("match", totals.match, "verdict=match"),
        ("mismatch", totals.mismatch, "verdict=mismatch"),
        ("lag", totals.lag, "verdict=lag"),
        ("inconclusive", totals.inconclusive, "verdict=inconclusive"),
        ("unchecked", totals.unchecked, "verdict=unchecked"),
        ("other message", totals.messages, "verdict=message"),
        ("with allowance", totals.allowed, "verdict=allowed"),
        ("not asked", max(0, run.planned - totals.asked), ""),
    ]
    always = {"match", "mismatch", "lag", "inconclusive"}
    return [entry for entry in counts if entry[1] or entry[0] in always]


def _messages(run: Run) -> dict[str, Any]:
    groups = group_messages(run.judgements)
    shown = [
        (group, cut(group.reference, 3 * VALUE_CHARACTERS_MAX), cut(group.candidate, 3 * VALUE_CHARACTERS_MAX))
        for group in groups[:GROUPS_MAX]
    ]
    return {"shown": shown, "more": len(groups) - len(shown)}


def _policy(style: str, script: str) -> str:
    """Return the page's content security policy: our style and our program, and nothing else, from nowhere."""
    parts = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (style, script)
    ]
    return f"default-src 'none'; style-src {parts[0]}; script-src {parts[1]}; base-uri 'none'; form-action 'none'"


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["milliseconds"] = _milliseconds
    environment.filters["shown"] = printable
    environment.filters["compact"] = partial(htmlsafe_json_dumps, separators=(",", ":"))
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return ""
    milliseconds = seconds * 1000
    return f"{milliseconds:,.2f}" if milliseconds < 10 else f"{milliseconds:,.0f}"
