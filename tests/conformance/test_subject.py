"""Endpoints are asked over one connection, bounded in time and size, and never raise for what a node does."""

import threading
import time

import pytest

from conformance import subject
from conformance.corpus import UNKNOWN_VERSION
from conformance.subject import Endpoint, Recorded
from conformance.transport.settings import Transport
from reference_node.errors import UsageError
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import answer, question

ASKED = question()


def test_a_body_is_sent_as_it_stands_and_the_reply_kept_as_it_came() -> None:
    sent: list[str] = []

    def echo(body: str) -> Wire:
        sent.append(body)
        return Wire(b" raw \xff", 418)

    with fake_node(echo) as url, Endpoint(url) as endpoint:
        reply = endpoint.ask(ASKED)
    assert sent[1:] == [ASKED.body]
    assert (reply.status, reply.body, reply.failure) == (418, b" raw \xff", "")


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (answer("Geth/v1"), "Geth/v1"),
        (answer(None), UNKNOWN_VERSION),
        (answer(""), UNKNOWN_VERSION),
        ("[]", UNKNOWN_VERSION),
        ("<html>", UNKNOWN_VERSION),
    ],
)
def test_an_endpoint_is_asked_for_its_version(body: str, version: str) -> None:
    with fake_node(lambda _: Wire(body.encode())) as url, Endpoint(url) as endpoint:
        assert endpoint.version == version


def test_a_node_that_hangs_is_given_up() -> None:
    never = threading.Event()

    def hang(_: str) -> Wire:
        never.wait(20)
        return Wire(b"")

    with fake_node(hang) as url:
        started = time.monotonic()
        with Endpoint(url, transport=Transport(reply_seconds_max=0.2)) as endpoint:
            reply = endpoint.ask(ASKED)
        never.set()
    assert "in time" in reply.failure
    assert time.monotonic() - started < 10


def test_an_answer_without_an_end_is_given_up() -> None:
    limited = Transport(reply_bytes_max=1000)
    with fake_node(lambda _: Wire(b"1" * 100_000)) as url, Endpoint(url, transport=limited) as endpoint:
        assert "longer than 1000 bytes" in endpoint.ask(ASKED).failure


@pytest.mark.parametrize("url", ["", "127.0.0.1:8545", "ftp://host", "http://", "http://[::1", "http://host:99999"])
def test_what_is_no_url_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(UsageError, match="no endpoint, expected an URL like"):
        Endpoint(url)


def test_the_record_answers_what_is_recorded() -> None:
    assert Recorded("geth").ask(ASKED).body.decode() == ASKED.recorded


@pytest.mark.parametrize(
    ("headers", "position"),
    [
        ({"X-EtherCattle-Block-Number": "80", "X-EtherCattle-Block-Hash": "0xab"}, subject.Position(80, "0xab")),
        ({"X-EtherCattle-Block-Number": "80"}, None),
        ({"X-EtherCattle-Block-Number": "0x50", "X-EtherCattle-Block-Hash": "0xab"}, None),
        ({"X-EtherCattle-Block-Number": "9" * 5000, "X-EtherCattle-Block-Hash": "0xab"}, None),
        ({}, None),
    ],
)
def test_headers_may_say_what_the_newest_block_was(headers: dict[str, str], position: subject.Position | None) -> None:
    assert subject.read_position(headers) == position
