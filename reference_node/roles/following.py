"""Following another node's chain: its blocks are executed and verified here, its head and tags are taken as they are.

Which block is the head is the source's to say, never a matter of difficulty or length here. Its chain is walked back by
parent hashes to a block that is known; what is missing is executed from there on. A branch that continues our head
moves it block by block; any other one is stored beside the chain, and the head switches to its tip in one step.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from reference_node.chain.types import Block, Header
from reference_node.errors import InvalidBlock, UsageError
from reference_node.process_log import fields
from reference_node.roles.block_source import BlockId, BlockSource, SourceAway, SourceChoice
from reference_node.roles.chain_writer import ChainWriter
from reference_node.roles.ledger import PUBLISHED_BATCHES_MAX, ForkChoiceMove
from reference_node.roles.outlet import Outlet
from reference_node.roles.patience import PAUSE_SECONDS_FIRST, next_pause

POLL_SECONDS = 0.2
STRIDE_BLOCKS = 256
"""How far beyond our head a step goes at the most, so that what is walked back over stays small."""
BLOCKS_KEPT = STRIDE_BLOCKS
"""Of a longer branch the newest blocks are fetched a second time."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """Which node a master follows."""

    endpoint: str
    """Its URL, or the path of its IPC socket."""
    poll_seconds: float = POLL_SECONDS
    """Between two looks at its head."""

    @property
    def name(self) -> str:
        """What messages call the node: its endpoint without a password."""
        if not self.endpoint.startswith(("http://", "https://")):
            return self.endpoint
        return str(httpx.URL(self.endpoint).copy_with(userinfo=b"", query=None))


class Stopped(Exception):
    """The master was told to stop in the middle of a branch."""


class Follow:
    """Brings a master's chain to where a source's is, step by step."""

    def __init__(
        self,
        writer: ChainWriter,
        outlet: Outlet,
        source: BlockSource,
        genesis_hash: bytes,
        name: str,
        stopping: threading.Event,
    ) -> None:
        """Follow a source; nothing is asked yet.

        Args:
            writer: of the chain.
            outlet: where it is published.
            source: whose chain it is.
            genesis_hash: what its block 0 has to be.
            name: what messages call the source.
            stopping: ends a step between two blocks.
        """
        self._writer = writer
        self._outlet = outlet
        self._source = source
        self._genesis_hash = genesis_hash
        self._name = name
        self._stopping = stopping
        self._is_checked = False
        self._published = outlet.ledger.position.chain.sequence

    def step(self, tell: Callable[[int, int], None] = lambda _done, _of: None) -> bool:
        """Do what the source's tags say now; return False where more blocks are left for the next step.

        Args:
            tell: called after each new head, with its number and that of the source's head.

        Raises:
            SourceAway: the source gave no answer; what was stored before stays.
            InvalidBlock: a block breaks a rule; the head is a valid ancestor, or what it was before.
            UsageError: the source has another genesis, or lacks a method.
            Stopped: in the middle.
        """
        self._check_genesis()
        choice = self._source.choice()
        target = self._target(choice.head)
        try:
            self._advance(target, choice, tell)
        finally:
            self._publish(at_least=1)
        return target == choice.head

    def lost(self) -> None:
        """Note that the source was away: it may be another node when it is back."""
        self._is_checked = False

    def _check_genesis(self) -> None:
        if self._is_checked:
            return
        found = self._source.hash_at(0)
        if found != self._genesis_hash:
            raise UsageError(
                f"{self._name} follows another chain: its block 0 is 0x{found.hex()}, "
                f"but the genesis here is 0x{self._genesis_hash.hex()}"
            )
        self._is_checked = True

    def _target(self, head: BlockId) -> BlockId:
        """Return where this step goes: the source's head, or a nearer block of its chain."""
        nearer = self._writer.head.number + STRIDE_BLOCKS
        return head if head.number <= nearer else BlockId(nearer, self._source.hash_at(nearer))

    def _advance(self, target: BlockId, choice: SourceChoice, tell: Callable[[int, int], None]) -> None:
        old_head = self._writer.head
        branch = Branch(self._source, self._writer.knows, target, self._genesis_hash)
        tip = branch.last()
        for block in branch.others():
            self._store(block)
            tell(block.header.number, choice.head.number)
        move = self._move(choice, target.hash) if target == choice.head else ForkChoiceMove()
        if tip is not None and tip.header.parent_hash == self._writer.head.hash:
            self._writer.extend(tip, move)
        else:
            if tip is not None:
                self._writer.add_side(tip)
            self._switch(old_head, self._writer.header(target.hash), move)
        tell(target.number, choice.head.number)

    def _switch(self, old_head: Header, new_head: Header, move: ForkChoiceMove) -> None:
        if new_head.hash != old_head.hash:
            _LOG.info("another chain is chosen", extra=fields(head=old_head.number, number=new_head.number))
        self._writer.choose(move, new_head)

    def _move(self, choice: SourceChoice, target: bytes) -> ForkChoiceMove:
        """Return where safe and finalized go; what they name is stored first, should it be on another chain."""
        for tagged in (choice.safe, choice.finalized):
            if tagged is not None and tagged.hash != target:
                branch = Branch(self._source, self._writer.knows, tagged, self._genesis_hash)
                tip = branch.last()
                for block in (*branch.others(), *([tip] if tip else [])):
                    self._check_stop()
                    self._writer.add_side(block)
        position = self._outlet.ledger.position
        return ForkChoiceMove(
            _moved(choice.safe, position.safe_hash), _moved(choice.finalized, position.finalized_hash)
        )

    def _store(self, block: Block) -> None:
        self._check_stop()
        if block.header.parent_hash == self._writer.head.hash:
            self._writer.extend(block)
        else:
            self._writer.add_side(block)
        self._publish(at_least=PUBLISHED_BATCHES_MAX)

    def _publish(self, at_least: int) -> None:
        sequence = self._outlet.ledger.position.chain.sequence
        if sequence - self._published >= at_least:
            self._outlet.publish()
            self._published = sequence

    def _check_stop(self) -> None:
        if self._stopping.is_set():
            raise Stopped


