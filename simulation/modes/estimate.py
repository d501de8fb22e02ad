"""`ethercattle simulate SCENARIO`: estimates with intervals, and whether they meet the requirements."""

from collections.abc import Sequence

from simulation.api import simulate
from simulation.drawings import wants_drawings, write_drawings
from simulation.errors import NotReached, ScenarioError
from simulation.gate import Requirement, Verdict, exit_code, find_estimate, judge
from simulation.options import Options
from simulation.report import as_json, print_result
from simulation.result import Result
from simulation.scenario import Scenario
from simulation.terminal import console_beside, progress_bar, write_text


def run(options: Options, scenario: Scenario) -> int:
    """Work the scenario out, show it, and return the exit code of its requirements.

    Raises:
        NotReached: the time was up before the interval was narrow enough; what there is was shown.
    """
    try:
        with progress_bar() as tell:
            result = simulate(scenario, **options.settings(), progress=lambda seen: tell(seen.done, seen.planned))
    except NotReached as error:
        if error.result is not None:
            _show(error.result, options)
        raise
    return _show(result, options)


def _show(result: Result, options: Options) -> int:
    """Write and print a result; return the exit code of its requirements."""
    judged = [(each, judge(each, find_estimate(each, result.estimates))) for each in options.requirements]
    if options.samples_path is not None:
        if not result.samples.replications:
            raise ScenarioError(f"--samples: engine {result.about.engine} has no runs, expected --engine fast or simpy")
        from simulation.sample_files import write_samples

        write_samples(options.samples_path, result.samples)
    if options.json_path is not None:
        write_text("--json", options.json_path, as_json(result, judged))
    if wants_drawings(options):
        _draw(result, judged, options)
    print_result(result, judged, console_beside(options.json_path))
    return exit_code(verdict for _, verdict in judged)


def _draw(result: Result, judged: Sequence[tuple[Requirement, Verdict]], options: Options) -> None:
    """Write pictures of the runs, where the engine has any, and the page."""
    from simulation.page.of_result import page_of_result
    from simulation.plots.of_samples import pictures_of

    has_runs = bool(result.samples.replications)
    why_none = f"engine {result.about.engine} has no runs to draw, expected --engine fast or simpy for pictures"
    pictures = pictures_of(result.samples, result.confidence) if has_runs else ()
    write_drawings(
        options, pictures, lambda drawn: page_of_result(result, judged, drawn, "" if drawn else why_none), why_none
    )
