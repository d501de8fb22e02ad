"""Pandas, for those who want frames: an extra that no engine needs."""

from importlib import import_module
from typing import Any

from simulation.errors import ScenarioError
from simulation.estimates import Estimate


def pandas() -> Any:
    """Return the module.

    Raises:
        ScenarioError: it is not installed.
    """
    try:
        return import_module("pandas")
    except ImportError as error:
        raise ScenarioError("frames need pandas: pip install 'ethercattle[simulation]'") from error


def estimate_columns(name: str, found: Estimate | None) -> dict[str, float]:
    """Return an estimate as three columns of a frame; nan where there is none."""
    nothing = float("nan")
    value, low, high = (found.value, found.low, found.high) if found is not None else (nothing, nothing, nothing)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
