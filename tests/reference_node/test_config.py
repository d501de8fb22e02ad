"""What the values of shared flags mean."""

import pytest

from reference_node.config import LogFormats, kafka_config, log_formats
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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {}),
        (("acks=all", "sasl.password=a=b"), {"acks": "all", "sasl.password": "a=b"}),
        (("sasl.password=@SECRET",), {"sasl.password": "milk"}),
        (("sasl.password=@@SECRET", "sasl.username="), {"sasl.password": "@SECRET", "sasl.username": ""}),
        (("sasl.password=milk@SECRET",), {"sasl.password": "milk@SECRET"}),
    ],
)
def test_kafka_properties_are_given_or_read_from_the_environment(
    words: tuple[str, ...], expected: dict[str, str]
) -> None:
    assert kafka_config(words, {"SECRET": "milk"}) == expected


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("acks",), "--kafka.config is 'acks', expected KEY=VALUE"),
        (("=all",), "--kafka.config is '', expected KEY=VALUE"),
        (("acks=all", "acks=1"), "--kafka.config sets 'acks' twice"),
        (("sasl.password=@SECRET",), "reads 'sasl.password' from the environment variable 'SECRET', which is not set"),
    ],
)
def test_kafka_properties_that_say_nothing_are_refused(words: tuple[str, ...], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        kafka_config(words, {})
