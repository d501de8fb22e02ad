"""A node's endpoint over HTTP and over a Unix socket: answers, silence, and what a command line may name."""

import json
import socket
from contextlib import closing
from pathlib import Path

import pytest

from reference_node.errors import UsageError
from reference_node.roles.endpoint import HttpEndpoint, HttpRefusal, IpcEndpoint, NodeAway, open_endpoint
from tests.reference_node.roles.fake_nodes import http_node, ipc_node


def echo(body: bytes) -> bytes:
    """Answer with the parameters."""
    request = json.loads(body)
    assert request["jsonrpc"] == "2.0"
    return json.dumps(
        {"jsonrpc": "2.0", "id": request["id"], "result": [request["method"], *request["params"]]}
    ).encode()


def test_http_answers_come_back_whole() -> None:
    with http_node(lambda body: (200, echo(body))) as url, closing(open_endpoint(url)) as endpoint:
        assert endpoint.call("eth_x", "0x1", 2)["result"] == ["eth_x", "0x1", 2]
        assert endpoint.call("eth_y")["result"] == ["eth_y"]


def test_a_json_rpc_error_counts_whatever_the_status() -> None:
    def refuse(body: bytes) -> tuple[int, bytes]:
        return 500, json.dumps({"id": json.loads(body)["id"], "error": {"code": 1, "message": "no"}}).encode()

    with http_node(refuse) as url, closing(HttpEndpoint(url)) as endpoint:
        assert endpoint.call("eth_x")["error"] == {"code": 1, "message": "no"}


def test_a_status_without_an_answer_is_a_refusal_of_the_server() -> None:
    with (
        http_node(lambda _: (429, b"slow down")) as url,
        closing(HttpEndpoint(url)) as endpoint,
        pytest.raises(HttpRefusal) as caught,
    ):
        endpoint.call("eth_x")
    assert (caught.value.status, caught.value.text) == (429, "slow down")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"id": 999, "result": 1}', b'{"jsonrpc": "2.0"}', b"", b"[" * 200_000]
)
def test_something_else_than_an_answer_is_no_answer(body: bytes) -> None:
    with (
        http_node(lambda _: (200, body)) as url,
        closing(HttpEndpoint(url)) as endpoint,
        pytest.raises(NodeAway, match="something else"),
    ):
        endpoint.call("eth_x")


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with closing(HttpEndpoint(f"http://127.0.0.1:{port}")) as endpoint, pytest.raises(NodeAway, match="refused"):
        endpoint.call("eth_x")


def test_a_server_that_keeps_silent_is_given_up() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with closing(HttpEndpoint(url, timeout_seconds=0.05)) as endpoint, pytest.raises(NodeAway):
            endpoint.call("eth_x")


@pytest.mark.parametrize("line_end", [b"\n", b"", b" \r\n"])
def test_ipc_answers_are_values_of_a_stream(tmp_path: Path, line_end: bytes) -> None:
    notification = b'{"jsonrpc":"2.0","method":"eth_subscription","params":{}}'

    def respond(body: bytes) -> list[bytes]:
        whole = notification + echo(body) + line_end
        return [whole[at : at + 7] for at in range(0, len(whole), 7)]

    with ipc_node(tmp_path / "geth.ipc", respond), closing(open_endpoint(str(tmp_path / "geth.ipc"))) as endpoint:
        assert endpoint.call("eth_x", "ä}")["result"] == ["eth_x", "ä}"]
        assert endpoint.call("eth_y", "0x" + "ab" * 100_000)["result"] == ["eth_y", "0x" + "ab" * 100_000]


def test_ipc_goes_on_after_a_node_that_hung_up_or_was_not_there_yet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "geth.ipc"
    with closing(open_endpoint(str(path))) as endpoint:
        assert f"there is no socket {path} yet" in caplog.text
        with pytest.raises(NodeAway, match="No such file"):
            endpoint.call("eth_x")
        with ipc_node(path, lambda _: []), pytest.raises(NodeAway):
            endpoint.call("eth_x")
        with ipc_node(path, lambda body: [echo(body)]):
            assert endpoint.call("eth_x")["result"] == ["eth_x"]
        with pytest.raises(NodeAway):
            endpoint.call("eth_x")


def test_an_answer_too_late_is_not_taken_for_that_of_the_next_call(tmp_path: Path) -> None:
    late: list[bytes] = []

    def respond(body: bytes) -> list[bytes]:
        late.append(echo(body))
        return [b" "] if len(late) == 1 else late

    with ipc_node(tmp_path / "s", respond), closing(IpcEndpoint(tmp_path / "s", timeout_seconds=0.1)) as endpoint:
        with pytest.raises(NodeAway, match=r"no answer|timed out"):
            endpoint.call("first")
        assert endpoint.call("second")["result"] == ["second"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ftp://node", "expected http"),
        ("", "expected http"),
        ("http://", "names no host"),
        ("http://[::1", "expected http"),
        ("{folder}/missing/geth.ipc", "no folder"),
        ("{folder}/nowhere", "there is nothing"),
        ("{folder}/file", "not a socket"),
        ("{folder}", "not a socket"),
        ("{folder}/" + "x" * 108, "at most 107 bytes"),
    ],
)
def test_what_is_neither_url_nor_socket_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=reason) as caught:
        open_endpoint(text.replace("{folder}", str(tmp_path)))
    assert "ENDPOINT is" in str(caught.value)
