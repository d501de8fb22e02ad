"""What is loaded: URLs that are there, of one chain, and what is done to them meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
import orjson

from loadtests.address import read_address
from loadtests.errors import LoadError
from loadtests.summary import Mark
from reference_node.errors import CouldNotJudge

REACH_SECONDS_MAX = 10.0
_QUESTION = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


def _nothing_begins(begin: float) -> None:
    """Do nothing when the run begins."""


def _nothing_ends() -> tuple[Mark, ...]:
    """Do nothing when the run ends."""
    return ()


@dataclass(frozen=True, slots=True)
class Pool:
    """What is loaded."""

    targets: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What was found while it was set up, to be said aloud."""
    begun: Callable[[float], None] = _nothing_begins
    """Told the run's begin, on `time.monotonic`, shortly before it; may not take long: faults are done by a thread."""
    ended: Callable[[], tuple[Mark, ...]] = _nothing_ends
    """Asked when the last answer is in; ends what is still being done and returns what was done."""


def reach(targets: Sequence[str]) -> Pool:
    """Return a pool of endpoints that answer.

    Raises:
        LoadError: one is no URL, or they are of different chains.
        CouldNotJudge: one does not answer.
    """
    for url in targets:
        read_address(url)
    with httpx.Client(trust_env=False, timeout=REACH_SECONDS_MAX) as client:
        chains = {url: _chain_of(url, client) for url in targets}
    known = {url: chain for url, chain in chains.items() if chain is not None}
    if len(set(known.values())) > 1:
        shown = ", ".join(f"{url} is of chain {chain}" for url, chain in known.items())
        raise LoadError(f"targets of different chains, expected one: {shown}")
    return Pool(tuple(targets))


def _chain_of(url: str, client: httpx.Client) -> str | None:
    """Return the id of a target's chain, or None where it does not say."""
    try:
        answer = orjson.loads(client.post(url, json=_QUESTION).content)  # refuses what is nested without end
    except httpx.HTTPError as error:
        raise CouldNotJudge(f"target {url} does not answer: {error}") from error
    except ValueError:
        return None
    found = answer.get("result") if isinstance(answer, dict) else None
    return found if isinstance(found, str) else None
