"""What a benchmark returns, and how results are shown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

SCHEMA = "ethercattle.bench/1"


@dataclass(frozen=True, slots=True)
class Figure:
    """One speed beside its peer's."""

    name: str
    value: float
    unit: str
    peer: str
    """What the value is measured against, in the same run."""
    peer_value: float
    goal_ratio: float | None
    """The ratio DESIGN asks for, or None where it names none."""

    @property
    def ratio(self) -> float:
        """The value in units of its peer's."""
        return self.value / self.peer_value


def as_json(figures: Sequence[Figure]) -> dict[str, object]:
    """Return the documented JSON form: schema, then one object a figure with its ratio."""
    return {"schema": SCHEMA, "figures": [{**asdict(figure), "ratio": figure.ratio} for figure in figures]}


def as_text(figures: Sequence[Figure]) -> str:
    """Return a table for people."""
    rows = [("what", "measured", "peer", "ratio", "to reach")]
    for figure in figures:
        goal = "-" if figure.goal_ratio is None else f"{figure.goal_ratio:g}"
        rows.append(
            (
                figure.name,
                f"{_shown(figure.value)} {figure.unit}",
                f"{figure.peer}: {_shown(figure.peer_value)}",
                f"{figure.ratio:.2f}",
                goal,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _shown(value: float) -> str:
    """Return a number with as many digits as say something: two places below a hundred, none above."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
