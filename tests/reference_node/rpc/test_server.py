"""The ASGI application, asked through an in-memory transport."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from reference_node.backend import Backend
from reference_node.health import Health
from reference_node.rpc import server
from reference_node.rpc.http import BODY_BYTES_MAX
from reference_node.rpc.methods import METHODS
from reference_node.rpc.registry import Method
from reference_node.rpc.server import HttpSettings, JsonRpcApp
from tests.reference_node.rpc.served import POSITION, backend_of, served_health
from tests.reference_node.worlds import World

CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


class Fixed:
    """A node that stands still."""

    def __init__(self, backend: Backend | None, reason: str = "") -> None:
        self._backend = backend
        self._reason = reason

    def backend(self) -> Backend | None:
        """Return the backend it was made with."""
        return self._backend

    def health(self) -> Health:
        """Return where that backend stands."""
        return served_health(self._backend, self._reason)


@pytest.fixture(scope="module")
def backend() -> Backend:
    return backend_of(World())


def request(app: JsonRpcApp, method: str, path: str = "/", **arguments: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(send())


def test_an_answer_says_what_it_was_true_at(backend: Backend) -> None:
    found = request(JsonRpcApp(Fixed(backend), HttpSettings()), "POST", json=CHAIN_ID)
    assert (found.status_code, found.json()["result"]) == (200, hex(1337))
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-ethercattle-block-number"] == "0"
    assert found.headers["x-ethercattle-block-hash"] == "0x" + backend.view.head.hash.hex()
    assert found.headers["x-ethercattle-offset"] == str(POSITION)


@pytest.mark.parametrize("path", ["/", "/health", "/health/live", "/health/ready"])
def test_a_ready_node_says_so(backend: Backend, path: str) -> None:
    found = request(JsonRpcApp(Fixed(backend), HttpSettings()), "GET", path)
    assert found.status_code == 200
    assert found.json() == served_health(backend).as_json()
    assert (found.json()["status"], found.json()["offset"]) == ("ready", POSITION)
    assert "x-ethercattle-offset" in found.headers


def test_a_node_that_is_not_ready_answers_503_everywhere() -> None:
    app = JsonRpcApp(Fixed(None, "the log is not ours"), HttpSettings())
    reasons = ["the log is not ours", "the database holds no whole chain yet"]
    for path, status in (("/", 503), ("/health", 200), ("/health/live", 503), ("/health/ready", 503)):
        health = request(app, "GET", path)
        assert (health.status_code, health.json()["reasons"]) == (status, reasons)
    call = request(app, "POST", json=[CHAIN_ID])
    assert call.status_code == 503
    message = f"not ready: {'; '.join(reasons)}"
    assert call.json() == [{"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": message}}]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "text"),
    [
        ("POST", "/", {"host": "evil.example"}, b"{}", 403, "invalid host specified\n"),
        ("PUT", "/", {}, b"", 405, "method not allowed\n"),
        ("POST", "/", {"content-type": "text/plain"}, b"{}", 415,
         "invalid content type, only application/json is supported\n"),
        ("GET", "/?x=1", {}, b"", 415, "invalid content type, only application/json is supported\n"),
        ("POST", "/x", {"content-type": "application/json"}, b"{}", 404, ""),
        ("OPTIONS", "/", {}, b"", 200, ""),
        ("POST", "/", {"content-type": "application/json"}, b" ", 200, ""),
    ],
)  # fmt: skip
def test_what_is_not_a_call(
    backend: Backend, method: str, path: str, headers: dict[str, str], body: bytes, status: int, text: str
) -> None:
    found = request(JsonRpcApp(Fixed(backend), HttpSettings()), method, path, headers=headers, content=body)
    assert (found.status_code, found.text) == (status, text)


def test_a_body_over_the_limit_is_refused_even_without_a_length(backend: Backend) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b" " * 2**20

    app = JsonRpcApp(Fixed(backend), HttpSettings())
    headers = {"content-type": "application/json"}
    assert request(app, "POST", headers=headers, content=b" " * (BODY_BYTES_MAX + 1)).status_code == 413
    assert request(app, "POST", headers=headers, content=parts()).status_code == 413


def test_only_the_namespaces_that_are_offered_are_there(backend: Backend) -> None:
    app = JsonRpcApp(Fixed(backend), HttpSettings(apis=("net",)))
    assert request(app, "POST", json=CHAIN_ID).json()["error"]["code"] == -32601
    assert request(app, "POST", json=CHAIN_ID | {"method": "net_version"}).json()["result"] == "1337"
    assert request(app, "POST", json=CHAIN_ID | {"method": "rpc_modules"}).json()["result"] == {
        "net": "1.0",
        "rpc": "1.0",
    }


def test_browsers_may_ask_from_allowed_origins_alone(backend: Backend) -> None:
    app = JsonRpcApp(Fixed(backend), HttpSettings(cors_domains=("http://a.example",)))
    headers = {"origin": "http://a.example", "access-control-request-method": "POST"}
    preflight = request(app, "OPTIONS", headers=headers)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "http://a.example")
    for origin, allowed in (("http://a.example", "http://a.example"), ("http://b.example", None)):
        found = request(app, "POST", json=CHAIN_ID, headers={"origin": origin})
        assert found.headers.get("access-control-allow-origin") == allowed
    assert (
        "vary"
        not in request(JsonRpcApp(Fixed(backend), HttpSettings()), "POST", json=CHAIN_ID, headers=headers).headers
    )


def test_a_slow_call_runs_in_another_thread_and_is_given_up_in_time(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    names: list[str] = []

    def wait(_backend: Backend) -> bool:
        names.append(threading.current_thread().name)
        return release.wait(30)

    methods = {**METHODS, "eth_wait": Method("eth_wait", (), wait, slow=True)}
    app = JsonRpcApp(Fixed(backend), HttpSettings(), methods)
    monkeypatch.setattr(server, "SLOW_SECONDS_MAX", 0.05)
    found = request(app, "POST", json=CHAIN_ID | {"method": "eth_wait"}).json()
    release.set()
    assert found["error"] == {"code": -32002, "message": "request timed out"}
    assert names[0].startswith("rpc")
