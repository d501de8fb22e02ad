"""Availability models of whole clusters: `from simulation import Scenario, load_scenario, simulate`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.api import compare, simulate
    from simulation.scenario import Scenario, list_scenarios, load_scenario

_HOMES = {
    "Scenario": "simulation.scenario",
    "compare": "simulation.api",
    "list_scenarios": "simulation.scenario",
    "load_scenario": "simulation.scenario",
    "simulate": "simulation.api",
}
__all__ = ["Scenario", "compare", "list_scenarios", "load_scenario", "simulate"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: a command that simulates nothing needs no scipy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simulation' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
