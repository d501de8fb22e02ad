"""Samples with known outages, and figures that are drawn but not written."""

import numpy as np
from matplotlib.figure import Figure

from simulation.plots.picture import Picture
from simulation.result import About, Samples
from simulation.trace import Replication

HORIZON_HOURS = 8766.0


def samples(*runs: dict[str, list[tuple[float, float]]], warmup_hours: float = 0.0) -> Samples:
    """Return samples of a year each, with these outages of each measure."""
    about = About("two machines", '{"title":"t"}', "0" * 64, "fast", 7, HORIZON_HOURS, warmup_hours)
    replications = tuple(
        Replication(
            HORIZON_HOURS,
            {name: np.array(down, dtype=np.float64).reshape(-1, 2) for name, down in run.items()},
            np.zeros(1),
            5,
        )
        for run in runs
    )
    return Samples(about, replications)


def drawn(picture: Picture) -> Figure:
    """Return a figure with a picture in it."""
    figure = Figure(figsize=picture.inches)
    picture.draw(figure)
    return figure
