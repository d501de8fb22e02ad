"""`ethercattle simulate --calibrate CSV`: laws fitted to measured durations, as a piece of TOML for a scenario."""

import click

from simulation.calibration.calibrate import Calibration, calibrate
from simulation.calibration.report import as_json, print_calibration
from simulation.calibration.scenario_piece import as_toml
from simulation.drawings import wants_drawings, write_drawings
from simulation.options import Options
from simulation.terminal import STDOUT, open_console, progress_bar, write_text


def run(options: Options) -> int:
    """Fit laws, show how they fit on stderr, and write the piece of TOML to stdout, or the JSON if that goes there."""
    assert options.calibrate_path is not None
    with progress_bar("fitting") as tell:
        found = calibrate(options.calibrate_path, seed=options.seed, confidence=options.confidence, progress=tell)
    print_calibration(found, open_console(stderr=True))
    if wants_drawings(options):
        _draw(found, options)
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(found))
    if options.json_path != STDOUT:
        click.echo(as_toml(found), nl=False)
    return 0


def _draw(found: Calibration, options: Options) -> None:
    from simulation.page.of_variants import page_of_calibration
    from simulation.plots.of_calibration import calibration_picture

    write_drawings(options, (calibration_picture(found),), lambda drawn: page_of_calibration(found, drawn))
