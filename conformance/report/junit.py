"""The run as JUnit XML: a test case for each question, failed on mismatch and lag, in error where inconclusive."""

from xml.etree import ElementTree as ET

from conformance.report.diff import show_judgement
from conformance.report.excerpt import printable
from conformance.report.groups import what_is_wrong
from conformance.report.totals import count
from conformance.run import Run
from conformance.verdict import Judgement, Verdict

_ELEMENTS = {
    Verdict.MISMATCH: "failure",
    Verdict.LAG: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.UNCHECKED: "skipped",
}


def as_junit(run: Run) -> str:
    """Return the report's text."""
    totals = count(run.judgements)
    attributes = {
        "name": _valid(f"ethercattle conform {run.title}"),
        "tests": str(totals.asked),
        "failures": str(totals.mismatch + totals.lag),
        "errors": str(totals.inconclusive),
        "skipped": str(totals.unchecked),
        "time": f"{run.seconds:.3f}",
    }
    if run.about.started_at:
        attributes["timestamp"] = run.about.started_at.removesuffix("Z")
    suite = ET.Element("testsuite", attributes)
    properties = ET.SubElement(suite, "properties")
    facts = {
        "verdict": run.verdict.value,
        "reference": run.reference.version,
        "candidate": run.candidate.version,
        "chain": run.about.chain,
        "seed": "" if run.about.seed is None else str(run.about.seed),
        "flags": " ".join(run.about.flags),
    }
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_valid(value))
    for judgement in run.judgements:
        _add_case(suite, judgement)
    if run.planned > totals.asked:
        left_out = ET.SubElement(suite, "testcase", classname="conform", name="questions not asked")
        ET.SubElement(left_out, "error", message=f"{run.planned - totals.asked} questions were not asked")
        suite.set("errors", str(totals.inconclusive + 1))
        suite.set("tests", str(totals.asked + 1))
    ET.indent(suite, " ")
    return ET.tostring(suite, encoding="unicode", xml_declaration=False) + "\n"


def _add_case(suite: ET.Element, judgement: Judgement) -> None:
    question = judgement.question
    case = ET.SubElement(suite, "testcase", classname=_valid(question.method), name=_valid(question.name))
    if judgement.timing.candidate_seconds is not None:
        case.set("time", f"{judgement.timing.candidate_seconds:.6f}")
    if judgement.verdict in _ELEMENTS:
        message = _valid(f"{judgement.verdict.value}: {judgement.problem or what_is_wrong(judgement)}")
        wrong = ET.SubElement(case, _ELEMENTS[judgement.verdict], type=judgement.verdict.value, message=message)
        wrong.text = _valid(show_judgement(judgement).plain)


def _valid(text: str) -> str:
    """Return text in which what XML 1.0 has no way to write, and what nobody sees, is written out."""
    return "\n".join(map(printable, text.split("\n")))
