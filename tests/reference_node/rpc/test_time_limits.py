"""A search ends when nobody waits for its answer any more."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from reference_node.rpc import time_limits
from reference_node.rpc.registry import RpcError
from reference_node.rpc.time_limits import WORK_SECONDS_MAX, within_time
from tests.reference_node.rpc.chains import logging_backend
from tests.reference_node.rpc.served import ask, error_of


def test_items_come_until_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    asked: list[int] = []

    def items() -> Iterator[int]:
        nonlocal now
        for item in range(10):
            asked.append(item)
            now += 1
            yield item

    monkeypatch.setattr(time_limits, "monotonic", lambda: now)
    found = within_time(items(), seconds_max=3)
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RpcError, match="request timed out") as caught:
        next(found)
    assert caught.value.code == -32002
    assert asked == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("method", "params"),
    [("eth_getLogs", [{"fromBlock": "earliest"}]), ("eth_feeHistory", ["0x10", "latest", []])],
)
def test_methods_that_look_in_many_blocks_give_up_in_time(
    monkeypatch: pytest.MonkeyPatch, method: str, params: list[Any]
) -> None:
    backend = logging_backend()
    ask(backend, method, *params)
    clock = count(0.0, WORK_SECONDS_MAX)
    monkeypatch.setattr(time_limits, "monotonic", lambda: next(clock))
    assert error_of(backend, method, *params) == (-32002, "request timed out")
