"""What every command shares: how errors end it, how signals stop it, and its exit codes in the help."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import click

from reference_node.errors import CouldNotJudge, EtherCattleError
from reference_node.process_log import say_why_it_ends

EXIT_CODES = (
    "Exit codes: 0 good, 1 judged bad, 2 usage or configuration, 3 could not judge, 4 age limit, 5 log refused."
)

OUTPUT_GONE = (errno.EPIPE, errno.ENOSPC)
"""Nobody reads what is printed any more, or there is no room for it; that says nothing about what was judged."""

Decorated = TypeVar("Decorated", bound=Callable[..., object])


class Command(click.Command):
    """A command whose expected errors are one line on stderr and an exit code."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("epilog", EXIT_CODES)
        super().__init__(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; end the process with the error's exit code."""
        try:
            return super().invoke(ctx)
        except EtherCattleError as error:
            say_why_it_ends(str(ctx.info_name), error)
            sys.exit(error.exit_code)


class LazyGroup(click.Group):
    """A group that imports a command when it is needed, so that `--help` and mistakes answer at once."""

    def __init__(self, *arguments: Any, parts: Mapping[str, tuple[str, str]], **options: Any) -> None:
        """Join commands: by name, the module that has it and its line in the help."""
        super().__init__(*arguments, **options)
        self._parts = parts

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return list(self._parts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None where there is none of that name."""
        del ctx
        if cmd_name not in self._parts:
            return None
        command: click.Command = getattr(import_module(self._parts[cmd_name][0]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Import and run a command; an interrupt before it sees to that itself is no judgement."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("ethercattle: interrupted", err=True)
            sys.exit(CouldNotJudge.exit_code)
        except OSError as error:
            if error.errno not in OUTPUT_GONE:
                raise
            # What is left in the buffer would be tried once more at the end, and fail once more.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            click.echo(f"ethercattle: the output can't be written: {error.strerror}", err=True)
            sys.exit(CouldNotJudge.exit_code)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in self._parts.items()])


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT or SIGTERM sets; a second signal ends the process at once."""
    stopping = threading.Event()

    def handle(number: int, _frame: object) -> None:
        if stopping.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopping.set()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    return stopping


def kafka_config_option(command: Decorated) -> Decorated:
    """Add `--kafka.config`; the command gets the words as `kafka_words`, for `reference_node.config.kafka_config`."""
    return click.option(
        "--kafka.config", "kafka_words", multiple=True, metavar="KEY=VALUE",
        help="A librdkafka property (TLS, SASL, sizes); repeatable. @NAME reads the value from the environment.",
    )(command)  # fmt: skip
