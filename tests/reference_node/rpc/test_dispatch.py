"""Single calls, batches, notifications and everything that is none of them, as geth v1.17.8 answers them."""

from math import inf
from typing import Any

import orjson
import pytest

from reference_node.backend import EVM_TIMEOUT_SECONDS, Backend
from reference_node.errors import StoreError
from reference_node.rpc import dispatch
from reference_node.rpc.dispatch import answer_request, not_reached, not_ready, parse_request, refuse_all
from reference_node.rpc.params import decode_bool
from reference_node.rpc.registry import Method, Param, RpcError
from reference_node.rpc.server import SLOW_SECONDS_MAX
from reference_node.rpc.time_limits import WORK_SECONDS_MAX, timed_out
from tests.reference_node.rpc.served import backend_of
from tests.reference_node.worlds import World

CALLS: list[object] = []


def _fail(_backend: Backend) -> None:
    raise KeyError("a secret of the inside")


def _refuse(_backend: Backend) -> None:
    raise RpcError(3, "execution reverted", "0x01")


def _lose(_backend: Backend) -> None:
    raise StoreError("the database has no node")


METHODS = {
    name: Method(name, params, handler, slow)
    for name, params, handler, slow in (
        ("t_echo", (Param(decode_bool), Param(decode_bool, None)), lambda _, *values: list(values), False),
        ("t_note", (), lambda _: CALLS.append(1), False),
        ("t_fail", (), _fail, False),
        ("t_refuse", (), _refuse, False),
        ("t_lose", (), _lose, False),
        ("t_big", (), lambda _: "x" * 10_000_000, False),
        ("t_set", (), lambda _: {1, 2}, False),
        ("t_slow", (), lambda _: 1, True),
    )
}


@pytest.fixture(scope="module")
def backend() -> Backend:
    return backend_of(World())


def reply(backend: Backend, body: bytes) -> bytes:
    return answer_request(parse_request(body), backend, METHODS)


def call(backend: Backend, method: str, params: Any = None) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method}
    if params is not None:
        message["params"] = params
    return orjson.loads(reply(backend, orjson.dumps(message)))


NO_ID = "invalid argument 0: json: cannot unmarshal number into Go value of type rpc.ID"
INVALID = b'{"jsonrpc":"2.0","id":%b,"error":{"code":-32600,"message":"invalid request"}}'
ECHO = b'{"jsonrpc":"2.0","id":%b,"method":"t_echo","params":[true]}'
ECHOED = b'{"jsonrpc":"2.0","id":%b,"result":[true,null]}'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", b""),
        (b" \n", b""),
        (b"{", b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}'),
        (b"\xff", b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}'),
        (b"[]", b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty batch"}}'),
        (b"[1]", b"[" + INVALID % b"null" + b"]"),
        (b"null", INVALID % b"null"),
        (b"{}", INVALID % b"null"),
        (b'{"id":1}', INVALID % b"1"),
        (b'{"jsonrpc":"1.0","id":1,"method":"t_echo"}', INVALID % b"1"),
        (b'{"jsonrpc":"2.0","id":{},"method":"t_echo"}', INVALID % b"null"),
        (b'{"jsonrpc":"2.0","id":[1],"method":"t_echo"}', INVALID % b"null"),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', INVALID % b"1"),
        (b'{"jsonrpc":"2.0","id":1,"result":5}', b""),
        (b'[{"jsonrpc":"2.0","method":"t_note"}]', b""),
    ],
)
def test_what_is_no_call(backend: Backend, body: bytes, expected: bytes) -> None:
    assert expected == reply(backend, body)


@pytest.mark.parametrize(
    "identity", [b"1", b"null", b"true", b'"a"', b"-7", b"1.50", b"1e3", b"123456789012345678901234567890"]
)
def test_an_id_comes_back_as_it_was_written(backend: Backend, identity: bytes) -> None:
    assert ECHOED % identity == reply(backend, ECHO % identity)
    assert b"[" + ECHOED % identity + b"]" == reply(backend, b"[" + ECHO % identity + b"]")


