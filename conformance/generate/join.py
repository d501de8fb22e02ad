"""Joins generated questions to a run: facts asked of the reference, questions by patterns, failures kept as cases."""

import fnmatch
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from conformance.corpus import Question
from conformance.generate.asking import asking
from conformance.generate.facts import gather_facts
from conformance.generate.failures import Kept, keep_failures
from conformance.generate.run import Generator, generator_about
from conformance.subject import Reply, Subject
from conformance.verdict import Judgement, Verdict
from fixtures.chain_files import ChainFiles
from reference_node.chain.files import read_blocks
from reference_node.errors import UsageError

FAILURES = Path("conform-failures")
"""Where failing requests are kept, unless it is said otherwise."""


def generator_for(
    reference: Subject, chain: ChainFiles, seed: int, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> Generator:
    """Return what makes questions about a reference's chain.

    Args:
        reference: asked for facts.
        chain: its side blocks are asked for, where the reference knows them.
        seed: any number.
        include: patterns of methods, `bodies` or `batches`; none for all.
        exclude: patterns of what is left out again.

    Raises:
        CouldNotJudge: the reference tells nothing.
        UsageError: nothing is left to ask.
    """
    facts = gather_facts(asking(reference), side_hashes(chain))

    def is_wanted(method: str) -> bool:
        return (not include or _fits(method, include)) and not _fits(method, exclude)

    generator = generator_about(facts, seed, is_wanted)
    if generator is None:
        raise UsageError("--examples has nothing to ask: --include and --exclude leave no method")
    return generator


def side_hashes(chain: ChainFiles) -> list[str]:
    """Return the hashes of a chain folder's side blocks."""
    blocks = read_blocks(chain.side) if chain.side.exists() else ()
    return [f"0x{block.header.hash.hex()}" for block in blocks]


def keep_failures_of(
    judgements: Iterable[Judgement],
    generator: Generator,
    generated: Iterable[Question],
    folder: Path,
    examine: Callable[[Question], Judgement],
    ask_reference: Callable[[Question], Reply],
) -> list[Kept]:
    """Shrink the generated questions that failed in a run, and save them as `.io` cases.

    Args:
        judgements: what the run said, of generated questions and of others.
        generator: made the questions.
        generated: those it made.
        folder: where `<method>/<case>.io` is written.
        examine: asks both endpoints a question and judges the answers, as the run did.
        ask_reference: asks the reference alone.
    """
    names = {question.name for question in generated}
    failed = {Verdict.MISMATCH, Verdict.LAG}
    failures = [said for said in judgements if said.verdict in failed and said.question.name in names]
    return keep_failures(failures, generator, folder, examine, ask_reference)


def _fits(method: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(method, pattern) for pattern in patterns)
