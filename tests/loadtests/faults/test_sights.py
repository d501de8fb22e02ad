"""Looks at parts: what is no answer is no service, and where nobody can tell nothing is said."""

import httpx
import pytest

from fixtures.balancer import Balancer
from loadtests.faults.sights import Seen, balanced, following, ready
from reference_node.errors import CouldNotJudge

URL = "http://127.0.0.1:1"


class Told(Balancer):
    """A balancer that says what it is told to."""

    def __init__(self, states: dict[str, str] | None) -> None:
        object.__setattr__(self, "told", states)

    def states(self) -> dict[str, str]:
        """Return it, or fail."""
        found: dict[str, str] | None = self.told  # type: ignore[attr-defined]
        if found is None:
            raise CouldNotJudge("away")
        return found


def client(*answers: httpx.Response | Exception) -> httpx.Client:
    """Return a client that gets these answers in turn."""
    left = list(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return httpx.Client(transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("state", "is_serving"),
    [("UP", True), ("UP 1/2", True), ("DEGRADED", True), ("DOWN", False), ("DOWN 1/2", False), ("MAINT", False)],
)
def test_a_balancer_tells_whether_it_sends_calls(state: str, is_serving: bool) -> None:
    assert balanced(Told({"replica-0-0": state}), "replica-0-0")() == Seen(is_serving)


def test_a_balancer_that_is_away_tells_nothing() -> None:
    assert balanced(Told(None), "replica-0-0")() is None


@pytest.mark.parametrize(
    ("answer", "is_serving"),
    [
        (httpx.Response(200), True),
        (httpx.Response(429), True),
        (httpx.Response(503), False),
        (httpx.ConnectError("refused"), False),
        (httpx.ReadTimeout("frozen"), False),
    ],
)
def test_an_endpoint_serves_where_it_says_so(answer: httpx.Response | Exception, is_serving: bool) -> None:
    assert ready(URL, client(answer))() == Seen(is_serving)


def test_replicas_tell_by_who_answers() -> None:
    good, late = {"status": "ready", "offset": 5}, {"status": "degraded", "offset": 9}
    answers = client(httpx.Response(200, json=good), httpx.ConnectError("killed"), httpx.Response(200, json=late))
    look = following([URL] * 3, answers)
    assert look() == Seen(is_serving=False, position=9)


def test_where_no_replica_answers_nothing_is_known() -> None:
    look = following([URL] * 2, client(httpx.ConnectError("killed"), httpx.Response(200, text="?")))
    assert look() is None