def test_an_odd_id_leaves_the_parameters_alone(backend: Backend) -> None:
    answer = orjson.loads(reply(backend, b'{"jsonrpc":"2.0","id":1.5,"method":"t_echo","params":[5]}'))
    assert answer["error"]["message"] == "invalid argument 0: json: cannot unmarshal number into Go value of type bool"


def test_deep_nesting_breaks_nothing(backend: Backend) -> None:
    for depth in (900, 1010, 100_000):
        params = b"[" * depth + b"]" * depth
        answer = orjson.loads(reply(backend, b'{"jsonrpc":"2.0","id":1.5,"method":"t_echo","params":' + params + b"}"))
        assert answer["error"]["code"] in (-32602, -32700)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (None, "missing value for required argument 0"),
        ([], "missing value for required argument 0"),
        ([None], "missing value for required argument 0"),
        ([True, True, True], "too many arguments, want at most 2"),
        ({}, "non-array args"),
        ("x", "non-array args"),
        ([True, "x"], "invalid argument 1: json: cannot unmarshal string into Go value of type bool"),
    ],
)
def test_wrong_parameters_are_invalid_params(backend: Backend, params: Any, message: str) -> None:
    assert call(backend, "t_echo", params)["error"] == {"code": -32602, "message": message}


@pytest.mark.parametrize("params", [[True], [True, None]])
def test_an_optional_parameter_may_be_null_or_missing(backend: Backend, params: Any) -> None:
    assert call(backend, "t_echo", params)["result"] == [True, None]


@pytest.mark.parametrize(
    ("name", "params", "error"),
    [
        ("nope", None, (-32601, "the method nope does not exist/is not available")),
        ("x" * 2049, None, (-32600, "method name too long: 2049 > 2048")),
        ("eth_subscribe", ["newHeads"], (-32601, "notifications not supported")),
        ("eth_unsubscribe", ["0x1"], (-32000, "subscription not found")),
        ("eth_unsubscribe", None, (-32602, "missing value for required argument 0")),
        ("eth_unsubscribe", [1], (-32602, NO_ID)),
    ],
)  # fmt: skip
def test_unknown_methods(backend: Backend, name: str, params: Any, error: tuple[int, str]) -> None:
    found = call(backend, name, params)["error"]
    assert error == (found["code"], found["message"])


def test_a_crash_tells_the_client_nothing_but_that(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    assert call(backend, "t_fail")["error"] == {"code": -32603, "message": "method handler crashed"}
    assert "a secret of the inside" in caplog.text


def test_an_answer_without_a_form_in_json_is_an_internal_error(backend: Backend) -> None:
    assert call(backend, "t_set")["error"]["code"] == -32603


def test_errors_carry_code_message_and_data(backend: Backend) -> None:
    assert call(backend, "t_refuse")["error"] == {"code": 3, "message": "execution reverted", "data": "0x01"}
    assert call(backend, "t_lose")["error"] == {"code": -32000, "message": "the database has no node"}


def test_a_notification_is_done_but_not_answered(backend: Backend) -> None:
    CALLS.clear()
    assert reply(backend, b'{"jsonrpc":"2.0","method":"t_note"}') == b""
    assert CALLS == [1]
    assert reply(backend, b'{"jsonrpc":"2.0","method":"nope"}') == b""


def test_a_batch_answers_its_calls_in_order_and_leaves_out_the_rest(backend: Backend) -> None:
    body = (
        b"["
        + ECHO % b"2"
        + b',{"jsonrpc":"2.0","method":"t_note"},{"jsonrpc":"2.0","id":9,"result":1},'
        + ECHO % b"1"
        + b"]"
    )
    assert reply(backend, body) == b"[" + ECHOED % b"2" + b"," + ECHOED % b"1" + b"]"


def test_a_batch_over_the_limit_is_refused_under_its_first_id(backend: Backend) -> None:
    body = b"[" + b",".join([b"1", *[ECHO % b"7"] * dispatch.BATCH_ITEMS_MAX]) + b"]"
    assert reply(backend, body) == b'[{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"batch too large"}}]'
    assert len(orjson.loads(reply(backend, b"[" + b",".join([ECHO % b"7"] * dispatch.BATCH_ITEMS_MAX) + b"]"))) == 1000


def test_a_batch_stops_once_its_answers_are_too_large(backend: Backend) -> None:
    big = [{"jsonrpc": "2.0", "id": number, "method": "t_big"} for number in range(5)]
    note = {"jsonrpc": "2.0", "method": "t_note"}
    answers = orjson.loads(reply(backend, orjson.dumps([*big, note])))
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3, 4]
    assert ["result" in answer for answer in answers] == [True, True, True, False, False]
    assert answers[3]["error"] == {"code": -32003, "message": "response too large"}


