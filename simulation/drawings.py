"""Where a command's pictures and page go: `--plot` one file, `--plots` a folder, `--html` a page."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from simulation.errors import ScenarioError
from simulation.options import DRAWINGS, Options

if TYPE_CHECKING:
    from simulation.page.page import Page
    from simulation.plots.picture import Picture

SUFFIXES = (".png", ".svg")
SAMPLE_SUFFIXES = (".csv", ".parquet")


def check_files(options: Options) -> None:
    """Raise ScenarioError, before anything is worked out, where a file is wanted that can't be written."""
    for flag, path, suffixes in (
        ("--plot", options.plot_path, SUFFIXES),
        ("--html", options.html_path, ()),
        ("--json", options.json_path, ()),
        ("--samples", options.samples_path, SAMPLE_SUFFIXES),
    ):
        if path is not None and suffixes and path.suffix.lower() not in suffixes:
            raise ScenarioError(f"{flag} {path}: expected a name that ends in {' or '.join(suffixes)}")
        if path is not None and path.name == "-" and flag != "--json":
            raise ScenarioError(f"{flag} is -, expected a file: stdout is for --json alone")
        if path is not None and not path.parent.is_dir():
            raise ScenarioError(f"{flag} {path} can't be written: there is no folder {path.parent}")
    if options.plots_folder is not None and options.plots_folder.exists() and not options.plots_folder.is_dir():
        raise ScenarioError(f"--plots {options.plots_folder}: expected a folder")
    if wants_drawings(options) and find_spec("matplotlib") is None:
        raise ScenarioError("pictures need matplotlib: pip install 'ethercattle[simulation]'")


def wants_drawings(options: Options) -> bool:
    """Say whether anything is to be drawn."""
    return any(getattr(options, name) is not None for name in DRAWINGS)


def write_drawings(
    options: Options, pictures: Sequence["Picture"], page: "Callable[[Sequence[Picture]], Page]", why_none: str = ""
) -> None:
    """Write what is asked for.

    Args:
        options: say what, and where to.
        pictures: what there is to be drawn; for a page there may be none.
        page: makes the page, with the pictures in it.
        why_none: why there is no picture.

    Raises:
        ScenarioError: there is no picture for `--plot` or `--plots`, or a file can't be written.
    """
    if options.plot_path is not None or options.plots_folder is not None:
        from simulation.plots.picture import write_picture, write_pictures

        flag = "--plot" if options.plot_path is not None else "--plots"
        if not pictures:
            raise ScenarioError(f"{flag}: {why_none or 'there is nothing to draw'}")
        if options.plot_path is not None:
            write_picture(options.plot_path, pictures)
        if options.plots_folder is not None:
            write_pictures(options.plots_folder, pictures)
    if options.html_path is not None:
        from simulation.page.page import write_page

        write_page(options.html_path, page(pictures))
