"""The server stops when it is told to, whatever is under way."""

import http.client
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc import serve as serving
from reference_node.rpc.methods import METHODS
from reference_node.rpc.registry import Method
from reference_node.rpc.serve import SWITCH_SECONDS, listen, serve
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import backend_of, served_health
from tests.reference_node.worlds import World

WAIT_SECONDS_MAX = 20.0


class Gated:
    """A node with a method that waits for a gate."""

    def __init__(self) -> None:
        self._backend = backend_of(World())
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.calls = 0
        self.app = JsonRpcApp(self, HttpSettings(), {**METHODS, "eth_wait": Method("eth_wait", (), self._wait, True)})

    def backend(self) -> Backend | None:
        """Return the one backend."""
        return self._backend

    def health(self) -> Health:
        """Return that all is well."""
        return served_health(self._backend)

    def _wait(self, _backend: Backend) -> int:
        self.calls += 1
        self.begun.set()
        self.gate.wait(WAIT_SECONDS_MAX)
        return self.calls


@pytest.fixture
def gated() -> Iterator[Gated]:
    node = Gated()
    yield node
    node.gate.set()


def post(port: int, content: Any) -> tuple[int, Any]:
    """Send a request and return status and content of its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS_MAX)
    connection.request("POST", "/", json.dumps(content), {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_a_stop_answers_what_is_under_way_and_starts_no_more_of_it(
    gated: Gated, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving, "GRACE_SECONDS", 0)
    stopping = threading.Event()
    batch = [{"jsonrpc": "2.0", "id": place, "method": "eth_wait"} for place in range(3)]
    with listen("127.0.0.1", 0) as listener, ThreadPoolExecutor(2) as threads:
        served = threads.submit(serve, gated.app, listener, stopping)
        asked: Future[tuple[int, Any]] = threads.submit(post, listener.getsockname()[1], batch)
        assert gated.begun.wait(WAIT_SECONDS_MAX)
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
        stopping.set()
        status, answers = asked.result(WAIT_SECONDS_MAX)
        served.result(WAIT_SECONDS_MAX)
    assert (status, [found["error"]["code"] for found in answers]) == (200, [-32002] * 3)
    assert "Traceback" not in "".join(capfd.readouterr())
    gated.gate.set()
    gated.app._threads.shutdown(wait=True)
    assert gated.calls == 1
    assert sys.getswitchinterval() > SWITCH_SECONDS
