"""What goes from process to process arrives as it was sent."""

import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from conformance.allowances import ALLOWANCES, Settings, find_allowance
from conformance.compare import Difference, Kind
from conformance.parcels import Raised, pack, restore, shorten
from conformance.schema import load_schemas
from conformance.subject import Endpoint, Reply
from conformance.transport.settings import Transport
from conformance.verdict import Judgement, Replies, Timing, Verdict, judge
from tests.conformance.questions import answer, question

ASKED = question("eth_estimateGas")
RIGHT = Reply(200, answer("0x64").encode())
NEAR = Reply(200, answer("0x65").encode())


def sent(judgement: Judgement) -> Judgement:
    """Return what arrives of a judgement."""
    ((number, arrived),) = pickle.loads(pack([(7, shorten(judgement))]))
    assert number == 7
    return restore(judgement.question, arrived)


@pytest.mark.parametrize(
    "judgement",
    [
        Judgement(ASKED, Verdict.MATCH, timing=Timing(0.25, 0.5)),
        Judgement(ASKED, Verdict.MATCH),
        Judgement(ASKED, Verdict.MATCH, "a note"),
        Judgement(ASKED, Verdict.UNCHECKED),
        Judgement(question("eth_call"), Verdict.LAG, lag_blocks=2),
        judge(ASKED, RIGHT, NEAR),
        judge(ASKED, RIGHT, NEAR, Settings(gas_tolerance=Fraction(1, 64))),
        judge(ASKED, RIGHT, Reply(0, b"", "it hung")),
        replace(judge(ASKED, RIGHT, NEAR), replies=Replies(RIGHT, NEAR)),
    ],
)
def test_a_judgement_arrives_whole(judgement: Judgement) -> None:
    arrived = sent(judgement)
    assert arrived == judgement
    assert arrived.question is judgement.question


def test_a_plain_match_is_sent_as_its_times_alone() -> None:
    assert shorten(Judgement(ASKED, Verdict.MATCH, timing=Timing(0.25, 0.5))) == Timing(0.25, 0.5)


def test_every_allowance_arrives_and_holds_as_before() -> None:
    rows = pickle.loads(pickle.dumps(ALLOWANCES))
    assert rows == ALLOWANCES
    difference = Difference(("result", "timestamp"), Kind.DIFFERENT, "0x1", "0x2")
    request = {"method": "eth_getBlockByNumber", "params": ["pending", False]}
    row = find_allowance(request, difference)
    assert row is not None
    again = pickle.loads(pickle.dumps(row))
    assert again.holds(request, difference, Settings())
    assert not again.holds({**request, "params": ["latest", False]}, difference, Settings())


def test_schemas_arrive() -> None:
    schemas = load_schemas(Path(__file__).parent / "schemas.json", ["head", "never", "absent"])
    again = pickle.loads(pickle.dumps(schemas))
    assert (again.source, again.knows("absent")) == (schemas.source, False)
    for method in ("head", "never"):
        assert again.violations(method, ["no"]) == schemas.violations(method, ["no"]) != ()


def test_an_endpoint_arrives_without_its_connections_and_with_what_it_is_asked_with() -> None:
    endpoint = Endpoint("http://user:word@127.0.0.1:1/key", "named", Transport(headers={"X-Key": "secret"}, retries=2))
    endpoint.version = "Node/v1"
    again = pickle.loads(pickle.dumps(endpoint))
    assert (again.name, again.version) == ("named", "Node/v1")
    assert again._transport == endpoint._transport
    assert again._address == endpoint._address


def test_what_can_not_be_sent_is_told_in_words() -> None:
    class Local(Exception):
        """Known here alone."""

    ((number, arrived),) = pickle.loads(pack([(3, Raised(Local("planted")))]))
    assert number == 3
    assert isinstance(arrived, Raised)
    assert "planted" in str(arrived.error)
