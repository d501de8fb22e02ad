"""The flags that say how endpoints are asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from conformance.transport.headers import parse_headers
from conformance.transport.settings import (
    BATCH_SIZE,
    BATCH_SIZE_MAX,
    CONNECT_SECONDS_MAX,
    REPLY_SECONDS_MAX,
    Kind,
    Transport,
    Transports,
)
from reference_node.errors import UsageError

_SECONDS = click.FloatRange(min=0, min_open=True)
_RETRIES_MAX = 10
_HEADER = "Send a header to {whom} with every question; a VALUE of @NAME is read from the environment; repeatable."
_NAMES = (
    "transport_kind", "batch_size", "headers", "candidate_headers", "reference_headers", "gzip", "connect_seconds",
    "read_seconds", "retries",
)  # fmt: skip


def transport_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags of transports; it takes what they say as `transports: Transports`."""

    @wraps(command)
    def with_transports(**given: Any) -> None:
        command(transports=make_transports(**{name: given.pop(name) for name in _NAMES}), **given)

    for option in reversed(_OPTIONS):
        option(with_transports)
    return with_transports


def make_transports(
    transport_kind: str, batch_size: int | None, headers: Sequence[str], candidate_headers: Sequence[str],
    reference_headers: Sequence[str], gzip: bool, connect_seconds: float, read_seconds: float, retries: int,
) -> Transports:  # fmt: skip
    """Return how the two sides are asked. Raises UsageError where flags don't go together or a header is none."""
    kind = Kind(transport_kind)
    if batch_size is not None and kind is not Kind.BATCH:
        raise UsageError(f"--batch-size needs --transport {Kind.BATCH}")
    common = Transport(
        kind, batch_size or BATCH_SIZE, {}, gzip, connect_seconds, read_seconds, retries=retries
    )  # fmt: skip
    shared = parse_headers(headers, "--header")
    sides = []
    for words, flag in ((candidate_headers, "--candidate-header"), (reference_headers, "--reference-header")):
        own = parse_headers(words, flag)
        replaced = {name.lower() for name in own}
        kept = {name: value for name, value in shared.items() if name.lower() not in replaced}
        sides.append(replace(common, headers={**kept, **own}))
    return Transports(*sides)


_OPTIONS = (
    click.option(
        "--transport", "transport_kind", type=click.Choice([kind.value for kind in Kind]), default=Kind.HTTP.value,
        show_default=True, help="One question a request, several in a JSON-RPC batch, or a message over WebSocket.",
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, BATCH_SIZE_MAX), metavar="N",
        help=f"Questions in a batch.  [default: {BATCH_SIZE}]",
    ),
    click.option("--header", "headers", multiple=True, metavar="'K: V'", help=_HEADER.format(whom="both endpoints")),
    click.option(
        "--candidate-header", "candidate_headers", multiple=True, metavar="'K: V'",
        help="The same, to the candidate only.",
    ),
    click.option(
        "--reference-header", "reference_headers", multiple=True, metavar="'K: V'",
        help="The same, to the reference only.",
    ),
    click.option("--gzip", is_flag=True, help="Ask for compressed answers."),
    click.option(
        "--connect-timeout", "connect_seconds", type=_SECONDS, default=CONNECT_SECONDS_MAX, show_default=True,
        metavar="SECONDS", help="How long to wait for a connection.",
    ),
    click.option(
        "--read-timeout", "read_seconds", type=_SECONDS, default=REPLY_SECONDS_MAX, show_default=True,
        metavar="SECONDS", help="How long an answer may take, to its last byte.",
    ),
    click.option(
        "--retries", type=click.IntRange(0, _RETRIES_MAX), default=0, show_default=True, metavar="N",
        help="Ask so often again where no whole answer came.",
    ),
)  # fmt: skip
