"""From the bytes of a JSON-RPC request to the bytes of its answer: single calls, batches, notifications, errors.

Source: geth v1.17.8, rpc/handler.go, rpc/json.go, rpc/errors.go.
"""

import contextlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from time import monotonic, perf_counter
from typing import Any

import orjson

from reference_node.backend import Backend
from reference_node.errors import EtherCattleError
from reference_node.rpc.escapes import parse_json
from reference_node.rpc.params import cannot_unmarshal, go_kind
from reference_node.rpc.registry import METHODS, Method, Param, RpcError
from reference_node.rpc.time_limits import WORK_SECONDS_MAX, timed_out

BATCH_ITEMS_MAX = 1000
BATCH_ANSWER_BYTES_MAX = 25_000_000
QUICK_ITEMS_MAX = 20
"""A batch of more is answered in a worker thread."""
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
SERVER_ERROR, RESPONSE_TOO_LARGE = -32000, -32003
BLOCK_NOT_REACHED = -32010
"""Of the range for a server's own errors; geth has none like it."""
METHOD_NAME_LENGTH_MAX = 2048
_LOG = logging.getLogger(__name__)

Meter = Callable[[str, float, int], None]
"""Is told of each call: its method, the seconds it took, and its error's code or 0."""


@dataclass(frozen=True, slots=True)
class Request:
    """The messages of one HTTP request."""

    messages: tuple[Any, ...]
    is_batch: bool
    error: bytes | None = None
    """The whole answer, where the request can't be handled at all."""
    error_code: int = 0
    """The code in it, if there is one."""
    deadline: float = inf
    """When no further call of a batch is started, by the monotonic clock in seconds."""

    def is_slow(self, methods: Mapping[str, Method]) -> bool:
        """Say whether it may take long: by one of its methods, or because it holds so many."""
        if len(self.messages) > QUICK_ITEMS_MAX:
            return True
        for message in self.messages:
            name = message.get("method") if isinstance(message, dict) else None
            found = methods.get(name) if isinstance(name, str) else None
            if found is not None and found.is_slow(message.get("params")):
                return True
        return False

    def call_count(self) -> int:
        """Return how many of its messages want an answer."""
        return sum(map(_wants_answer, self.messages))


def parse_request(body: bytes) -> Request:
    """Split a body into its messages."""
    if not body.strip():
        return Request((), is_batch=False, error=b"")
    try:
        content = parse_json(body)
    except orjson.JSONDecodeError:
        return _broken(None, RpcError(PARSE_ERROR, "parse error"))
    _restore_odd_ids(content, body)
    if not isinstance(content, list):
        return Request((content,), is_batch=False)
    if not content:
        return _broken(None, RpcError(INVALID_REQUEST, "empty batch"))
    if len(content) > BATCH_ITEMS_MAX:
        first = next((message["id"] for message in content if _is_call(message)), None)
        return _broken(first, RpcError(INVALID_REQUEST, "batch too large"), in_list=True)
    return Request(tuple(content), is_batch=True, deadline=monotonic() + WORK_SECONDS_MAX)


def answer_request(
    request: Request,
    backend: Backend,
    methods: Mapping[str, Method] = METHODS,
    meter: Meter | None = None,
    is_given_up: Callable[[], bool] = lambda: False,
) -> bytes:
    """Return the answer's bytes; none where only notifications were sent.

    Args:
        request: what was sent.
        backend: the one view that all of it is answered from.
        methods: those offered.
        meter: is told of each call.
        is_given_up: says that nobody waits for the answer any more, so that a batch need not go on.
    """
    if request.error is not None:
        return request.error
    if not request.is_batch:
        return answer_message(request.messages[0], backend, methods, meter)
    answers: list[bytes] = []
    total_bytes = 0
    for place, message in enumerate(request.messages):
        if is_given_up() or monotonic() > request.deadline:
            answers += _refusals(request.messages[place:], timed_out())
            break
        answer = answer_message(message, backend, methods, meter)
        if answer:
            answers.append(answer)
            total_bytes += len(answer)
        if total_bytes > BATCH_ANSWER_BYTES_MAX:
            too_large = RpcError(RESPONSE_TOO_LARGE, "response too large")
            answers += _refusals(request.messages[place + 1 :], too_large)
            break
    return _batch_bytes(answers)


