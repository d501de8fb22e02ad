"""Axes that people can read: durations in their own units, availabilities by their nines, names of bearable length."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_DURATIONS = (
    (1e-6, "1 µs"), (1e-5, "10 µs"), (1e-4, "0.1 ms"), (1e-3, "1 ms"), (0.01, "10 ms"), (0.1, "0.1 s"), (1, "1 s"),
    (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (36_000, "10 h"), (86_400, "1 d"), (864_000, "10 d"),
    (8_640_000, "100 d"), (31_557_600, "1 y"), (315_576_000, "10 y"), (3_155_760_000, "100 y"),
)  # fmt: skip
"""Seconds and how they are told."""
NAME_CHARACTERS_MAX = 24
_NINES_MAX = 18
_NINES_TOLD = 5


def tell_durations(axis: "Axis", low_hours: float, high_hours: float) -> None:
    """Label a logarithmic axis of hours from low to high."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    low, high = 3600 * low_hours, 3600 * high_hours
    shown = [(seconds, text) for seconds, text in _DURATIONS if low / 10 <= seconds <= high * 10]
    axis.set_major_locator(FixedLocator([seconds / 3600 for seconds, _ in shown]))
    axis.set_major_formatter(FixedFormatter([text for _, text in shown]))
    axis.set_minor_locator(NullLocator())


def tell_availability(axis: "Axis", low: float, high: float) -> None:
    """Label a logarithmic axis of unavailability from low to high by availabilities: 99 %, 99.9 %."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    first = max(0, math.floor(-math.log10(high)))
    last = min(_NINES_MAX, math.ceil(-math.log10(low)))
    nines = [each for each in range(first, last + 1) if (last - first) <= 10 or (each - first) % 2 == 0]
    axis.set_major_locator(FixedLocator([10.0**-each for each in nines]))
    axis.set_major_formatter(FixedFormatter([availability_text(each) for each in nines]))
    axis.set_minor_locator(NullLocator())


def availability_text(nines: int) -> str:
    """Return the availability of so many nines, as 99.99 %, or as 7 nines where they are hard to count."""
    if nines > _NINES_TOLD:
        return f"{nines} nines"
    return ("0 %", "90 %", "99 %")[nines] if nines < 3 else f"99.{'9' * (nines - 2)} %"


def padded(low: float, high: float, factor: float = 1.5) -> tuple[float, float]:
    """Return bounds of a logarithmic axis with room around what is shown; both are above 0."""
    return low / factor, high * factor


def shortened(name: str) -> str:
    """Return a name that fits: of a long one the begin and the end, which tells it from others."""
    half = NAME_CHARACTERS_MAX // 2
    return name if len(name) <= NAME_CHARACTERS_MAX else f"{name[:half]}…{name[1 - half :]}"
