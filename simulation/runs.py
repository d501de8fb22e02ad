"""Runs many replications, on one processor or over processes or machines, until there are enough.

Replications are numbered and each has streams of its own, so it does not matter who runs which: the same seed gives
the same numbers with any number of workers.
"""

import time
import warnings
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from importlib import import_module

from simulation.errors import ScenarioError
from simulation.model import Model
from simulation.trace import Replication

REPLICATIONS_MAX = 100_000
BATCHES_PER_ROUND = 64


ENGINE_MODULES = {"simpy": "simulation.processes", "fast": "simulation.fast"}
"""Where each simulating engine's `simulate_once` is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run."""

    engine: str
    """One of ENGINE_MODULES."""
    model: Model
    horizon_hours: float
    seed: int
    jobs: int | None = 1
    """Workers; None leaves it to joblib's parallel_config, and with it the backend (processes, Dask, Ray)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the runs are."""

    done: int
    planned: int
    """Of this round; more may follow where an interval has to become narrower."""
    seconds: float


Tell = Callable[[Progress], None]


class Runner:
    """Runs more and more replications of one plan, and keeps them."""

    def __init__(self, plan: Plan, tell: Tell | None = None, seconds_max: float | None = None) -> None:
        """Start the clock."""
        self.replications: list[Replication] = []
        self._plan = plan
        self._tell = tell
        self._began = time.monotonic()
        self._seconds_max = seconds_max

    @property
    def seconds(self) -> float:
        """Time since the beginning."""
        return time.monotonic() - self._began

    @property
    def is_late(self) -> bool:
        """Whether the time is up; a replication that has begun is always ended."""
        return self._seconds_max is not None and self.seconds >= self._seconds_max

    def run_to(self, count: int) -> None:
        """Run replications until there are so many or the time is up; at least one round's first batch is run."""
        first = len(self.replications)
        size = 1 if self._seconds_max is not None else max(1, -(-(count - first) // BATCHES_PER_ROUND))
        batches = [(at, min(size, count - at)) for at in range(first, count, size)]
        done = self._batches(batches)
        try:
            for batch in done:
                self.replications.extend(batch)
                if self._tell is not None:
                    self._tell(Progress(len(self.replications), count, self.seconds))
                if self.is_late:
                    break
        finally:
            done.close()

    def _batches(self, batches: Sequence[tuple[int, int]]) -> Generator[Sequence[Replication], None, None]:
        if self._plan.jobs == 1:
            yield from (run_batch(self._plan, *batch) for batch in batches)
            return
        try:
            from joblib import Parallel, delayed
        except ImportError as error:
            raise ScenarioError("jobs other than 1 need joblib: pip install 'ethercattle[simulation]'") from error
        parallel = Parallel(n_jobs=self._plan.jobs, return_as="generator")
        with warnings.catch_warnings():
            # where the time is up, what is still at work is given up on purpose
            warnings.filterwarnings("ignore", "[0-9]+ tasks .*", UserWarning, "joblib")
            yield from parallel(delayed(run_batch)(self._plan, *batch) for batch in batches)


def run_batch(plan: Plan, first: int, count: int) -> list[Replication]:
    """Run replications number `first` and up; what a worker does."""
    simulate_once = import_module(ENGINE_MODULES[plan.engine]).simulate_once
    return [simulate_once(plan.model, plan.horizon_hours, plan.seed, number) for number in range(first, first + count)]
