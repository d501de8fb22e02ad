"""The command `ethercattle conform`."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from conformance.about import about_command
from conformance.allowances import Settings
from conformance.alone import NONE, run_alone
from conformance.corpus import Corpus, Question, answers_folder, load_corpus
from conformance.report.table import progress_bar
from conformance.report.write import ReportFiles, check_files, write_reports
from conformance.run import Run, run_questions
from conformance.schema import Schemas, load_schemas
from conformance.subject import Endpoint, Recorded, Subject
from conformance.verdict import Judgement
from conformance.verify.chain import Plan
from fixtures.brokers import SQLITE, check_kind
from fixtures.chain_files import DEFAULT_CHAIN, ChainFiles, find_chain
from reference_node.commands import Command, kafka_config_option
from reference_node.errors import CouldNotJudge, UsageError
from reference_node.rpc.methods import METHODS

EXIT_CODES = (
    "Exit codes: 0 every answer matches; 1 some answer is wrong; 2 wrong usage, or files that can't be read; "
    "3 could not judge: an endpoint or a part is not there, or interrupted."
)
GETH = "geth"
_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.command(cls=Command, epilog=EXIT_CODES)
@click.option("--chain", "chain_name", default=DEFAULT_CHAIN, show_default=True, help="A shipped chain or a folder.")
@click.option(
    "--candidate", metavar="URL",
    help="Whose answers are judged.  [default: a master, a log and one replica, started on the chain]",
)  # fmt: skip
@click.option(
    "--broker", metavar="sqlite|kafka|HOST:PORT,…",
    help="What is between master and replica: the embedded log, a Kafka started in a container, or one that runs; "
    "there, in a topic that is deleted at the end.  [default: sqlite]",
)  # fmt: skip
@kafka_config_option
@click.option(
    "--reference", metavar="geth|none|URL",
    help="Whose answers are right: a geth started on the chain, an endpoint, or nobody's: then the candidate is judged "
    "by its own hashes, roots, proofs and signatures.  [default: the recorded answers]",
)  # fmt: skip
@click.option(
    "--blocks", type=click.IntRange(min=1), metavar="N",
    help="How many blocks --reference none verifies.  [default: all of a short chain, 64 of a longer one]",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of all that is chosen by chance.")
@click.option(
    "--openrpc", "openrpc_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Hold every result to the schemas of an OpenRPC file, too.",
)  # fmt: skip
@click.option(
    "--cases", "folder", type=click.Path(file_okay=False, path_type=Path),
    help="Folder of <method>/<case>.io files.  [default: the answers recorded about the chain]",
)  # fmt: skip
@click.option(
    "--examples", type=click.IntRange(min=1), metavar="N",
    help="Ask N requests more, made at random of facts of the reference's chain; needs a --reference that runs.",
)  # fmt: skip
@click.option(
    "--save", "save_folder", type=click.Path(file_okay=False, path_type=Path), default="conform-failures",
    show_default=True, help="Folder for the requests made at random that fail, each shrunk, as cases for --cases.",
)  # fmt: skip
@click.option("--include", multiple=True, metavar="PATTERN", help="Ask these methods or method/cases only; repeatable")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out these methods or method/cases; repeatable")
@click.option("--strict-messages", is_flag=True, help="An error with another message is a mismatch.")
@click.option("--json", "json_path", type=_FILE, help="Write the report as JSON, - for stdout.")
@click.option("--junit", "junit_path", type=_FILE, help="Write the report as JUnit XML, - for stdout.")
@click.option("--html", "html_path", type=_FILE, help="Write the report as one HTML page, - for stdout.")
@click.pass_context
def conform(
    context: click.Context, /,
    chain_name: str, candidate: str | None, broker: str | None, kafka_words: tuple[str, ...], reference: str | None,
    folder: Path | None, include: tuple[str, ...], exclude: tuple[str, ...], strict_messages: bool,
    json_path: Path | None, junit_path: Path | None, html_path: Path | None, blocks: int | None, seed: int,
    openrpc_path: Path | None, examples: int | None, save_folder: Path,
) -> None:  # fmt: skip
    """Compare a replica's answers with a reference's, exactly but for named allowances."""
    reports = ReportFiles(json_path, junit_path, html_path)
    check_files(reports)
    if candidate is not None and (broker is not None or kafka_words):
        raise UsageError("--candidate names who is judged, so there is no log for --broker or --kafka.config to choose")
    if blocks is not None and reference != NONE:
        raise UsageError(f"--blocks says how much is verified without a reference: it needs --reference {NONE}")
    if examples is not None and reference in (None, NONE):
        raise UsageError(f"--examples asks what no record holds: it needs --reference {GETH} or an URL")
    check_kind(broker or SQLITE, kafka_words)
    chain = find_chain(chain_name)
    corpus = load_corpus(folder or answers_folder(chain.name), include, exclude)
    about = about_command(context, chain.name, seed if examples is not None or reference == NONE else None)
    schemas = _load_schemas(openrpc_path, corpus)
    title = str(folder) if folder else chain.name
    run: Run | None = None
    try:
        with _terminable(), ExitStack() as stack:
            right = None if reference == NONE else _open_reference(stack, reference, chain, corpus)
            judged = _open_candidate(stack, candidate, chain, broker or SQLITE, kafka_words)
            generator = None
            generated: tuple[Question, ...] = ()
            if examples is not None and right is not None:
                from conformance.generate.join import generator_for, keep_failures_of

                click.echo(f"making {examples} requests from seed {seed}", err=True)
                generator = generator_for(right, chain, seed, include, exclude)
                generated = tuple(generator.questions(examples))
            questions = (*corpus.questions, *generated)
            with progress_bar(len(questions) if right else None) as tell:
                if right is None:
                    run = run_alone(title, corpus.questions, judged, Plan(blocks, seed), schemas, tell)
                else:
                    run = run_questions(
                        title, questions, right, judged, settings=Settings(strict_messages), schemas=schemas,
                        tell=tell,
                    )  # fmt: skip
            run = replace(run, about=about)
            write_reports(run, reports)
            if generator is not None:
                assert right is not None

                def examine(question: Question) -> Judgement:
                    return run_questions(
                        title, [question], right, judged, settings=Settings(strict_messages), schemas=schemas
                    ).judgements[0]

                kept = keep_failures_of(run.judgements, generator, generated, save_folder, examine, right.ask)
                if kept:
                    click.echo(f"{len(kept)} failing requests made from seed {seed} are in {save_folder}", err=True)
    except KeyboardInterrupt:
        when = "before the first question" if run is None else "after the last question asked"
        raise CouldNotJudge(f"interrupted {when}") from None
    sys.exit(run.exit_code)


def _load_schemas(path: Path | None, corpus: Corpus) -> Schemas | None:
    if path is None:
        return None
    asked = {request.get("method") for question in corpus.questions for request in question.requests()}
    return load_schemas(path, {*METHODS, *(method for method in asked if isinstance(method, str))})


def _open_reference(stack: ExitStack, reference: str | None, chain: ChainFiles, corpus: Corpus) -> Subject:
    if reference is None:
        return Recorded(corpus.version)
    if reference == GETH:
        from fixtures.geth import on_chain

        click.echo(f"starting geth on {chain.name}", err=True)
        return stack.enter_context(Endpoint(stack.enter_context(on_chain(chain)).url, "geth started on the chain"))
    return stack.enter_context(Endpoint(reference))


def _open_candidate(
    stack: ExitStack, candidate: str | None, chain: ChainFiles, broker: str, config: tuple[str, ...]
) -> Subject:
    if candidate is not None:
        return stack.enter_context(Endpoint(candidate))
    from fixtures.cluster import running_cluster

    click.echo(f"starting master, log ({broker}) and replica on {chain.name}", err=True)
    cluster = stack.enter_context(running_cluster(chain, broker=broker, config=config))
    return stack.enter_context(Endpoint(cluster.replicas[0].url, f"replica started on the chain, log {broker}"))


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