class Branch:
    """The blocks from a target back to the first one that is known."""

    def __init__(
        self, source: BlockSource, knows: Callable[[bytes], bool], target: BlockId, genesis_hash: bytes
    ) -> None:
        """Walk back. Raises InvalidBlock where a block has not the number that its child's asks for."""
        self._source = source
        self._hashes: list[bytes] = []
        self._kept: dict[bytes, Block] = {}
        number, block_hash = target.number, target.hash
        while not knows(block_hash):
            block = source.block(block_hash)
            if block.header.number != number or number == 0:
                raise InvalidBlock(
                    f"block 0x{block_hash.hex()} has number {block.header.number}, expected {number}"
                    if number
                    else f"block 0x{block_hash.hex()} starts another chain than 0x{genesis_hash.hex()}"
                )
            self._hashes.append(block_hash)
            self._kept[block_hash] = block
            if len(self._kept) > BLOCKS_KEPT:
                del self._kept[next(iter(self._kept))]
            number, block_hash = number - 1, block.header.parent_hash

    def others(self) -> Iterator[Block]:
        """Yield all blocks but the last, parents first."""
        for block_hash in reversed(self._hashes[1:]):
            yield self._block(block_hash)

    def last(self) -> Block | None:
        """Return the target's block, or None where that is known."""
        return self._block(self._hashes[0]) if self._hashes else None

    def _block(self, block_hash: bytes) -> Block:
        return self._kept.pop(block_hash, None) or self._source.block(block_hash)


def _moved(tagged: BlockId | None, before: bytes | None) -> bytes | None:
    return None if tagged is None or tagged.hash == before else tagged.hash


def run_following(
    follow: Follow,
    writer: ChainWriter,
    outlet: Outlet,
    settings: FollowSettings,
    heartbeat_seconds: float,
    stopping: threading.Event,
) -> None:
    """Follow until told to stop, with heartbeats; a source that is away is asked again after pauses that grow.

    Raises:
        InvalidBlock, UsageError: see `Follow.step`; what came before is published.
        Fenced, LogRefused: see `Outlet.publish`.
    """
    heartbeat_due = time.monotonic() + heartbeat_seconds
    away, pause_seconds, is_level = "", PAUSE_SECONDS_FIRST, False
    with _progress() as tell:
        while not stopping.is_set():
            wait_seconds = settings.poll_seconds
            try:
                has_arrived = follow.step(tell)
            except Stopped:
                return
            except SourceAway as error:
                if not away:
                    _LOG.warning("the source is away: %s", error)
                away, wait_seconds, pause_seconds = str(error), pause_seconds, next_pause(pause_seconds)
                follow.lost()
            else:
                if away:
                    _LOG.warning("the source is back", extra=fields(number=writer.head.number))
                away, pause_seconds = "", PAUSE_SECONDS_FIRST
                wait_seconds = wait_seconds if has_arrived else 0.0
                if has_arrived and not is_level:
                    is_level = True
                    head = writer.head
                    print(f"level with {settings.name} at block {head.number} 0x{head.hash.hex()}", flush=True)
            if time.monotonic() >= heartbeat_due or outlet.away:
                outlet.heartbeat()
                heartbeat_due = time.monotonic() + heartbeat_seconds
            stopping.wait(min(wait_seconds, outlet.wait_seconds(max(0.0, heartbeat_due - time.monotonic()))))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how far a long way has come, on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn("following"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        shown: list[TaskID] = []

        def tell(done: int, of: int) -> None:
            if of - done > STRIDE_BLOCKS and not shown:
                shown.append(progress.add_task("following", total=of))
            for task in shown:
                progress.update(task, completed=done, total=of)
            if done == of and shown:
                progress.remove_task(shown.pop())

        yield tell
