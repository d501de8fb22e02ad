"""Where a wrong value may go unpunished: the allowances, entered a second time and by hand.

The self-test counts a fault that was let pass as allowed only if all that it changed is at these places. So a row that
is added to the allowances, or made wider, shows as survivors until somebody enters it here, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from conformance.allowances import Settings
from conformance.answers import Json
from conformance.corpus import Question
from conformance.faults.fault import Path, text_of


@dataclass(frozen=True, slots=True)
class Excuse:
    """A place of a method's answers where another value is let pass."""

    allowance: str
    """The name of the row."""
    method: str
    path: tuple[str, ...]
    """Keys from one answer down to the value; patterns as a shell's."""
    pending_only: bool = False
    """Whether the request has to name the pending block."""


_BLOCK = "eth_getBlockByNumber"
EXCUSES = (
    Excuse("error-message", "*", ("error", "message")),
    Excuse("client-version", "web3_clientVersion", ("result",)),
    Excuse("access-list-order", "eth_createAccessList", ("result", "accessList")),
    Excuse("access-list-keys", "eth_createAccessList", ("result", "accessList", "*", "storageKeys")),
    Excuse("gas-tolerance", "eth_estimateGas", ("result",)),
    Excuse("pending-time", _BLOCK, ("result", "timestamp"), pending_only=True),
    Excuse("pending-state", _BLOCK, ("result", "stateRoot"), pending_only=True),
    Excuse("pending-extra", _BLOCK, ("result", "extraData"), pending_only=True),
    Excuse("pending-size", _BLOCK, ("result", "size"), pending_only=True),
)


def find_excuses(question: Question, right: Json, wrong: Json, settings: Settings) -> tuple[str, ...]:
    """Return the allowances that may let a wrong answer pass; none where it changes anything else.

    Args:
        question: what was asked.
        right: the body of the right answer.
        wrong: the body of the wrong one.
        settings: what the user asks for.
    """
    requests = question.requests()
    found: dict[str, None] = {}
    for path in changed_places(right, wrong):
        names = {_excuse(request, path, settings) for request in _asked(requests, right, path)}
        if len(names) != 1 or None in names:
            return ()
        found.update(dict.fromkeys(name for name in names if name))
    return tuple(found)


def changed_places(right: Json, wrong: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the innermost places where two values are not the same."""
    if isinstance(right, dict) and isinstance(wrong, dict):
        if right.keys() != wrong.keys():
            yield path
            return
        for key in right:
            yield from changed_places(right[key], wrong[key], (*path, key))
    elif isinstance(right, list) and isinstance(wrong, list):
        if len(right) != len(wrong) or sorted(map(text_of, right)) == sorted(map(text_of, wrong)):
            if text_of(right) != text_of(wrong):
                yield path
            return
        for place, (one, other) in enumerate(zip(right, wrong, strict=True)):
            yield from changed_places(one, other, (*path, place))
    elif text_of(right) != text_of(wrong):
        yield path


def _asked(requests: tuple[dict[str, Any], ...], right: Json, path: Path) -> list[dict[str, Any]]:
    """Return the requests that the answer at a path may be to."""
    if not isinstance(right, list):
        return list(requests[:1]) or [{}]
    answer = right[path[0]] if path and isinstance(path[0], int) else None
    identity = answer.get("id") if isinstance(answer, dict) else None
    return [request for request in requests if request.get("id") == identity] or [{}]


def _excuse(request: dict[str, Any], path: Path, settings: Settings) -> str | None:
    inside = path[1:] if path and isinstance(path[0], int) else path
    for excuse in EXCUSES:
        if _fits(excuse, request, inside) and not _is_off(excuse, settings):
            return excuse.allowance
    return None


def _fits(excuse: Excuse, request: dict[str, Any], path: Path) -> bool:
    params = request.get("params")
    is_pending = isinstance(params, list) and "pending" in [param for param in params if isinstance(param, str)]
    return (
        fnmatchcase(str(request.get("method", "")), excuse.method)
        and len(path) == len(excuse.path)
        and all(fnmatchcase(str(step), pattern) for step, pattern in zip(path, excuse.path, strict=True))
        and (is_pending or not excuse.pending_only)
    )


def _is_off(excuse: Excuse, settings: Settings) -> bool:
    if excuse.allowance == "error-message":
        return settings.strict_messages
    return excuse.allowance == "gas-tolerance" and not settings.gas_tolerance
