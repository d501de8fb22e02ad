"""The run as JUnit XML: a test case for each question, failed on mismatch and lag, in error where inconclusive."""

import re
from xml.etree import ElementTree as ET

from conformance.report.diff import show_judgement
from conformance.report.totals import count
from conformance.run import Run
from conformance.verdict import Judgement, Verdict

_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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
        "name": f"ethercattle conform {run.title}",
        "tests": str(totals.asked),
        "failures": str(totals.mismatch + totals.lag),
        "errors": str(totals.inconclusive),
        "skipped": str(totals.unchecked),
        "time": f"{run.seconds:.3f}",
    }
    suite = ET.Element("testsuite", attributes)
    properties = ET.SubElement(suite, "properties")
    for name, value in (("reference", run.reference.version), ("candidate", run.candidate.version)):
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
    case = ET.SubElement(suite, "testcase", classname=question.method, name=question.name)
    if judgement.verdict in _ELEMENTS:
        message = judgement.problem or f"{len(judgement.differences)} differences"
        wrong = ET.SubElement(case, _ELEMENTS[judgement.verdict], message=_valid(message))
        wrong.text = _valid(show_judgement(judgement).plain)


def _valid(text: str) -> str:
    """Return text without the characters that XML 1.0 has no way to write."""
    return _NOT_IN_XML.sub("\ufffd", text)
