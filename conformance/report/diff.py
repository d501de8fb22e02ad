"""Shows what is wrong with one answer: place by place, the reference's value above the candidate's."""

from rich.text import Text

from conformance.answers import encode_answer
from conformance.compare import ABSENT, Difference, Kind, Value, show_path
from conformance.verdict import Judgement

DIFFERENCES_SHOWN_MAX = 12
VALUE_CHARACTERS_MAX = 100
REQUEST_CHARACTERS_MAX = 300
_CONTEXT_CHARACTERS = 20
"""What is shown of a long value before the first character that differs."""

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
    return Text.assemble(("- ", "red"), f"reference: {reference}   ", ("+ ", "green"), f"candidate: {candidate}")


def show_judgement(judgement: Judgement) -> Text:
    """Return one case with everything that is wrong with its answer."""
    question = judgement.question
    text = Text.assemble((f"{judgement.verdict.value.upper()} {question.name}", "bold"))
    text.append(f"  // {_printable(question.why)}" if question.why else "", "dim")
    text.append(f"\n  >> {_cut(_printable(question.body), REQUEST_CHARACTERS_MAX)}")
    if judgement.problem:
        text.append(f"\n  {_printable(judgement.problem)}")
    shown = judgement.differences[:DIFFERENCES_SHOWN_MAX]
    for difference in shown:
        text.append("\n").append(_show_difference(difference))
    if len(judgement.differences) > len(shown):
        text.append(f"\n  and {len(judgement.differences) - len(shown)} more differences")
    return text


def show_messages(judgement: Judgement) -> Text:
    """Return one case with the error messages that differ."""
    text = Text(judgement.question.name, "bold")
    for difference in judgement.message_differences:
        text.append("\n").append(_show_difference(difference))
    return text


def _show_difference(difference: Difference) -> Text:
    text = Text.assemble("  ", (show_path(difference.path), "bold"), f" {WORDS[difference.kind]}")
    text.append(f": {difference.detail}" if difference.detail else "")
    start = _first_difference(difference.expected, difference.got)
    for sign, value, colour in (("-", difference.expected, "red"), ("+", difference.got, "green")):
        if value is not ABSENT:
            text.append(f"\n    {sign} {_excerpt(value, start)}", colour)
    return text


def _first_difference(expected: Value, got: Value) -> int:
    """Return where two values' texts part, 0 where one is absent."""
    if expected is ABSENT or got is ABSENT:
        return 0
    left, right = encode_answer(expected), encode_answer(got)
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _excerpt(value: Value, start: int) -> str:
    """Return a value's text, of a long one the part around its first difference and its length."""
    text = "" if value is ABSENT else encode_answer(value)
    if len(text) <= VALUE_CHARACTERS_MAX:
        return text
    first = max(0, start - _CONTEXT_CHARACTERS)
    part = text[first : first + VALUE_CHARACTERS_MAX]
    before, after = "…" if first else "", "…" if first + len(part) < len(text) else ""
    return f"{before}{part}{after} ({len(text)} characters, first difference at {start})"


def _printable(text: str) -> str:
    """Return text that can't move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _cut(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else f"{text[:characters_max]}… ({len(text)} characters)"
