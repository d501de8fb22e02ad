"""What a run was started with, as reports say it: without what is secret."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click
from click.core import ParameterSource

_SECRET_FLAGS = {"--header", "--candidate-header", "--reference-header", "--kafka.config"}
"""Of their values only the name is said."""
_SEPARATORS = ":="


@dataclass(frozen=True, slots=True)
class About:
    """Facts of a run that no answer tells."""

    chain: str = ""
    """The chain's name or folder; empty where none is known."""
    seed: int | None = None
    """Of all that was chosen by chance; None where nothing was."""
    flags: tuple[str, ...] = ()
    """As they were given, `--flag value`."""
    started_at: str = ""
    """In UTC: `2026-01-31T09:30:00Z`."""


NOTHING = About()


def about_command(context: click.Context, chain: str, seed: int | None) -> About:
    """Return the facts of a run that a command starts now.

    Args:
        context: the command's, for the flags that were given.
        chain: its name or folder.
        seed: of all that is chosen by chance.
    """
    flags = [
        flag
        for option in context.command.params
        if isinstance(option, click.Option) and option.name is not None
        and context.get_parameter_source(option.name) in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}
        for flag in _flags(option, context.params.get(option.name))
    ]  # fmt: skip
    return About(chain, seed, tuple(flags), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))


def without_secrets(text: str) -> str:
    """Return an URL without user, password and query; any other text as it is."""
    try:
        parts = urlsplit(text)
        is_url = bool(parts.scheme and parts.netloc)
    except ValueError:
        return text
    if not is_url:
        return text
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, place, parts.path, "…" if parts.query else "", ""))


def _flags(option: click.Option, value: Any) -> Iterable[str]:
    name = max(option.opts, key=len)
    if option.is_flag:
        return [name if value else option.secondary_opts[0] if option.secondary_opts else f"{name}=false"]
    values = value if option.multiple and isinstance(value, tuple | list) else [value]
    return [f"{name} {_said(name, str(item))}" for item in values]


def _said(flag: str, value: str) -> str:
    if flag not in _SECRET_FLAGS:
        return without_secrets(value)
    place = next((place for place, sign in enumerate(value) if sign in _SEPARATORS), 0)
    return f"{value[: place + 1]}…" if place else "…"
