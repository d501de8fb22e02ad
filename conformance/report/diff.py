"""Shows what is wrong with one answer: place by place, the reference's value above the candidate's."""

from rich.text import Text

from conformance.answers import encode_answer
from conformance.compare import ABSENT, Difference, Kind, Value, show_path
from conformance.report.excerpt import cut, excerpt, printable
from conformance.verdict import Judgement

DIFFERENCES_SHOWN_MAX = 12
VALUE_CHARACTERS_MAX = 100
REQUEST_CHARACTERS_MAX = 300

WORDS = {
    Kind.MISSING: "is missing",
    Kind.EXTRA: "is extra",
    Kind.NULL: "is null, expected a value",
    Kind.NOT_NULL: "has a value, expected null",
    Kind.TYPE: "has another type",
    Kind.ORDER: "has the same items in another order",
    Kind.FORM: "is the same in another form",
    Kind.DIFFERENT: "differs",
}


def show_legend(reference: str, candidate: str) -> Text:
    """Return the line that says whose values the signs stand before."""
    return Text.assemble(
        ("- ", "red"), f"reference: {printable(reference)}   ", ("+ ", "green"), f"candidate: {printable(candidate)}"
    )


def show_judgement(judgement: Judgement) -> Text:
    """Return one case with everything that is wrong with its answer."""
    question = judgement.question
    text = Text.assemble((f"{judgement.verdict.value.upper()} {printable(question.name)}", "bold"))
    text.append(f"  // {printable(question.why)}" if question.why else "", "dim")
    text.append(f"\n  >> {cut(printable(question.body), REQUEST_CHARACTERS_MAX)}")
    if judgement.problem:
        text.append(f"\n  {printable(judgement.problem)}")
    shown = judgement.differences[:DIFFERENCES_SHOWN_MAX]
    for difference in shown:
        text.append("\n").append(_show_difference(difference))
    if len(judgement.differences) > len(shown):
        text.append(f"\n  and {len(judgement.differences) - len(shown)} more differences")
    return text


def _show_difference(difference: Difference) -> Text:
    text = Text.assemble("  ", (printable(show_path(difference.path)), "bold"), f" {WORDS[difference.kind]}")
    text.append(printable(f": {difference.detail}") if difference.detail else "")
    return text.append(show_values(_text(difference.expected), _text(difference.got)))


def show_values(expected: str | None, got: str | None) -> Text:
    """Return the lines of two values, the reference's first; None where there is none."""
    text = Text()
    for sign, value, other, colour in (("-", expected, got, "red"), ("+", got, expected, "green")):
        if value is not None:
            part = excerpt(value, other, VALUE_CHARACTERS_MAX)
            where = f" ({part.characters} characters, first difference at {part.first_difference})"
            text.append(f"\n    {sign} {part.plain}{where if part.is_cut else ''}", colour)
    return text


def _text(value: Value) -> str | None:
    return None if value is ABSENT else encode_answer(value)
