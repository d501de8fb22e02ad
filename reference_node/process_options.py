"""The flags that every long-running command shares: what it logs and how, and where its metrics are."""

import logging
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from reference_node.config import LINE_FORMATS, RECORD_FORMATS, MetricsSettings, log_formats
from reference_node.process_log import LEVELS, fields, set_up_lines

_LOG = logging.getLogger(__name__)
Command = Callable[..., None]


def process_options(record_formats: tuple[str, ...] = RECORD_FORMATS) -> Callable[[Command], Command]:
    """Return a decorator that adds the flags; the command then takes `formats` (LogFormats) and `metrics`.

    Log lines are set up before the command is called. `metrics` is a MetricsSettings, or None where there is no
    --metrics.port. A command that has nothing to do with the format of records gives `record_formats` as ().
    """
    records = f"Of records in the topic: {' or '.join(record_formats)}; of log lines: " if record_formats else ""
    options = (
        click.option(
            "--log.format", "log_format", multiple=True, type=click.Choice((*record_formats, *LINE_FORMATS)),
            help=f"{records}{' or '.join(LINE_FORMATS)}. May be given once for each. [default: first of each]",
        ),
        click.option(
            "--log.level", "log_level", type=click.Choice(LEVELS),
            help="Least level of the log lines on stderr. [default: info with --log.format json, else warning]",
        ),
        click.option(
            "--metrics.addr", "metrics_address", default="127.0.0.1", show_default=True, help="Address of the metrics."
        ),
        click.option(
            "--metrics.port", "metrics_port", type=click.IntRange(0, 65535),
            help="Port of /metrics for Prometheus (0: any); without it there are none.",
        ),
    )  # fmt: skip

    def add(command: Command) -> Command:
        @wraps(command)
        def run(
            *arguments: Any, log_format: tuple[str, ...], log_level: str | None,
            metrics_address: str, metrics_port: int | None, **named: Any,
        ) -> None:  # fmt: skip
            formats = log_formats(log_format)
            set_up_lines(formats.lines, log_level)
            metrics = None if metrics_port is None else MetricsSettings(metrics_port, metrics_address)
            name = click.get_current_context().info_name
            _LOG.info("started", extra=fields(command=name, pid=os.getpid()))
            command(*arguments, formats=formats, metrics=metrics, **named)
            _LOG.info("stopped", extra=fields(command=name))

        for option in reversed(options):
            run = option(run)
        return run

    return add
