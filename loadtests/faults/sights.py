"""Looks at a part while faults are done to it: by the balancer's word where there is one, else by its own."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx

from fixtures.balancer import Balancer
from fixtures.up_system import SERVES
from reference_node.errors import CouldNotJudge

ASK_SECONDS_MAX = 1.0
READY = "ready"


class Seen(NamedTuple):
    """What one look told."""

    is_serving: bool
    position: int = 0
    """How far the log was followed, where that was asked."""


Look = Callable[[], "Seen | None"]
"""Looks once; None where it can't be told, as who would tell is away."""


def balanced(balancer: Balancer, replica: str) -> Look:
    """Return what asks a balancer whether it sends calls to a replica."""

    def look() -> Seen | None:
        try:
            state = balancer.states().get(replica, "")
        except (CouldNotJudge, KeyError):
            return None
        return Seen(state.startswith(("UP", "DEGRADED")))

    return look


def ready(url: str, client: httpx.Client) -> Look:
    """Return what asks an endpoint whether it serves."""

    def look() -> Seen | None:
        try:
            answer = client.get(f"{url}/health/ready", timeout=ASK_SECONDS_MAX)
        except httpx.HTTPError:
            return Seen(is_serving=False)
        return Seen(answer.status_code in SERVES)

    return look


def following(urls: Sequence[str], client: httpx.Client) -> Look:
    """Return what asks replicas whether what comes to them by the log is as new as they expect."""

    def look() -> Seen | None:
        told = [health for url in urls if (health := _health(url, client)) is not None]
        if not told:
            return None
        return Seen(
            all(health.get("status") == READY for health in told),
            max(offset if isinstance(offset := health.get("offset"), int) else 0 for health in told),
        )

    return look


def _health(url: str, client: httpx.Client) -> dict[str, object] | None:
    try:
        found = client.get(f"{url}/health", timeout=ASK_SECONDS_MAX).json()
    except (httpx.HTTPError, ValueError):
        return None
    return found if isinstance(found, dict) else None
