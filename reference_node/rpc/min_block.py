"""Requests that name the least block they want to be answered at: `X-EtherCattle-Min-Block`.

Behind a balancer the next request may come to a replica that is a block behind. A client that names the block it has
seen is answered at that block or a later one, a moment later if need be, or told that this replica is not there yet.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress

from reference_node.rpc.http import Refusal

MIN_BLOCK_HEADER = "X-EtherCattle-Min-Block"
MIN_BLOCK_NAME = MIN_BLOCK_HEADER.lower().encode()
WAIT_SECONDS = 2.0
"""How long a request waits by default."""
WAIT_SECONDS_MAX = 20.0
"""How long it may be told to wait: the answer has to fit in what is left of the server's time for a request."""
WAITERS_MAX = 1024
"""Requests that wait at the same time; any more are told at once."""
CHECK_SECONDS = 0.005
"""How often the head is looked at while any request waits: once for all of them."""
_NUMBER = re.compile(rb"0[xX][0-9a-fA-F]{1,16}|[0-9]{1,19}")
_SHOWN_LENGTH_MAX = 40


def parse_min_block(value: bytes) -> int | Refusal:
    """Return the block number that the header's value names, or why it names none."""
    if _NUMBER.fullmatch(value):
        return int(value, 16 if value[:2].lower() == b"0x" else 10)
    shown = value.decode("latin-1")[:_SHOWN_LENGTH_MAX]
    return Refusal(400, f"{MIN_BLOCK_HEADER} is {shown!r}, expected a block number, decimal or in hex after 0x")


def is_reached(value: bytes, head_number: int) -> bool:
    """Say whether the header's value names a block that is there."""
    wanted = parse_min_block(value)
    return isinstance(wanted, int) and wanted <= head_number


class BlockWaiters:
    """Requests that wait for a block, all looked after by one task, which is there only as long as they are."""

    def __init__(self, head_number: Callable[[], int | None]) -> None:
        """Wait for what `head_number` returns to grow; None ends every wait."""
        self._head_number = head_number
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._ticker: asyncio.Task[None] | None = None

    async def wait(self, number: int, seconds: float) -> None:
        """Return once the head is at a number, the time is up, or too many wait already."""
        if len(self._waiting) >= WAITERS_MAX:
            return
        reached = asyncio.get_running_loop().create_future()
        self._waiting[reached] = number
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick())
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(reached, seconds)
        finally:
            del self._waiting[reached]

    async def _tick(self) -> None:
        while self._waiting:
            await asyncio.sleep(CHECK_SECONDS)
            head = self._head_number()
            for reached, number in self._waiting.items():
                if (head is None or head >= number) and not reached.done():
                    reached.set_result(None)
