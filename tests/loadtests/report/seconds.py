"""Makes seconds for tests that need some."""

from dataclasses import replace
from typing import Any

from loadtests.outcomes import Kind
from loadtests.summary import SecondFigures


def second(number: int, **values: Any) -> SecondFigures:
    """Return a second with ten good answers but for what is given."""
    flat = SecondFigures(
        second=number, is_warmup=False, offered=10, sent=10, answered=10, calls=10, failed=0, in_flight=0, waiting=0,
        kinds={Kind.RESULT: 10}, p50_ms=1.0, p99_ms=2.0, max_ms=3.0, service_p99_ms=2.0, consistency={}, heads={},
        late_p99_ms=0.1,
    )  # fmt: skip
    return replace(flat, **values)
