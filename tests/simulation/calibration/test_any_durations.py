"""Whatever was measured, calibration ends with laws that a scenario takes, or with one line."""

import json
import tomllib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulation.calibration import goodness
from simulation.calibration.calibrate import calibrate
from simulation.calibration.measured import Durations
from simulation.calibration.report import as_json
from simulation.calibration.scenario_piece import as_toml, law_text
from simulation.errors import ScenarioError
from simulation.law_tables import read_law
from simulation.tables import Table

HOURS = st.one_of(
    st.floats(0, 1e6), st.floats(1e-9, 1e-3), st.floats(1e6, 1e14), st.sampled_from([0.0, 1.0, 1.0 + 1e-12, 5.0])
)


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """Few samples for each test of goodness."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(goodness, "BOOTSTRAPS", 1)
        yield


@given(st.lists(st.tuples(HOURS, st.booleans()), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
@example([(1.0, False), (2.0, False), (138.0, True)])
@example([(0.0, False), (0.0, True)])
@example([(1e-9, False), (1e14, False), (1e14, True)])
@example([(1.0, False)] + [(1e-9, True)] * 8)
@example([(1.0, False), (1.0 + 1e-12, False), (2.0, True)])
def test_any_durations_end_in_laws_or_in_a_line(cells: list[tuple[float, bool]]) -> None:
    hours, cut = (np.array(each) for each in zip(*cells, strict=True))
    try:
        found = calibrate([Durations("replica", "recovery", hours.astype(np.float64), cut.astype(np.bool_))])
    except ScenarioError:
        assert cut.all() or not hours.any()
        return
    json.loads(as_json(found))
    tomllib.loads(as_toml(found))
    fits = {tried.fit.family: tried.fit for tried in found.quantities[0].tried}
    for wider in ("weibull", "gamma"):  # of which the exponential law is a case
        if fits[wider].law is not None:
            assert fits[wider].log_likelihood >= fits["exponential"].log_likelihood - 1e-6
    for tried in found.quantities[0].tried:
        if tried.fit.law is not None:
            law = read_law(Table(tomllib.loads(f"law = {law_text(tried.fit.law)}")), "law")
            assert law.mean_hours == pytest.approx(tried.fit.law.mean_hours, rel=1e-4)
            assert np.isfinite(tried.fit.log_likelihood)
