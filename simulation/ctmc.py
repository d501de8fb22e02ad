"""Exact answers from a continuous-time Markov chain, where every law is exponential or a whole number of such steps.

The states of a model are enumerated from all units up; units that are alike and in the same condition are counted, not
told apart. Sources: Stewart, "Introduction to the Numerical Solution of Markov Chains" (1994), ch. 1 and 2; mean times
to absorption from the transient part of the generator, transient distributions by the action of its exponential.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import expm_multiply, splu

from simulation.chain_states import State, check_markov, good_counts, initial_state, transitions
from simulation.errors import NotApplicable
from simulation.model import Measure, Model

STATES_MAX = 200_000
DENSE_MAX = 400
"""Up to so many states the exponential of the whole generator is taken."""
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chain:
    """A model's states and how fast each goes over into which."""

    model: Model
    states: tuple[State, ...]
    """The first one has every unit up and as new."""
    generator: csr_array
    """Rates per hour; rows add up to 0."""

    def holds(self, measure: Measure) -> NDArray[np.bool_]:
        """Say for each state whether a measure is available in it."""
        return np.array(
            [measure.expression.holds(good_counts(self.model, state, measure.counts_stale)) for state in self.states]
        )


def build_chain(model: Model) -> Chain:
    """Enumerate a model's states.

    Raises:
        NotApplicable: a law is no sum of exponential steps, units are refreshed by the calendar, or there are too many
            states.
    """
    numbers, rows, columns, rates = _explore(model, STATES_MAX)
    size = len(numbers)
    off_diagonal = csr_array((rates, (rows, columns)), shape=(size, size))
    leaving = csr_array((off_diagonal.sum(axis=1), (range(size), range(size))), shape=(size, size))
    return Chain(model, tuple(numbers), csr_array(off_diagonal - leaving))


def count_states(model: Model, most: int) -> int:
    """Return the number of states.

    Raises:
        NotApplicable: as `build_chain`, or there are more than `most`.
    """
    return len(_explore(model, most)[0])


def _explore(model: Model, most: int) -> tuple[dict[State, int], list[int], list[int], list[float]]:
    """Return all states by number, and of each possible change from where, to where, and its rate."""
    check_markov(model)
    first = initial_state(model)
    numbers = {first: 0}
    waiting = [first]
    rows: list[int] = []
    columns: list[int] = []
    rates: list[float] = []
    while waiting:
        state = waiting.pop()
        for rate, following in transitions(model, state):
            if following not in numbers:
                if len(numbers) >= most:
                    raise NotApplicable(f"exact chain: more than {most} states; expected fewer units or stages")
                numbers[following] = len(numbers)
                waiting.append(following)
            rows.append(numbers[state])
            columns.append(numbers[following])
            rates.append(rate)
    return numbers, rows, columns, rates


def steady_state(chain: Chain) -> Vector:
    """Return the long-run share of time in each state.

    The chain's states all lead back to the first, so one equation of pi Q = 0 may give way to sum(pi) = 1: pi is first
    found relative to the first state.
    """
    size = len(chain.states)
    if size == 1:
        return np.ones(1)
    balance = csc_array(chain.generator.T)
    rest = _solved(balance[1:, 1:], -balance[1:, [0]].toarray().ravel())
    relative = np.concatenate(([1.0], rest))
    shares: Vector = relative / relative.sum()
    return shares


def availability(chain: Chain, measure: Measure) -> float:
    """Return the long-run share of time in which a measure is available."""
    return 1 - unavailability(chain, measure)


def unavailability(chain: Chain, measure: Measure, shares: Vector | None = None) -> float:
    """Return the long-run share of time in which a measure is not available, exact also where it is tiny."""
    shares = steady_state(chain) if shares is None else shares
    return float(shares[~chain.holds(measure)].sum())


def failures_an_hour(chain: Chain, measure: Measure, shares: Vector | None = None) -> float:
    """Return how often a measure stops being available in the long run, per hour; `shares` as of `steady_state`."""
    shares = steady_state(chain) if shares is None else shares
    holds = chain.holds(measure)
    flows = chain.generator[holds][:, ~holds]
    return float(shares[holds] @ flows.sum(axis=1))


def mean_hours_to_failure(chain: Chain, measure: Measure) -> float:
    """Return the mean time from all units new and up until a measure is first not available; infinite if it never is.

    Raises:
        NotApplicable: the measure is not available to begin with.
    """
    holds = chain.holds(measure)
    if not holds[0]:
        raise NotApplicable(f"exact chain: {measure.name} is not available even with every unit up")
    if holds.all():
        return float("inf")
    before = -chain.generator[holds][:, holds]
    return float(_solved(before, np.ones(before.shape[0]))[0])


def _solved(matrix: Any, right: Vector) -> Vector:
    """Return the solution of a linear system over states.

    Its diagonal outweighs the rest, so no pivoting is needed, and the order may be the one that fills in least where
    changes have a way back: of 4,000 states in two seconds rather than half a minute.
    """
    factors = splu(
        csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    found: Vector = factors.solve(right)
    return found


def transient_availability(chain: Chain, measure: Measure, at_hours: Sequence[float]) -> list[float]:
    """Return the chance that a measure is available so long after all units were new and up."""
    holds = chain.holds(measure)
    return [float(_distribution_at(chain, hours)[holds].sum()) if hours else float(holds[0]) for hours in at_hours]


def _distribution_at(chain: Chain, hours: float) -> Vector:
    """Return the chance of each state so long after the start."""
    size = len(chain.states)
    if size <= DENSE_MAX:  # its work grows with the logarithm of hours x rates, not with them
        dense: Vector = expm(chain.generator.toarray() * hours)[0]
        return dense
    start = np.zeros(size)
    start[0] = 1.0
    sparse: Vector = expm_multiply(csc_array(chain.generator.T) * hours, start)
    return sparse
