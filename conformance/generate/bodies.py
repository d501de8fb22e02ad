"""Strategies of what is sent whole: messages that are no good calls, unknown methods, and batches of several calls."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.generate.values import WRONG, Params, weighted

BATCH_MAX = 6
Message = dict[str, Any]
_METHOD = "eth_chainId"
_UNKNOWN_METHODS = (
    "eth_getEverything", "cow_moo", "blockNumber", "eth_BlockNumber", "eth_", "_", "eth_blockNumber ", "ETH_CHAINID",
    "eth_chainId_", "rpc_nothing", "eth__chainId",
)  # fmt: skip
_ODD_IDS: tuple[Any, ...] = (0, -1, "1", "", "\u00e9", None, True, 2**53 + 1, 2**70, 1.5, [], [1], {}, "0x1")
_TEXTS = (
    "", " ", "{", "}", "[", "[]", "[[]]", "[1,2]", "[null]", "null", "1", '"eth_chainId"', "true", "{}", "[{}]", "{]",
    '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"', "\u00e9", '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}x',
)  # fmt: skip


def write_body(content: Any) -> str:
    """Return the JSON text that is sent, without blanks, as most clients do."""
    return json.dumps(content, separators=(",", ":"))


def message(method: str, params: Any, identity: Any = 1) -> Message:
    """Return the request of a call."""
    return {"jsonrpc": "2.0", "id": identity, "method": method, "params": params}


def broken_bodies() -> SearchStrategy[str]:
    """Return a strategy of bodies in which something is wrong, or at least seldom seen."""
    whole = message(_METHOD, [])
    fields = st.tuples(st.sampled_from(("jsonrpc", "id", "method", "params")), st.sampled_from(WRONG))
    without = [{name: value for name, value in whole.items() if name != left_out} for left_out in whole]
    odd_ids = [{**whole, "id": identity} for identity in _ODD_IDS]
    unknown = [message(method, []) for method in _UNKNOWN_METHODS]
    more = [{**whole, "extra": 1}, {**whole, "result": 1}, {"jsonrpc": "2.0", "id": 1, "result": "0x1"}]
    return st.one_of(
        st.sampled_from([write_body(content) for content in (*unknown, *without, *odd_ids, *more)]),
        fields.map(lambda drawn: write_body({**whole, drawn[0]: drawn[1]})),
        st.sampled_from(_TEXTS),
    )


def batches(calls: Sequence[tuple[str, Params]]) -> SearchStrategy[str]:
    """Return a strategy of batches: calls of these methods, each with an id of its own, and what is no call."""
    each = weighted(*((1, params.map(partial(message, name))) for name, params in calls))
    no_calls: list[Any] = [1, None, {}, [], {"jsonrpc": "2.0", "method": _METHOD}, {"jsonrpc": "2.0", "id": 99}]
    odd = st.sampled_from(no_calls)
    members = st.lists(each, min_size=1, max_size=BATCH_MAX)
    return st.tuples(members, st.lists(odd, max_size=1), st.booleans()).map(_write_batch)


def _write_batch(drawn: tuple[list[Message], list[Any], bool]) -> str:
    members, odd, is_odd_first = drawn
    calls: list[Any] = [{**member, "id": place + 1} for place, member in enumerate(members)]
    return write_body([*odd, *calls] if is_odd_first else [*calls, *odd])
