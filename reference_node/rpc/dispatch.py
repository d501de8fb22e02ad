"""From the bytes of a JSON-RPC request to the bytes of its answer: single calls, batches, notifications, errors.

Source: geth v1.17.8, rpc/handler.go, rpc/json.go, rpc/errors.go.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from reference_node.backend import Backend
from reference_node.errors import EtherCattleError
from reference_node.rpc.registry import METHODS, Method, RpcError

BATCH_ITEMS_MAX = 1000
BATCH_ANSWER_BYTES_MAX = 25_000_000
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
RESPONSE_TOO_LARGE = -32003
METHOD_NAME_LENGTH_MAX = 2048
_SUBSCRIBE_SUFFIXES = ("_subscribe", "_unsubscribe")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """The messages of one HTTP request."""

    messages: tuple[Any, ...]
    is_batch: bool
    error: bytes | None = None
    """The whole answer, where the request can't be handled at all."""

    @property
    def is_slow(self) -> bool:
        """Whether any of its methods may take long."""
        return any(
            isinstance(message, dict) and (found := METHODS.get(str(message.get("method")))) is not None and found.slow
            for message in self.messages
        )


def parse_request(body: bytes) -> Request:
    """Split a body into its messages."""
    if not body.strip():
        return Request((), is_batch=False, error=b"")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Request((), is_batch=False, error=_error_bytes(None, RpcError(PARSE_ERROR, "parse error")))
    if not isinstance(content, list):
        return Request((content,), is_batch=False)
    if not content:
        return Request((), is_batch=True, error=_error_bytes(None, RpcError(INVALID_REQUEST, "empty batch")))
    if len(content) > BATCH_ITEMS_MAX:
        first = next((message["id"] for message in content if _is_call(message)), None)
        error = _error_bytes(first, RpcError(INVALID_REQUEST, "batch too large"))
        return Request((), is_batch=True, error=b"[" + error + b"]")
    return Request(tuple(content), is_batch=True)


def answer_request(request: Request, backend: Backend, methods: Mapping[str, Method] = METHODS) -> bytes:
    """Return the answer's bytes; none where only notifications were sent."""
    if request.error is not None:
        return request.error
    if not request.is_batch:
        return answer_message(request.messages[0], backend, methods)
    answers: list[bytes] = []
    total_bytes = 0
    for place, message in enumerate(request.messages):
        answer = answer_message(message, backend, methods)
        if answer:
            answers.append(answer)
            total_bytes += len(answer)
        if total_bytes > BATCH_ANSWER_BYTES_MAX:
            too_large = RpcError(RESPONSE_TOO_LARGE, "response too large")
            rest = [left for left in request.messages[place + 1 :] if not _is_notification(left)]
            answers += [_error_bytes(_id_of(left), too_large) for left in rest]
            break
    return b"[" + b",".join(answers) + b"]" if answers else b""


def answer_message(message: Any, backend: Backend, methods: Mapping[str, Method] = METHODS) -> bytes:
    """Return the answer to one message; none for a notification or an answer of the client's own."""
    if not isinstance(message, dict):
        return _error_bytes(None, RpcError(INVALID_REQUEST, "invalid request"))
    if _is_call(message):
        identity = message["id"]
        try:
            result = _call(message, backend, methods)
            return b'{"jsonrpc":"2.0","id":' + orjson.dumps(identity) + b',"result":' + orjson.dumps(result) + b"}"
        except RpcError as error:
            return _error_bytes(identity, error)
    if _is_notification(message) or _is_response(message):
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
        if len(name) > METHOD_NAME_LENGTH_MAX:
            raise RpcError(INVALID_REQUEST, f"method name too long: {len(name)} > {METHOD_NAME_LENGTH_MAX}")
        if name.endswith(_SUBSCRIBE_SUFFIXES[0]):
            raise RpcError(METHOD_NOT_FOUND, "notifications not supported")
        raise RpcError(METHOD_NOT_FOUND, f"the method {name} does not exist/is not available")
    values = decode_params(method, message.get("params"))
    try:
        return method.handler(backend, *values)
    except RpcError:
        raise
    except EtherCattleError as error:
        raise RpcError(-32000, str(error)) from error
    except Exception as error:
        # As geth does with a panic: the client learns that it happened, the log learns what.
        _LOG.exception("method %s crashed", name)
        raise RpcError(INTERNAL_ERROR, "method handler crashed") from error


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


def _id_of(message: Any) -> Any:
    return message["id"] if isinstance(message, dict) and _has_id(message) else None


def _error_bytes(identity: Any, error: RpcError) -> bytes:
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        content["data"] = error.data
    return orjson.dumps({"jsonrpc": "2.0", "id": identity, "error": content})
