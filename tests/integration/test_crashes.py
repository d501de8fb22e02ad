"""Master and replica are killed at any point, started again, and end with equal databases: nothing lost or doubled."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from tests.integration.crash_runs import kill_masters, kill_points, kill_replicas

RUNS = settings(max_examples=3, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@RUNS
@given(kill_points)
def test_a_master_killed_at_any_point_publishes_every_batch_once(points: list[int]) -> None:
    with TemporaryDirectory() as name:
        kill_masters(f"sqlite:///{name}/log.sqlite", Path(name), points)


@pytest.mark.slow
@RUNS
@given(kill_points)
def test_a_replica_killed_at_any_point_ends_equal_to_its_master(points: list[int]) -> None:
    with TemporaryDirectory() as name:
        kill_replicas(f"sqlite:///{name}/log.sqlite", Path(name), points)