def test_what_may_take_long_is_known_before_it_is_answered() -> None:
    slow = b'{"jsonrpc":"2.0","id":1,"method":"t_slow"}'
    assert parse_request(slow).is_slow(METHODS)
    assert parse_request(b"[" + ECHO % b"1" + b"," + slow + b"]").is_slow(METHODS)
    assert not parse_request(ECHO % b"1").is_slow(METHODS)
    assert not parse_request(b"5").is_slow(METHODS)
    assert parse_request(b"[" + b",".join([ECHO % b"1"] * 100) + b"]").is_slow(METHODS)


def test_a_request_that_is_not_answered_in_time_or_at_all_gets_an_error_for_each_call() -> None:
    single, batch = parse_request(ECHO % b"5"), parse_request(b"[" + ECHO % b"5" + b"," + ECHO % b'"b"' + b"]")
    assert orjson.loads(refuse_all(single, timed_out())) == {
        "jsonrpc": "2.0", "id": 5, "error": {"code": -32002, "message": "request timed out"},
    }  # fmt: skip
    answers = orjson.loads(refuse_all(batch, not_ready("42 records behind")))
    assert [(found["id"], found["error"]["message"]) for found in answers] == [
        (5, "not ready: 42 records behind"),
        ("b", "not ready: 42 records behind"),
    ]
    assert orjson.loads(refuse_all(single, not_reached(18, 16)))["error"] == {
        "code": -32010,
        "message": "block 18 is not reached yet: the head is block 16",
        "data": {"minBlock": "0x12", "headBlock": "0x10"},
    }


def test_a_batch_starts_no_call_after_its_time(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    response = b'{"jsonrpc":"2.0","id":9,"result":1}'
    notification = b'{"jsonrpc":"2.0","method":"t_note"}'
    parts = [ECHO % b"1", ECHO % b"2", response, notification, b"7", ECHO % b"3"]
    request = parse_request(b"[" + b",".join(parts) + b"]")
    clock = iter([request.deadline - 1] + [request.deadline + 1] * len(parts))
    CALLS.clear()
    monkeypatch.setattr(dispatch, "monotonic", lambda: next(clock))
    answers = orjson.loads(answer_request(request, backend, METHODS))
    assert [(found["id"], found.get("error", {}).get("code")) for found in answers] == [
        (1, None),
        (2, -32002),
        (None, -32002),
        (3, -32002),
    ]
    assert not CALLS
    assert SLOW_SECONDS_MAX > WORK_SECONDS_MAX + EVM_TIMEOUT_SECONDS
    assert parse_request(ECHO % b"1").deadline == inf


def test_a_meter_is_told_of_each_call_and_its_error(backend: Backend) -> None:
    told: list[tuple[str, int]] = []
    calls = (ECHO % b"5", ECHO.replace(b"t_echo", b"t_none") % b"6", ECHO.replace(b"t_echo", b"t_refuse") % b"8", b"7")
    request = parse_request(b"[" + b",".join(calls) + b"]")
    metered = answer_request(request, backend, METHODS, lambda name, _seconds, code: told.append((name, code)))
    assert told == [("t_echo", 0), ("t_none", -32601), ("t_refuse", -32602)]
    assert metered == answer_request(request, backend, METHODS)
    assert request.call_count() == len(calls)