def not_ready(reason: str) -> RpcError:
    """Return the error of a node that has no block to answer from yet, or lags behind its log."""
    return RpcError(SERVER_ERROR, f"not ready: {reason or 'no block yet'}")


def not_reached(wanted: int, head: int) -> RpcError:
    """Return the error of a node whose head is below the least block that a request wants to be answered at."""
    facts = {"minBlock": hex(wanted), "headBlock": hex(head)}
    return RpcError(BLOCK_NOT_REACHED, f"block {wanted} is not reached yet: the head is block {head}", facts)


def refuse_all(request: Request, error: RpcError) -> bytes:
    """Return the same error for each call of a request."""
    if request.error is not None:
        return request.error
    answers = _refusals(request.messages, error)
    return _batch_bytes(answers) if request.is_batch else b"".join(answers)


def answer_message(
    message: Any, backend: Backend, methods: Mapping[str, Method] = METHODS, meter: Meter | None = None
) -> bytes:
    """Return the answer to one message; none for a notification or an answer of the client's own."""
    if not isinstance(message, dict):
        return _error_bytes(None, RpcError(INVALID_REQUEST, "invalid request"))
    if _is_call(message):
        code, started = 0, perf_counter() if meter is not None else 0.0
        try:
            result = _encode_result(_call(message, backend, methods))
            answer = b'{"jsonrpc":"2.0","id":' + _encode_id(message["id"]) + b',"result":' + result + b"}"
        except RpcError as error:
            code, answer = error.code, _error_bytes(message["id"], error)
        if meter is not None:
            meter(message["method"], perf_counter() - started, code)
        return answer
    if _is_notification(message):
        with contextlib.suppress(RpcError):
            _call(message, backend, methods)
        return b""
    if _is_response(message):
        return b""
    return _error_bytes(_id_of(message), RpcError(INVALID_REQUEST, "invalid request"))


def decode_params(method: Method, params: Any) -> list[Any]:
    """Return a method's parameters decoded, missing optional ones by their defaults.

    Raises:
        RpcError: a parameter is missing, too many, or can't be read.
    """
    if params is None:
        params = []
    if not isinstance(params, list):
        raise RpcError(INVALID_PARAMS, "non-array args")
    values: list[Any] = []
    for index, value in enumerate(params):
        if index >= len(method.params):
            raise RpcError(INVALID_PARAMS, f"too many arguments, want at most {len(method.params)}")
        wanted = method.params[index]
        if value is None:
            values.append(_default(wanted.default, index))
            continue
        try:
            values.append(wanted.decode(value))
        except ValueError as error:
            raise RpcError(INVALID_PARAMS, f"invalid argument {index}: {error}") from error
    missing = range(len(values), len(method.params))
    return values + [_default(method.params[index].default, index) for index in missing]


def _call(message: dict[str, Any], backend: Backend, methods: Mapping[str, Method]) -> object:
    name = message["method"]
    method = methods.get(name)
    if method is None:
        raise _missing_method(name, message.get("params"))
    values = decode_params(method, message.get("params"))
    try:
        return method.handler(backend, *values)
    except RpcError:
        raise
    except EtherCattleError as error:
        raise RpcError(SERVER_ERROR, str(error)) from error
    except Exception as error:
        # As geth does with a panic: the client learns that it happened, the log learns what.
        _LOG.exception("method %s crashed", name)
        raise RpcError(INTERNAL_ERROR, "method handler crashed") from error


