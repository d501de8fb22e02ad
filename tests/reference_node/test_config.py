"""What the values of shared flags mean."""

import pytest

from reference_node.config import LogFormats, log_formats
from reference_node.errors import UsageError


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), LogFormats("writebatch", "text")),
        (("json",), LogFormats("writebatch", "json")),
        (("ethercattle",), LogFormats("ethercattle", "text")),
        (("json", "ethercattle"), LogFormats("ethercattle", "json")),
        (("writebatch", "text"), LogFormats("writebatch", "text")),
    ],
)
def test_a_log_format_is_of_records_or_of_lines(values: tuple[str, ...], expected: LogFormats) -> None:
    assert expected == log_formats(values)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (("xml",), "--log.format is 'xml', expected one of writebatch, ethercattle, text, json"),
        (("json", "text"), "--log.format is given as json and text, expected at most one of text, json"),
        (("ethercattle",) * 2, "ethercattle and ethercattle, expected at most one of writebatch, ethercattle"),
    ],
)
def test_log_formats_that_can_not_hold_together_are_refused(values: tuple[str, ...], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        log_formats(values)
