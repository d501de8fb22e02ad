"""Draws examples of a strategy from a seed, and finds a smaller one like a given one, both by hypothesis.

Hypothesis' own way to draw is made to find bugs in little time: it mutates what it drew, keeps a tree of all examples,
and takes constants out of the modules that happen to be loaded. Here examples are drawn evenly and from the seed alone,
by a provider of choices of our own (hypothesis' `alternative backends`), about twice as fast; shrinking stays its own.
"""

import warnings
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from random import Random
from tempfile import gettempdir
from typing import Any, Generic, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, HypothesisWarning
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, PrimitiveProvider
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_BACKEND = "ethercattle"
_RANDOM: ContextVar[Random] = ContextVar("random source of the examples being drawn")
GROUP = 20
"""Examples drawn at once: what hypothesis does around each run takes longer than most requests."""
_TRIES_MAX = 3
_SIZE_MAX = 100
"""Longest text or data drawn, where a strategy has no bound."""


class SeededProvider(PrimitiveProvider):
    """Makes every choice evenly, from the random source of this context."""

    def __init__(self, data: Any, /) -> None:
        super().__init__(data)
        self._random = _RANDOM.get()

    def draw_boolean(self, p: float = 0.5) -> bool:
        """Return true with a probability."""
        return self._random.random() < p

    def draw_integer(
        self, min_value: int | None = None, max_value: int | None = None, *,
        weights: dict[int, float] | None = None, shrink_towards: int = 0,
    ) -> int:  # fmt: skip
        """Return an integer between bounds, each as likely as the other; strategies here bound all of theirs."""
        del weights, shrink_towards
        low = -(2**64) if min_value is None else min_value
        high = max(low, 2**64) if max_value is None else max_value
        return self._random.randint(low, high)

    def draw_float(
        self, *, min_value: float = -1e9, max_value: float = 1e9, allow_nan: bool = True,
        smallest_nonzero_magnitude: float = 5e-324,
    ) -> float:  # fmt: skip
        """Return a number between bounds."""
        del allow_nan, smallest_nonzero_magnitude
        return self._random.uniform(max(min_value, -1e9), min(max_value, 1e9))

    def draw_string(self, intervals: Any, *, min_size: int = 0, max_size: int = _SIZE_MAX) -> str:
        """Return a text of letters in these intervals."""
        size = self._random.randint(min_size, max(min_size, min(max_size, _SIZE_MAX)))
        return "".join(chr(intervals[self._random.randrange(len(intervals))]) for _ in range(size))

    def draw_bytes(self, min_size: int = 0, max_size: int = _SIZE_MAX) -> bytes:
        """Return data."""
        return self._random.randbytes(self._random.randint(min_size, max(min_size, min(max_size, _SIZE_MAX))))


AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{SeededProvider.__name__}"


class _Chosen(Exception):
    """An example is one that is looked for."""


class _TooLong(Exception):
    """A group of examples makes more choices than hypothesis takes at once."""


class Drawer(Generic[T]):
    """Draws the numbered examples of a strategy: each from a seed of its own, many in one run of hypothesis."""

    def __init__(self, strategy: SearchStrategy[T], seed_text: str) -> None:
        """Draw from a strategy by a seed; nothing is drawn yet."""
        self._strategy = strategy
        self._seed_text = seed_text
        self._random = Random()  # noqa: S311 - no secrets
        self._first = 0
        """Number of the first example in the group being drawn."""
        self._tries = 0
        """How often that group was begun."""
        # Before each example, a part that chooses nothing, but begins the example's seed.
        self._group = st.tuples(*(part for place in range(GROUP) for part in (self._start(place), strategy)))

    def draw(self, first: int, count: int) -> list[T]:
        """Return the examples of these numbers."""
        drawn: list[T] = []
        self._first = first
        groups = (count + GROUP - 1) // GROUP

        def keep(group: tuple[Any, ...]) -> None:
            drawn.extend(group[1::2])
            self._first += GROUP
            self._tries = 0

        self._tries = 0
        with suppress(_TooLong, Flaky):
            _run(self._group, groups, self._random, keep, (Phase.generate,))
        while len(drawn) < count:  # a group was too long for hypothesis: one by one, then
            drawn.append(self._draw_one(first + len(drawn)))
        return drawn[:count]

    def shrink(self, number: int, still_fails: Callable[[T], bool]) -> T | None:
        """Return the simplest example found that fails as the one of this number does; None where that one doesn't.

        Args:
            number: of the example that failed.
            still_fails: asked of each example tried, that one first.
        """
        found: list[T] = []

        def try_one(example: T) -> None:
            if still_fails(example):
                found.append(example)
                raise _Chosen

        self._seed(number)
        # Flaky: an endpoint changed its mind; what failed last is as good as can be had.
        with suppress(_Chosen, Flaky):
            _run(self._strategy, 1, self._random, try_one, (Phase.generate, Phase.shrink))
        return found[-1] if found else None

    def _draw_one(self, number: int) -> T:
        drawn: list[T] = []
        self._seed(number)
        _run(self._strategy, 1, self._random, drawn.append, (Phase.generate,))
        return drawn[0]

    def _start(self, place: int) -> SearchStrategy[None]:
        def start() -> None:
            self._tries += place == 0
            if self._tries > _TRIES_MAX:
                raise _TooLong
            self._seed(self._first + place)

        return st.builds(start)

    def _seed(self, number: int) -> None:
        self._random.seed(f"{self._seed_text} {number}")


def _run(
    strategy: SearchStrategy[T], examples: int, random: Random, test: Callable[[T], None], phases: tuple[Phase, ...]
) -> None:
    """Give examples of a strategy to a test; the simplest of all, which comes first, is left out."""
    wanted = settings(
        max_examples=examples + 1,
        backend=_BACKEND,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    is_first = True

    @seed(0)  # of what hypothesis chooses itself while it shrinks
    @wanted
    @given(strategy)
    def run(example: T) -> None:
        nonlocal is_first
        if not is_first:
            test(example)
        is_first = False

    set_hypothesis_home_dir(Path(gettempdir()) / "ethercattle-hypothesis")  # and not where the command was started
    token = _RANDOM.set(random)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)  # long lists to choose from are no mistake here
            run()
    finally:
        _RANDOM.reset(token)
        set_hypothesis_home_dir(None)
