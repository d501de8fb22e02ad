"""Questions for tests."""

import json
from typing import Any

from conformance.corpus import Question


def question(method: str = "eth_getBalance", params: list[Any] | None = None, result: object = "0x1") -> Question:
    """Return a question with a recorded result."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or []})
    return Question(f"{method}/case", method, "for a test", body, answer(result))


def answer(result: object) -> str:
    """Return an answer with a result."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result})


def error_answer(code: object = -32000, message: object = "no", **more: object) -> str:
    """Return an answer with an error."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message, **more}})
