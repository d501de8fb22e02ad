"""What every command shares: how errors end it, how signals stop it, and its exit codes in the help."""

import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import click

from reference_node.errors import EtherCattleError
from reference_node.process_log import say_why_it_ends

EXIT_CODES = (
    "Exit codes: 0 good, 1 judged bad, 2 usage or configuration, 3 could not judge, 4 age limit, 5 log refused."
)

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
    """Add `--kafka.config`; the command is given the words as `kafka_words`, for `reference_node.config.kafka_config`."""
    return click.option(
        "--kafka.config", "kafka_words", multiple=True, metavar="KEY=VALUE",
        help="A librdkafka property (TLS, SASL, sizes); repeatable. @NAME reads the value from the environment.",
    )(command)  # fmt: skip
