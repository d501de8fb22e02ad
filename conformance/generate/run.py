"""Makes questions from facts and a seed, and finds the simplest question that fails as a given one does.

The same facts, seed and number always make the same question, whatever was made before it.
"""

from collections.abc import Callable, Iterator

from hypothesis.strategies import SearchStrategy

from conformance.corpus import Question
from conformance.generate.engine import Drawer
from conformance.generate.facts import Facts
from conformance.generate.families import Asked, requests_about

CHUNK = 100
"""Questions made at once: few, for meanwhile nobody asks; more would not be made faster."""
SHRINK_TRIES_MAX = 400
"""Questions put to endpoints for one that fails; none is asked twice."""


class Generator:
    """Makes questions about one chain from one seed."""

    def __init__(self, strategy: SearchStrategy[Asked], seed: int) -> None:
        """Make questions by a strategy of methods and bodies."""
        self._drawer = Drawer(strategy, str(seed))
        self._seed = seed

    def questions(self, examples: int) -> Iterator[Question]:
        """Yield so many questions."""
        for first in range(0, examples, CHUNK):
            for place, asked in enumerate(self._drawer.draw(first, min(CHUNK, examples - first))):
                yield self._question(asked, first + place)

    def shrink(self, question: Question, still_fails: Callable[[Question], bool]) -> Question:
        """Return the simplest question found that fails as this one does: itself, where none is simpler.

        Args:
            question: one that this generator made.
            still_fails: asks a simpler one and says whether it fails in the same way; at most SHRINK_TRIES_MAX times.
        """
        number = number_of(question)
        said = {question.body: True}

        def fails(asked: Asked) -> bool:
            method, body = asked
            if body not in said:
                said[body] = len(said) <= SHRINK_TRIES_MAX and still_fails(self._question(asked, number))
            return method == question.method and said[body]

        smallest = self._drawer.shrink(number, fails)
        return question if smallest is None else self._question(smallest, number)

    def _question(self, asked: Asked, number: int) -> Question:
        method, body = asked
        name, why = f"{method}/seed-{self._seed}-{number:06}", f"seed {self._seed}, example {number}"
        return Question(name, method, why, body, "")


def generator_about(facts: Facts, seed: int, is_wanted: Callable[[str], bool] = lambda _: True) -> Generator | None:
    """Return a generator of questions about a chain, or None where no method is wanted.

    Args:
        facts: of the chain.
        seed: any number.
        is_wanted: whether to ask a method (or `bodies`, or `batches`).
    """
    strategy = requests_about(facts, is_wanted)
    return None if strategy is None else Generator(strategy, seed)


def generated_questions(facts: Facts, examples: int, seed: int) -> Iterator[Question]:
    """Yield questions about a chain, over all methods: the same ones for the same facts and seed."""
    generator = generator_about(facts, seed)
    assert generator is not None
    return generator.questions(examples)


def number_of(question: Question) -> int:
    """Return the number of a question that a generator made."""
    return int(question.name.rpartition("-")[2])
