"""`ethercattle simulate --calibrate CSV`: laws fitted to measured durations, as a piece of TOML for a scenario."""

import click

from simulation.calibration.calibrate import calibrate
from simulation.calibration.report import as_json, print_calibration
from simulation.calibration.scenario_piece import as_toml
from simulation.options import Options
from simulation.terminal import STDOUT, open_console, progress_bar, write_text


def run(options: Options) -> int:
    """Fit laws, show how they fit on stderr, and write the piece of TOML to stdout, or the JSON if that goes there."""
    assert options.calibrate_path is not None
    with progress_bar("fitting") as tell:
        found = calibrate(options.calibrate_path, seed=options.seed, confidence=options.confidence, progress=tell)
    print_calibration(found, open_console(stderr=True))
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(found))
    if options.json_path != STDOUT:
        click.echo(as_toml(found), nl=False)
    return 0
