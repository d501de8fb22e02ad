"""All kinds of faults, and all that is none."""

from conformance.faults.chain import CHAIN
from conformance.faults.controls import CONTROLS as CONTROLS
from conformance.faults.data import DATA
from conformance.faults.envelope import ENVELOPE
from conformance.faults.errors import ERRORS
from conformance.faults.fault import Fault
from conformance.faults.lists import LISTS
from conformance.faults.logs import LOGS
from conformance.faults.quantities import QUANTITIES
from conformance.faults.shapes import SHAPES
from conformance.faults.stale import STALE
from conformance.faults.wire import WIRE

FAULTS = (*STALE, *CHAIN, *LOGS, *LISTS, *QUANTITIES, *DATA, *SHAPES, *ERRORS, *ENVELOPE, *WIRE)


def find_fault(name: str) -> Fault:
    """Return the fault or control of a name. Raises KeyError where there is none."""
    return {fault.name: fault for fault in (*FAULTS, *CONTROLS)}[name]
