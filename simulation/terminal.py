"""Where a command's output goes: JSON to a file or stdout, what people read beside it, progress to stderr."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

STDOUT = Path("-")
UNTOLD = 3
"""The exit code where nobody takes the output."""
PLAIN_WIDTH = 120
"""Columns where the output is no terminal."""


class PipedConsole(Console):
    """A console whose reader may go, as `head` does: that is no verdict."""

    def on_broken_pipe(self) -> None:
        """End as what could not be told to the end; rich would say 1, which is a requirement not met."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(UNTOLD)


def open_console(*, stderr: bool = False) -> Console:
    """Return a console, plain where it is no terminal; NO_COLOR is heeded by rich."""
    console = PipedConsole(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console


def console_beside(json_path: Path | None) -> Console:
    """Return where people's text goes: stdout, or stderr where stdout has the JSON."""
    return open_console(stderr=json_path == STDOUT)


def write_text(flag: str, path: Path, text: str) -> None:
    """Write a text to a file, or to stdout where the path is `-`.

    Raises:
        click.UsageError: it can't be written; the flag is named.
    """
    if path == STDOUT:
        click.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{flag} {path} can't be written: {error.strerror}") from error


@contextmanager
def progress_bar(description: str = "simulating") -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr, on terminals only; yield what tells it how many are done, and of how many."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, planned: progress.update(task, completed=done, total=planned)


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
