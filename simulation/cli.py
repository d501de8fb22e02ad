"""The command `ethercattle simulate`."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from simulation.engines import Engine
from simulation.errors import NotReached, SimulationError
from simulation.gate import Requirement, Verdict, exit_code, find_estimate, judge, parse_requirement
from simulation.report import as_json, open_console, print_result, print_scenarios
from simulation.result import Result

EXIT_CODES = (
    "Exit codes: 0 done, and every requirement is met; 1 a requirement is not met; 2 wrong usage or scenario; "
    "3 the interval leaves it open, was not reached in time, or interrupted."
)
INTERRUPTED = 3
_STDOUT = Path("-")


class SimulationCommand(click.Command):
    """A command whose expected errors are one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; end the process with the error's exit code."""
        try:
            return super().invoke(ctx)
        except SimulationError as error:
            click.echo(f"ethercattle {ctx.info_name}: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo(f"ethercattle {ctx.info_name}: interrupted, nothing is estimated", err=True)
            sys.exit(INTERRUPTED)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be done with a result."""

    requirements: tuple[Requirement, ...]
    json_path: Path | None
    samples_path: Path | None


@click.command(cls=SimulationCommand, epilog=EXIT_CODES)
@click.argument("scenario", required=False)
@click.option("--list", "is_list", is_flag=True, help="Show the shipped scenarios.")
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a value of the scenario; repeatable."
)
@click.option(
    "--engine", type=click.Choice([str(engine) for engine in Engine]), help="[default: the best that applies]"
)
@click.option("--replications", type=click.IntRange(2), default=30, show_default=True, help="Independent runs.")
@click.option("--horizon-days", type=float, default=3652.5, show_default=True, help="How long each run lasts.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed gives the same samples."
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of every interval.")
@click.option("--rel-error", type=float, help="Go on until unavailability is known to this share of itself.")
@click.option("--max-seconds", type=float, help="Stop then, with what there is.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes at work.")
@click.option(
    "--require", "requirements", multiple=True, metavar="CONDITION",
    help="As in read_availability>=0.9999: exit 1 where the interval says no, 3 where it leaves it open; repeatable.",
)  # fmt: skip
@click.option("--json", "json_path", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
              help="Write the estimates as JSON, - for stdout.")  # fmt: skip
@click.option("--samples", "samples_path", type=click.Path(dir_okay=False, path_type=Path),
              help="Write every outage, scenario and seed, as .csv or .parquet.")  # fmt: skip
def simulate(
    scenario: str | None, is_list: bool, changes: tuple[str, ...], engine: str | None, replications: int,
    horizon_days: float, seed: int, confidence: float, rel_error: float | None, max_seconds: float | None, jobs: int,
    requirements: tuple[str, ...], json_path: Path | None, samples_path: Path | None,
) -> None:  # fmt: skip
    """Work out how available a system is: SCENARIO is a shipped one's name or a TOML file."""
    from simulation.api import simulate as work_out
    from simulation.scenario import list_scenarios, load_scenario

    if is_list:
        print_scenarios(list_scenarios(), open_console(stderr=False))
        return
    if scenario is None:
        raise click.UsageError("a SCENARIO is missing: a name of --list, or a TOML file")
    wanted = _Wanted(tuple(map(parse_requirement, requirements)), json_path, samples_path)
    loaded = load_scenario(scenario)
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise click.UsageError(f"--set is {change!r}, expected KEY=VALUE")
        loaded = loaded.changed(key, _value(value))
    try:
        with _terminable(), _progress() as tell:
            result = work_out(
                loaded, engine=engine, replications=replications, horizon_days=horizon_days, seed=seed,
                confidence=confidence, rel_error=rel_error, max_seconds=max_seconds, jobs=jobs, progress=tell,
            )  # fmt: skip
    except NotReached as error:
        if error.result is not None:
            _tell(error.result, wanted)
        raise
    sys.exit(_tell(result, wanted))


def _tell(result: Result, wanted: _Wanted) -> int:
    """Write and print a result; return the exit code of its requirements."""
    judged = [(each, judge(each, find_estimate(each, result.estimates))) for each in wanted.requirements]
    if wanted.samples_path is not None:
        from simulation.sample_files import write_samples

        write_samples(wanted.samples_path, result.samples)
    if wanted.json_path == _STDOUT:
        click.echo(as_json(result, judged), nl=False)
    elif wanted.json_path is not None:
        _write(wanted.json_path, as_json(result, judged))
    print_result(result, judged, open_console(stderr=wanted.json_path == _STDOUT))
    return _exit_code(judged)


def _exit_code(judged: Sequence[tuple[Requirement, Verdict]]) -> int:
    return exit_code(verdict for _, verdict in judged)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--json {path} can't be written: {error.strerror}") from error


def _value(text: str) -> Any:
    """Return a number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@contextmanager
def _progress() -> Iterator[Any]:
    """Show a bar on stderr while runs go on, on terminals only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=None)
        yield lambda seen: progress.update(task, completed=seen.done, total=seen.planned)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