def _missing_method(name: str, params: Any) -> RpcError:
    if len(name) > METHOD_NAME_LENGTH_MAX:
        return RpcError(INVALID_REQUEST, f"method name too long: {len(name)} > {METHOD_NAME_LENGTH_MAX}")
    if name.endswith("_subscribe"):
        return RpcError(METHOD_NOT_FOUND, "notifications not supported")
    if name.endswith("_unsubscribe"):
        decode_params(_UNSUBSCRIBE, params)
        return RpcError(SERVER_ERROR, "subscription not found")
    return RpcError(METHOD_NOT_FOUND, f"the method {name} does not exist/is not available")


def _decode_subscription_id(value: Any) -> str:
    if not isinstance(value, str):
        raise cannot_unmarshal(go_kind(value), "rpc.ID")
    return value


_UNSUBSCRIBE = Method("unsubscribe", (Param(_decode_subscription_id),), lambda *_: None, slow=False)


def _default(value: object, index: int) -> object:
    if value is ...:
        raise RpcError(INVALID_PARAMS, f"missing value for required argument {index}")
    return value


def _has_version(message: dict[str, Any]) -> bool:
    return message.get("jsonrpc") == "2.0"


def _has_id(message: dict[str, Any]) -> bool:
    return "id" in message and not isinstance(message["id"], dict | list)


def _has_method(message: dict[str, Any]) -> bool:
    method = message.get("method")
    return isinstance(method, str) and method != ""


def _is_call(message: Any) -> bool:
    return isinstance(message, dict) and _has_version(message) and _has_id(message) and _has_method(message)


def _is_notification(message: Any) -> bool:
    return isinstance(message, dict) and _has_version(message) and "id" not in message and _has_method(message)


def _is_response(message: dict[str, Any]) -> bool:
    has_outcome = "result" in message or "error" in message
    return (
        _has_version(message)
        and _has_id(message)
        and not _has_method(message)
        and has_outcome
        and ("params" not in message)
    )


def _wants_answer(message: Any) -> bool:
    return not (isinstance(message, dict) and (_is_notification(message) or _is_response(message)))


def _id_of(message: Any) -> Any:
    return message["id"] if isinstance(message, dict) and _has_id(message) else None


def _refusals(messages: Iterable[Any], error: RpcError) -> list[bytes]:
    """Return the same error for each of these messages that wants an answer."""
    return [_error_bytes(_id_of(message), error) for message in messages if _wants_answer(message)]


def _batch_bytes(answers: list[bytes]) -> bytes:
    return b"[" + b",".join(answers) + b"]" if answers else b""


def _broken(identity: Any, error: RpcError, in_list: bool = False) -> Request:
    """Return a request that is answered with one error, whatever it holds."""
    answer = _error_bytes(identity, error)
    return Request((), is_batch=in_list, error=b"[" + answer + b"]" if in_list else answer, error_code=error.code)


def _error_bytes(identity: Any, error: RpcError) -> bytes:
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        content["data"] = error.data
    encoded = orjson.dumps(content)
    return b'{"jsonrpc":"2.0","id":' + _encode_id(identity) + b',"error":' + encoded + b"}"


class _Literal(str):
    """A JSON number, as it was written."""

    __slots__ = ()


def _encode_id(identity: Any) -> bytes:
    return identity.encode() if isinstance(identity, _Literal) else orjson.dumps(identity)


def _restore_odd_ids(content: Any, body: bytes) -> None:
    """Put ids like 1.50, or those over 64 bits, back as they were written: a float would not come out the same."""
    messages = content if isinstance(content, list) else [content]
    if not any(isinstance(message, dict) and isinstance(message.get("id"), float) for message in messages):
        return
    try:
        literal = json.loads(body, parse_float=_Literal, parse_int=_Literal)
    except RecursionError:
        return  # nested deeper than this parser goes: such an id comes back as an equal number
    for message, written in zip(messages, literal if isinstance(content, list) else [literal], strict=True):
        if isinstance(message, dict) and isinstance(message.get("id"), float):
            message["id"] = written["id"]


def _encode_result(result: object) -> bytes:
    try:
        return orjson.dumps(result)
    except TypeError as error:
        _LOG.exception("an answer has no form in JSON")
        raise RpcError(INTERNAL_ERROR, f"json: {error}") from error
