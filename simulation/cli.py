"""The command `ethercattle simulate`: its flags; what is done with them is in `simulation/modes/`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from simulation.drawings import check_files
from simulation.engines import Engine
from simulation.errors import SimulationError
from simulation.gate import parse_requirement
from simulation.options import HORIZON_DAYS, Options, changed_scenario, choose_mode
from simulation.report import print_scenarios
from simulation.scenario import list_scenarios, load_scenario
from simulation.terminal import open_console, terminable

EXIT_CODES = (
    "Exit codes: 0 done, and what is required is met; 1 it is not, or a target is out of reach; "
    "2 wrong usage or scenario; "
    "3 the interval leaves it open, was not reached in time, or interrupted."
)
INTERRUPTED = 3
_OUTPUT = click.Path(dir_okay=False, path_type=Path)
_REPORT = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


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


# Each flag is named as the field of `Options` it fills.
@click.command(cls=SimulationCommand, epilog=EXIT_CODES)
@click.argument("source", metavar="[SCENARIO]", required=False)
@click.option("--list", "is_list", is_flag=True, help="Show the shipped scenarios.")
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a value of the scenario; repeatable."
)
@click.option(
    "--engine", type=click.Choice([str(engine) for engine in Engine]), help="[default: the best that applies]"
)
@click.option("--replications", type=click.IntRange(2), default=30, show_default=True, help="Independent runs.")
@click.option("--horizon-days", type=float, default=HORIZON_DAYS, show_default=True, help="How long each run lasts.")
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
@click.option("--json", "json_path", type=_REPORT, help="Write the result as JSON, - for stdout.")
@click.option(
    "--samples", "samples_path", type=_OUTPUT, help="Write every outage, scenario and seed, as .csv or .parquet."
)
@click.option(
    "--calibrate", "calibrate_path", type=click.Path(dir_okay=False, path_type=Path), metavar="CSV",
    help="Fit laws to measured failures, detections and recoveries; writes a piece of a scenario.",
)  # fmt: skip
@click.option("--explain", "is_explain", is_flag=True, help="Tell the gap to the guide's formula, effect by effect.")
@click.option(
    "--sweep", "sweeps", multiple=True, metavar="KEY=RANGE",
    help="Run a key over values: mtbf_days=1:60:log, mttr_minutes=5:60:12, N=1,2,3; two of them make a grid.",
)  # fmt: skip
@click.option("--importance", "is_importance", is_flag=True, help="Rank units and numbers by what they are worth.")
@click.option("--factor", type=float, default=2.0, show_default=True, help="By which --importance changes numbers.")
@click.option("--target", type=float, metavar="SHARE", help="Find the smallest number of clusters, as for 0.9999.")
@click.option(
    "--vary", metavar="KEY", default="N", show_default=True, help="What --target counts, as replica.per_cluster."
)
@click.option("--measure", help="Which one to tell of.  [default: fresh_reads, or the first]")
@click.option("--plot", "plot_path", type=_OUTPUT, help="Draw the result as .png or .svg.")
@click.option(
    "--plots", "plots_folder", type=click.Path(path_type=Path), help="Draw each picture into this folder, as both."
)
@click.option("--html", "html_path", type=_OUTPUT, help="Write a report with the pictures as one page.")
def simulate(source: str | None, is_list: bool, changes: tuple[str, ...], **given: Any) -> None:
    """Work out how available a system is: SCENARIO is a shipped one's name or a TOML file."""
    if is_list:
        print_scenarios(list_scenarios(), open_console())
        return
    given["requirements"] = tuple(map(parse_requirement, given["requirements"]))
    options = Options(**given)
    mode = choose_mode(options)
    check_files(options)
    run = import_module(mode.module).run
    if mode.takes_scenario and source is None:
        raise click.UsageError("a SCENARIO is missing: a name of --list, or a TOML file")
    if not mode.takes_scenario and (source or changes):
        raise click.UsageError(f"{source or '--set'} does nothing here, expected no scenario")
    with terminable():
        sys.exit(run(options, changed_scenario(load_scenario(source), changes)) if source else run(options))
