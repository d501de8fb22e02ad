"""Runs go over Dask's workers as over processes: any joblib backend takes a simulation past one machine."""

from collections.abc import Iterator
from typing import Any

import joblib
import pytest
from distributed import Client, LocalCluster, get_task_stream

from simulation import load_scenario, simulate
from simulation.errors import NotReached

WORKERS = 2


@pytest.fixture
def client() -> Iterator[Client]:
    """Two workers on this machine, each a process of its own, as they would be on two."""
    workers: dict[str, Any] = {"n_workers": WORKERS, "threads_per_worker": 1, "processes": True}
    with LocalCluster(host="127.0.0.1", dashboard_address=None, **workers) as cluster, Client(cluster) as client:
        yield client


def test_two_workers_give_the_samples_that_one_process_gives(client: Client) -> None:
    scenario = load_scenario("shared_crew")
    settings: dict[str, Any] = {"engine": "simpy", "replications": 12, "horizon_days": 2000, "seed": 11}
    with joblib.parallel_config(backend="dask"), get_task_stream(client) as stream:
        spread = simulate(scenario, jobs=None, **settings)
    alone = simulate(scenario, **settings)
    assert len({task["worker"] for task in stream.data}) == WORKERS
    assert spread.samples_frame().equals(alone.samples_frame())
    assert spread.estimates == alone.estimates
    assert len(alone.samples_frame()) > 0


def test_a_relative_error_is_reached_over_workers_with_the_same_number_of_runs(client: Client) -> None:
    scenario = load_scenario("two_units_one_crew")
    settings: dict[str, Any] = {"engine": "simpy", "horizon_days": 100, "rel_error": 0.2, "seed": 3}
    with joblib.parallel_config(backend="dask", n_jobs=WORKERS):
        spread = simulate(scenario, jobs=None, **settings)
    alone = simulate(scenario, **settings)
    assert len(spread.samples.replications) == len(alone.samples.replications) > 30
    assert spread.measures["service"].unavailability.relative_error <= 0.2
    assert spread.measures == alone.measures


def test_what_is_still_at_work_when_the_time_is_up_is_given_up_quietly() -> None:
    """Warnings are errors here: joblib's about what it cancels would be one."""
    scenario = load_scenario("operators_guide")
    with pytest.raises(NotReached, match=r"[0-9]+ of 2000 replications in .* s \(max_seconds 0\.5\)") as seen:
        simulate(scenario, engine="simpy", replications=2000, max_seconds=0.5, jobs=2)
    assert seen.value.result is not None
    assert 0 < len(seen.value.result.samples.replications) < 2000
    assert 0 < seen.value.result.measures["reads"].availability.value < 1
