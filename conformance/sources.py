"""Opens who answers and finds what is asked, as the flags say."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from conformance.alone import NONE
from conformance.corpus import Corpus, Question, is_chosen
from conformance.heads import Side
from conformance.options import GETH, Options
from conformance.pin import LATEST
from conformance.schema import Schemas, load_schemas
from conformance.subject import Endpoint, Recorded, Subject
from conformance.watch import Watch, watched_questions
from fixtures.brokers import SQLITE
from fixtures.chain_files import ChainFiles
from reference_node.rpc.methods import METHODS

if TYPE_CHECKING:  # hypothesis takes half a second to import
    from conformance.generate.run import Generator

SMOKE_PER_METHOD = 3
EXAMPLES_MAX = 10**9
"""Of a run that ends by time."""


def load_schemas_of(path: Path | None, corpus: Corpus) -> Schemas | None:
    """Return the schemas of all methods that are known or asked."""
    if path is None:
        return None
    asked = {request.get("method") for question in corpus.questions for request in question.requests()}
    return load_schemas(path, {*METHODS, *(method for method in asked if isinstance(method, str))})


def open_reference(stack: ExitStack, options: Options, chain: ChainFiles, corpus: Corpus) -> Subject | None:
    """Return whose answers are right, started where it has to be; None where nobody's are."""
    if options.reference == NONE:
        return None
    if options.reference is None:
        return Recorded(corpus.version)
    if options.reference == GETH:
        from fixtures.geth import on_chain

        click.echo(f"starting geth on {chain.name}", err=True)
        url, name = stack.enter_context(on_chain(chain)).url, "geth started on the chain"
    else:
        url, name = options.reference, ""
    return stack.enter_context(Endpoint(url, name, options.transports.reference))


def open_candidate(stack: ExitStack, options: Options, chain: ChainFiles) -> Subject:
    """Return whose answers are judged, started where it has to be."""
    if options.candidate is not None:
        return stack.enter_context(Endpoint(options.candidate, transport=options.transports.candidate))
    from fixtures.cluster import running_cluster

    broker = options.broker or SQLITE
    click.echo(f"starting master, log ({broker}) and replica on {chain.name}", err=True)
    cluster = stack.enter_context(running_cluster(chain, broker=broker, config=options.kafka_words))
    name = f"replica started on the chain, log {broker}"
    return stack.enter_context(Endpoint(cluster.replicas[0].url, name, options.transports.candidate))


def open_watch(options: Options, reference: Subject, candidate: Subject) -> Watch | None:
    """Return what watches the tags of both sides; None where one of them has none, or patterns leave that out."""

    def is_wanted(question: Question) -> bool:
        return is_chosen(question, options.include, options.exclude)

    if isinstance(reference, Recorded) or not any(map(is_wanted, watched_questions())):
        return None
    theirs = Side(reference.ask)
    return Watch(theirs, Side(candidate.ask), is_wanted=is_wanted) if theirs.block(LATEST) is not None else None


def smoke_sample(questions: Sequence[Question], seed: int) -> list[Question]:
    """Return SMOKE_PER_METHOD questions of each method at the most, chosen by a seed, in the order they are in."""
    chance = Random(seed)  # noqa: S311 - no secret
    places: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        places.setdefault(question.method, []).append(place)
    chosen = [place for some in places.values() for place in chance.sample(some, min(SMOKE_PER_METHOD, len(some)))]
    return [questions[place] for place in sorted(chosen)]


@dataclass(slots=True)
class Questions:
    """What a run asks: cases, and then requests that are made as they are needed."""

    cases: Sequence[Question]
    examples: int = 0
    generator: "Generator | None" = None
    generated: list[Question] = field(default_factory=list)
    """Those made so far."""

    @property
    def planned(self) -> int | None:
        """How many there are, None where only time ends them."""
        return None if self.examples == EXAMPLES_MAX else len(self.cases) + self.examples

    def all(self) -> Iterable[Question]:
        """Return every question."""
        return itertools.chain(self.cases, self._made())

    def _made(self) -> Iterator[Question]:
        for question in self.generator.questions(self.examples) if self.generator is not None else ():
            self.generated.append(question)
            yield question


def choose_questions(options: Options, corpus: Corpus, reference: Subject | None, chain: ChainFiles) -> Questions:
    """Return what to ask.

    Raises:
        CouldNotJudge: the reference tells nothing of its chain.
        UsageError: there is nothing to ask.
    """
    cases = smoke_sample(corpus.questions, options.seed) if options.smoke else corpus.questions
    examples = options.examples or (EXAMPLES_MAX if options.deep else 0)
    if not examples or reference is None:
        return Questions(cases)
    from conformance.generate.join import generator_for

    click.echo(f"making requests from seed {options.seed}", err=True)
    generator = generator_for(reference, chain, options.seed, options.include, options.exclude)
    return Questions(cases, examples, generator)
