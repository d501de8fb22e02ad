"""The command `ethercattle conform`."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from conformance.about import About, about_command
from conformance.alone import NONE, run_alone
from conformance.corpus import answers_folder, load_corpus
from conformance.examine import Examiner
from conformance.faults.command import check_flags, run_self_test
from conformance.options import Options, check_options, conform_options
from conformance.report.table import progress_bar
from conformance.report.write import write_reports
from conformance.run import Run, run_questions
from conformance.schema import Schemas
from conformance.sources import Questions, choose_questions, load_schemas_of, open_candidate, open_reference, open_watch
from conformance.subject import Subject
from conformance.verify.chain import Plan
from fixtures.chain_files import find_chain
from reference_node.commands import Command
from reference_node.errors import CouldNotJudge

EXIT_CODES = (
    "Exit codes: 0 every answer matches; 1 some answer is wrong; 2 wrong usage, or files that can't be read; "
    "3 could not judge: an endpoint or a part is not there, or interrupted."
)


@click.command(cls=Command, epilog=EXIT_CODES)
@conform_options
@click.pass_context
def conform(context: click.Context, /, **flags: Any) -> None:
    """Compare a replica's answers with a reference's, exactly but for named allowances."""
    options = Options(**flags)
    if options.self_test:
        check_flags(context)
    check_options(options)
    chain = find_chain(options.chain_name)
    corpus = load_corpus(options.folder or answers_folder(chain.name), options.include, options.exclude)
    title = str(options.folder) if options.folder else chain.name
    if options.self_test:
        sys.exit(run_self_test(title, corpus.questions, options.settings, options.seed, options.json_path))
    is_by_chance = options.examples is not None or options.deep or options.smoke or options.reference == NONE
    about = about_command(context, chain.name, options.seed if is_by_chance else None)
    schemas = load_schemas_of(options.openrpc_path, corpus)
    run: Run | None = None
    try:
        with _terminable(), ExitStack() as stack:
            reference = open_reference(stack, options, chain, corpus)
            candidate = open_candidate(stack, options, chain)
            questions = choose_questions(options, corpus, reference, chain)
            run = _run(title, options, questions, reference, candidate, schemas, about)
            write_reports(run, options.reports)
            if reference is not None and not run.interrupted:
                _keep_failures(run, options, questions, reference, candidate, schemas)
    except KeyboardInterrupt:
        when = "before the first question" if run is None else "after the last question asked"
        raise CouldNotJudge(f"interrupted {when}") from None
    sys.exit(run.exit_code)


def _run(
    title: str, options: Options, questions: Questions, reference: Subject | None, candidate: Subject,
    schemas: Schemas | None, about: About,
) -> Run:  # fmt: skip
    """Ask, showing how far it is, and return all that was found."""
    with progress_bar(questions.planned if reference is not None else None) as tell:
        if reference is None:
            plan = Plan(options.blocks, options.seed)
            run = run_alone(title, questions.cases, candidate, plan, schemas, tell)
        else:
            run = run_questions(
                title, questions.all(), reference, candidate, settings=options.settings, schemas=schemas,
                limits=options.limits(questions.planned), planned=questions.planned,
                watch=open_watch(options, reference, candidate), tell=tell,
            )  # fmt: skip
    return replace(run, about=about)


def _keep_failures(
    run: Run, options: Options, questions: Questions, reference: Subject, candidate: Subject, schemas: Schemas | None
) -> None:
    """Save the questions made at random that failed, each as simple as it can be."""
    if questions.generator is None:
        return
    from conformance.generate.join import keep_failures_of

    examiner = Examiner(reference, candidate, options.settings, schemas)
    kept = keep_failures_of(
        run.judgements, questions.generator, questions.generated, options.save_folder, examiner.examine, reference.ask
    )
    if kept:
        where = f"{len(kept)} failing requests made from seed {options.seed} are in {options.save_folder}"
        click.echo(where, err=True)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that nothing it started stays behind."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
