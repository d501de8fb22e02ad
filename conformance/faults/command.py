"""`ethercattle conform --self-test`: does the comparison see every kind of fault?"""

from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from conformance.allowances import Settings
from conformance.corpus import Question
from conformance.faults.self_report import print_self_test, self_test_bar, self_test_json
from conformance.faults.self_test import self_test
from conformance.faults.table import CONTROLS, FAULTS
from conformance.report.table import open_console
from fixtures.files import STDOUT, write_whole
from reference_node.errors import UsageError

_MEANT_FOR_IT = frozenset(
    (
        "--self-test",
        "--chain",
        "--cases",
        "--include",
        "--exclude",
        "--strict-messages",
        "--gas-tolerance",
        "--seed",
        "--json",
    )
)


def check_flags(context: click.Context) -> None:
    """Refuse flags that say something about endpoints, of which a self-test asks none.

    Raises:
        UsageError: one was given.
    """
    for option in context.command.params:
        name = max(option.opts, key=len)
        source = context.get_parameter_source(option.name or "")
        if name not in _MEANT_FOR_IT and source in {ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT}:
            raise UsageError(f"--self-test asks no endpoint and judges recorded answers, so {name} has no meaning")


def run_self_test(
    title: str, questions: Sequence[Question], settings: Settings, seed: int, json_path: Path | None
) -> int:
    """Plant every kind of fault in recorded answers, report, and return the exit code.

    Args:
        title: the chain's name or the folder of cases.
        questions: with the answers recorded for them.
        settings: how the comparison is set.
        seed: of the places where faults are planted.
        json_path: where the report is written besides, `-` for stdout; None for nowhere.

    Raises:
        UsageError: the file can't be written.
    """
    with self_test_bar(len(questions) * (len(FAULTS) + len(CONTROLS))) as tell:
        found = self_test(title, questions, settings=settings, seed=seed, tell=tell)
    print_self_test(found, open_console(stderr=json_path == STDOUT))
    try:
        if json_path == STDOUT:
            click.echo(self_test_json(found), nl=False)
        elif json_path is not None:
            write_whole(json_path, self_test_json(found))
    except OSError as error:
        raise UsageError(f"{json_path} can't be written: {error.strerror or error}") from error
    return found.exit_code
