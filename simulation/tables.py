"""Reads TOML tables key by key: every mistake is one line that names the key, what was found and what was expected.

A key that holds a duration ends in its unit (`mean_days`, `value_seconds`); of one duration exactly one such key is
there. What is left when a table has been read is unknown, and the nearest known key is named.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from simulation.errors import ScenarioError

UNITS = {
    "seconds": 1 / 3600,
    "minutes": 1 / 60,
    "hours": 1.0,
    "days": 24.0,
    "weeks": 168.0,
    "years": 8766.0,
}
"""Unit, as keys end in it, to hours."""
HOURS_MAX = 1e15
WHOLE_MAX = 100_000


@dataclass(slots=True)
class Table:
    """One table that is being read."""

    values: Mapping[str, object]
    path: str = ""
    """Dotted path of the table in its file; empty for the whole file."""
    folder: Path = Path()
    """Where files that the table names are looked for."""
    known: list[str] = field(default_factory=list)
    """Every key that was asked for."""

    def key(self, name: str) -> str:
        """Return a key's dotted path."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Say whether a key is there."""
        self.known.append(name)
        return name in self.values

    def refuse(self, name: str, expected: str) -> NoReturn:
        """Raise ScenarioError about a key's value."""
        raise ScenarioError(f"{self.key(name)} is {_shown(self.values.get(name))}, expected {expected}")

    def missing(self, names: str, options: Sequence[str]) -> NoReturn:
        """Raise ScenarioError about a key that has to be there; one that looks like it is named."""
        self.known += options
        others = [name for name in self.values if name not in self.known]
        near = [name for option in options for name in difflib.get_close_matches(option, others, n=1, cutoff=0.7)]
        if near:
            raise ScenarioError(f"{self.key(near[0])} is unknown{_nearest(near[0], options)}")
        raise ScenarioError(f"{self.key(names)} is missing")

    def number(
        self, name: str, default: float | None = None, *, above: float = -math.inf, low: float = -math.inf,
        high: float = math.inf,
    ) -> float:  # fmt: skip
        """Read a number; without a default it has to be there."""
        if not self.has(name):
            return self.missing(name, [name]) if default is None else default
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name, "a number")
        number = float(value) if abs(value) < 1e300 else math.inf
        if not math.isfinite(number) or not (number > above and low <= number <= high):
            self.refuse(name, _range(above, low, high))
        return number

    def whole(self, name: str, default: int | None = None, *, low: int = 1, high: int = WHOLE_MAX) -> int:
        """Read a whole number; without a default it has to be there."""
        number = self.number(name, default, low=-math.inf)
        if number != int(number) or not low <= number <= high:
            self.refuse(name, f"a whole number from {low} to {high}")
        return int(number)

    def text(self, name: str, default: str | None = None, choices: Sequence[str] = ()) -> str:
        """Read a text; without a default it has to be there."""
        if not self.has(name):
            return self.missing(name, [name]) if default is None else default
        value = self.values[name]
        if not isinstance(value, str) or (choices and value not in choices):
            near = _nearest(str(value), choices)
            self.refuse(name, f"one of {', '.join(choices)}{near}" if choices else "a text")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true or false."""
        if not self.has(name):
            return default
        value = self.values[name]
        if not isinstance(value, bool):
            self.refuse(name, "true or false")
        return value

    def texts(self, name: str, choices: Sequence[str]) -> tuple[str, ...]:
        """Read a list of some of the choices, each at most once; none where the key is not there."""
        if not self.has(name):
            return ()
        found = self.values[name]
        if not isinstance(found, list):
            self.refuse(name, "a list of texts")
        for item in found:
            if item not in choices:
                near = _nearest(str(item), choices)
                raise ScenarioError(
                    f"{self.key(name)} names {_shown(item)}, expected some of {', '.join(choices)}{near}"
                )
        if len(set(found)) < len(found):
            self.refuse(name, "each name once")
        return tuple(found)

    def numbers(self, name: str) -> tuple[float, ...]:
        """Read a list of numbers, none below 0; empty where the key is not there."""
        if not self.has(name):
            return ()
        found = self.values[name]
        if not isinstance(found, list):
            self.refuse(name, "a list of numbers")
        for place, item in enumerate(found):
            if isinstance(item, bool) or not isinstance(item, int | float) or not 0 <= item < 1e300:
                raise ScenarioError(f"{self.key(name)}[{place}] is {_shown(item)}, expected a number, 0 or more")
        return tuple(float(item) for item in found)

    def hours(self, name: str, default: float | None = None, *, low: float = 0.0) -> float:
        """Read a duration above `low` hours from the one key that is the name and a unit; return hours."""
        there = self._durations(name)
        if len(there) > 1:
            raise ScenarioError(f"{self.key(there[0])} and {there[1]} contradict each other, expected one of them")
        if not there:
            options = [f"{name}_{unit}" for unit in UNITS]
            return self.missing(f"{name}_seconds, _minutes, _hours or _days", options) if default is None else default
        factor = UNITS[there[0].rpartition("_")[2]]
        return self.number(there[0], above=low / factor, high=HOURS_MAX) * factor

    def flag_hours(self, name: str) -> float:
        """Read a duration that is a node's flag: 0 or no such key means that the flag is off."""
        there = self._durations(name)
        is_off = len(there) == 1 and self.values[there[0]] == 0 and not isinstance(self.values[there[0]], bool)
        return 0.0 if is_off else self.hours(name, 0.0)

    def has_hours(self, name: str) -> bool:
        """Say whether a duration is there, in any unit."""
        return bool(self._durations(name))

    def _durations(self, name: str) -> list[str]:
        """Return the keys that are there of a duration, in whatever unit."""
        return [f"{name}_{unit}" for unit in UNITS if self.has(f"{name}_{unit}")]

    def table(self, name: str) -> "Table | None":
        """Return a table in this one, if it is there."""
        if not self.has(name):
            return None
        value = self.values[name]
        if not isinstance(value, dict):
            self.refuse(name, "a table")
        return Table(value, self.key(name), self.folder)

    def tables(self, name: str) -> list["Table"]:
        """Return the tables of a list; none where the key is not there."""
        if not self.has(name):
            return []
        value = self.values[name]
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(name, "a list of tables")
        return [Table(item, f"{self.key(name)}[{place}]", self.folder) for place, item in enumerate(value)]

    def children(self) -> dict[str, "Table"]:
        """Return every table in this one, by names that the user chose."""
        found = {}
        for name in self.values:
            child = self.table(name)
            assert child is not None
            found[name] = child
        return found

    def end(self) -> None:
        """Raise ScenarioError if there is a key that nobody asked for."""
        unknown = next((name for name in self.values if name not in self.known), None)
        if unknown is not None:
            raise ScenarioError(f"{self.key(unknown)} is unknown{_nearest(unknown, list(dict.fromkeys(self.known)))}")


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else (f"; known here: {', '.join(known[:12])}" if known else "")


def _range(above: float, low: float, high: float) -> str:
    if math.isfinite(above):
        return f"above {above:g}" + (f", at most {high:g}" if math.isfinite(high) else "")
    if math.isfinite(low):
        return f"from {low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
    return f"at most {high:g}" if math.isfinite(high) else "a finite number"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
