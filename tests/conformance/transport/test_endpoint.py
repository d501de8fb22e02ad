"""An endpoint gathers what threads ask into batches, and its version is one short line."""

import json
from threading import Thread

import pytest

from conformance.corpus import UNKNOWN_VERSION, Question
from conformance.subject import Endpoint, Reply
from conformance.transport.endpoint import clean_version
from conformance.transport.gather import Gatherer
from conformance.transport.settings import Kind, Transport
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import question
from tests.conformance.transport.conftest import Connect

BATCHES = Transport(Kind.BATCH, batch_size=4)


def ask_in_threads(endpoint: Endpoint, questions: list[Question]) -> dict[str, Reply]:
    """Ask each question in a thread of its own; the replies by body."""
    replies: dict[str, Reply] = {}

    def ask(asked: Question) -> None:
        replies[asked.body] = endpoint.ask(asked)

    threads = [Thread(target=ask, args=(asked,)) for asked in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return replies


def echo(body: str) -> Wire:
    """Answer each request with its parameters."""
    asked = json.loads(body)
    one = isinstance(asked, dict)
    answers = [{"jsonrpc": "2.0", "id": item["id"], "result": item["params"]} for item in ([asked] if one else asked)]
    return Wire(json.dumps(answers[0] if one else answers).encode())


def test_what_threads_ask_at_a_time_goes_in_batches_and_everybody_gets_his_answer(connect: Connect) -> None:
    sent: list[int] = []

    def count(body: str) -> Wire:
        sent.append(len(json.loads(body)))
        return echo(body)

    questions = [question(params=[place]) for place in range(40)]
    with fake_node(count) as url:
        replies = ask_in_threads(connect(url, BATCHES), questions)
    assert sum(sent) == 40
    assert max(sent) <= 4
    assert len(sent) < 40
    for place, asked in enumerate(questions):
        assert json.loads(replies[asked.body].body) == {"jsonrpc": "2.0", "id": 1, "result": [place]}


def test_a_list_of_questions_makes_one_batch(connect: Connect) -> None:
    bodies: list[str] = []

    def keep(body: str) -> Wire:
        bodies.append(body)
        return echo(body)

    with fake_node(keep) as url:
        endpoint = connect(url)
        replies = endpoint.ask_batch([question(params=[place]) for place in range(3)])
        with pytest.raises(ValueError, match="single requests"):
            endpoint.ask_batch([Question("bodies/empty", "bodies", "", "", "")])
    assert [json.loads(reply.body)["result"] for reply in replies] == [[0], [1], [2]]
    assert len(bodies) == 1


def test_what_cannot_be_in_a_batch_is_sent_alone(connect: Connect) -> None:
    with fake_node(lambda body: Wire(body.encode())) as url:
        assert connect(url, BATCHES).ask(Question("bodies/text", "bodies", "", "no JSON", "")).body == b"no JSON"


def test_a_batch_that_is_refused_is_named_to_all_who_asked(connect: Connect) -> None:
    with fake_node(lambda _: Wire(b"{}", 502)) as url:
        replies = ask_in_threads(connect(url, BATCHES), [question(params=[place]) for place in range(4)])
    assert all("failed as a whole: HTTP status 502" in reply.failure for reply in replies.values())
    assert len(replies) == 4


def test_nobody_waits_for_ever_for_a_batch_that_was_given_up() -> None:
    def give_up(_: object) -> list[Reply]:
        raise KeyboardInterrupt

    gatherer = Gatherer[int](give_up, size_max=2, linger_seconds=20)
    replies: list[Reply] = []

    def lead() -> None:
        with pytest.raises(KeyboardInterrupt):
            gatherer.ask(1)

    def join() -> None:
        replies.append(gatherer.ask(2))

    leader = Thread(target=lead)
    leader.start()
    while gatherer._open is None and leader.is_alive():
        pass
    follower = Thread(target=join)
    follower.start()
    leader.join(timeout=10)
    follower.join(timeout=10)
    assert "its batch was given up" in replies[0].failure


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Geth/v1", "Geth/v1"), ("", UNKNOWN_VERSION), ("\x1b[2J\nx", "?[2J?x"), ("x" * 500, "x" * 200)],
)
def test_a_version_is_one_short_line(text: str, shown: str) -> None:
    assert clean_version(text) == shown
