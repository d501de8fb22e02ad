"""A real geth gives the same answers one by one, in batches, compressed and over WebSocket."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.corpus import Question, answers_folder, load_corpus
from conformance.run import Limits, run_questions
from conformance.subject import Endpoint
from conformance.transport.endpoint import has_no_answer
from conformance.transport.settings import PLAIN, Kind, Transport
from conformance.verdict import Verdict
from fixtures.chain_files import find_chain
from fixtures.geth import Program, initialise, running, wait_indexed

pytestmark = pytest.mark.real
_WEBSOCKET_STARTED = re.compile(r"WebSocket enabled\s+url=(ws://127\.0\.0\.1:\d+)")


@dataclass(frozen=True, slots=True)
class Urls:
    """One geth's two endpoints."""

    http: str
    websocket: str


@pytest.fixture(scope="module")
def urls(geth_program: Program) -> Iterator[Urls]:
    """A geth that has imported the shipped chain, with HTTP and WebSocket."""
    with tempfile.TemporaryDirectory(prefix="ethercattle-geth-") as folder:
        datadir = Path(folder)
        initialise(geth_program, find_chain("everyfork"), datadir)
        flags = ("--ws", "--ws.addr", "127.0.0.1", "--ws.port", "0", "--ws.api", "eth,net,web3")
        with running(geth_program, datadir, flags) as geth:
            wait_indexed(geth)
            found = _WEBSOCKET_STARTED.search((datadir / "geth.log").read_text())
            assert found is not None
            yield Urls(geth.url, found[1])


def questions() -> tuple[Question, ...]:
    """Return all recorded questions but those on bodies that only HTTP has an answer to, and on pending blocks."""
    every = load_corpus(answers_folder("everyfork"), (), ("bodies",)).questions
    return tuple(question for question in every if not has_no_answer(question.body) and "pending" not in question.body)


@pytest.mark.parametrize(
    "transport",
    [
        Transport(Kind.BATCH),
        Transport(Kind.BATCH, batch_size=1000),
        Transport(gzip=True),
        Transport(Kind.BATCH, gzip=True),
    ],
    ids=["batches of 20", "batches of 1000", "gzip", "gzipped batches"],
)
def test_answers_are_the_same_over_http(urls: Urls, transport: Transport) -> None:
    with Endpoint(urls.http) as reference, Endpoint(urls.http, transport=transport) as candidate:
        run = run_questions("transports", questions(), reference, candidate, limits=Limits(40))
    assert [judgement for judgement in run.judgements if judgement.verdict is not Verdict.MATCH] == []


@pytest.mark.parametrize("kind", [Kind.HTTP, Kind.BATCH])
def test_answers_are_the_same_over_websocket(urls: Urls, kind: Kind) -> None:
    transport = Transport(kind)
    with Endpoint(urls.http, transport=PLAIN) as reference, Endpoint(urls.websocket, transport=transport) as candidate:
        run = run_questions("transports", questions(), reference, candidate, limits=Limits(20))
    assert [judgement for judgement in run.judgements if judgement.verdict is not Verdict.MATCH] == []


def test_a_batch_over_geths_limit_is_inconclusive_by_name(urls: Urls) -> None:
    with Endpoint(urls.http) as endpoint:
        replies = endpoint.ask_batch(
            [question for question in questions() if "eth_getBalance" in question.body][:3] * 400
        )
    assert {reply.failure.partition(": ")[0] for reply in replies} == {"the batch of 1200 failed as a whole"}
