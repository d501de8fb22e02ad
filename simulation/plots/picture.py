"""What a picture is, and how it becomes a file: the same data gives the same bytes, and no display is needed."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from simulation.errors import ScenarioError
from simulation.plots.inline_svg import SVG, inline_svg

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

INK, SOFT, LINE, PAPER = "#1b1f24", "#5b6570", "#d9dee4", "#ffffff"
"""Text, what is less important, grids, ground; the report's page has others for readers who want it dark."""
COLOURS = ("#0072b2", "#d55e00", "#008060", "#b0508c", "#a87000", "#4090c8")
"""Of series, told apart by those who see red and green alike (after Okabe & Ito)."""
FORMATS = ("png", "svg")
DOTS_AN_INCH = 144
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "sans-serif"],
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "figure.facecolor": PAPER,
    "svg.fonttype": "none",
    "axes.unicode_minus": True,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """Something to be drawn."""

    name: str
    """Of its file, without the ending."""
    caption: str
    """What is seen, in a sentence; it is also what programs read aloud."""
    draw: "Callable[[FigureBase], None]"
    """Draws it into an empty figure."""
    inches: tuple[float, float] = (9.0, 4.5)

    def _repr_svg_(self) -> str:
        """Return what a notebook shows."""
        return picture_bytes(self, "svg").decode()


def picture_bytes(picture: Picture, kind: str) -> bytes:
    """Return a picture as a file's content.

    Args:
        picture: what is drawn.
        kind: png or svg.

    Raises:
        ScenarioError: matplotlib is not installed.
    """
    with _styled(picture.name):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=picture.inches, layout="constrained")
        FigureCanvasAgg(figure)
        picture.draw(figure)
        file = io.BytesIO()
        told = {"Title": picture.caption, "Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(file, format=kind, dpi=DOTS_AN_INCH, metadata=told)
    return file.getvalue()


def write_picture(path: Path, pictures: Sequence[Picture]) -> None:
    """Write pictures into one file, one below the other; the name's end, .png or .svg, says how.

    Raises:
        ScenarioError: the name ends otherwise, the file can't be written, or matplotlib is missing.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ScenarioError(f"picture {str(path)!r}: expected a name that ends in .png or .svg")
    contents = [picture_bytes(each, kind) for each in pictures]
    if len(contents) > 1:
        content = _stacked_png(contents) if kind == "png" else _stacked_svg(contents, pictures)
    else:
        content = contents[0]
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ScenarioError(f"picture {str(path)!r} can't be written: {error.strerror or error}") from error


def _stacked_png(contents: Sequence[bytes]) -> bytes:
    from PIL import Image

    images = [Image.open(io.BytesIO(each)) for each in contents]
    whole = Image.new("RGB", (max(each.width for each in images), sum(each.height for each in images)), PAPER)
    top = 0
    for each in images:
        whole.paste(each, (0, top))
        top += each.height
    file = io.BytesIO()
    whole.save(file, format="png")
    return file.getvalue()


def _stacked_svg(contents: Sequence[bytes], pictures: Sequence[Picture]) -> bytes:
    parts = [inline_svg(each, one.name, one.caption) for each, one in zip(contents, pictures, strict=True)]
    sizes = [tuple(map(float, each.attrib["viewBox"].split()[2:])) for each in parts]
    width, height = max(wide for wide, _ in sizes), sum(high for _, high in sizes)
    whole = ET.Element(
        "svg",
        {"xmlns": SVG, "width": f"{width:g}pt", "height": f"{height:g}pt", "viewBox": f"0 0 {width:g} {height:g}"},
    )
    top = 0.0
    for part, (wide, high) in zip(parts, sizes, strict=True):
        del part.attrib["xmlns"]  # the whole's
        part.attrib.update({"y": f"{top:g}", "width": f"{wide:g}", "height": f"{high:g}"})
        whole.append(part)
        top += high
    text: bytes = ET.tostring(whole, encoding="utf-8", xml_declaration=True)
    return text


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> list[Path]:
    """Write pictures into a folder, which is made if it is not there, each as PNG and as SVG; return their paths.

    Raises:
        ScenarioError: they can't be written, or matplotlib is missing.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"folder {str(folder)!r} can't be made: {error.strerror or error}") from error
    paths = [folder / f"{each.name}.{kind}" for each in pictures for kind in FORMATS]
    for path, picture in zip(paths, (each for each in pictures for _ in FORMATS), strict=True):
        write_picture(path, (picture,))
    return paths


@contextmanager
def _styled(salt: str) -> Iterator[None]:
    """Let matplotlib draw in our style, and name an SVG's parts by what is in them."""
    try:
        import matplotlib as mpl
        from cycler import cycler
    except ImportError as error:
        raise ScenarioError("pictures need matplotlib: pip install 'ethercattle[simulation]'") from error
    with mpl.rc_context({**_STYLE, "axes.prop_cycle": cycler(color=COLOURS), "svg.hashsalt": salt}):
        yield
