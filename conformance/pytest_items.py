"""Tests made of recorded questions, and what pytest says of them."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.allowances import Settings
from conformance.corpus import Corpus, Question, answers_folder, load_corpus
from conformance.examine import Examiner
from conformance.report.diff import show_judgement, show_legend
from conformance.sources import load_schemas_of
from conformance.subject import Endpoint, Recorded, Subject
from conformance.transport.options import make_transports
from conformance.transport.settings import CONNECT_SECONDS_MAX, REPLY_SECONDS_MAX, Kind, Transports
from conformance.verdict import Judgement, Verdict
from fixtures.chain_files import DEFAULT_CHAIN, find_chain
from reference_node.errors import EtherCattleError

ROOT = "conformance"
"""What the tests' names begin with."""
_ALLOWANCE, _MESSAGE = "allowance", "other message"


class NotMatched(Exception):
    """An answer is not the reference's, or nothing can be said of it."""

    def __init__(self, judgement: Judgement, legend: str) -> None:
        """Keep what was judged."""
        super().__init__(f"{judgement.verdict}: {judgement.question.name}")
        self.text = f"{show_judgement(judgement).plain}\n\n  {legend}"


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is asked."""

    reference: Subject
    candidate: Subject
    examiner: Examiner


class Conformance:
    """Makes the tests, and opens both sides for the first of them; each worker of pytest-xdist has its own."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the cases and check what both sides are given by; nothing is asked yet.

        Raises:
            pytest.UsageError: there are no such cases, or a flag's value is none.
        """
        self._config = config
        self._stack = ExitStack()
        self._sides: Sides | None = None
        self._judged: dict[str, Judgement] = {}
        """What was asked in a batch with another case, by the case's name, until its own test wants it."""
        reference_url, openrpc = config.getoption("reference_url"), config.getoption("openrpc", None)
        try:
            self.corpus = self._load()
            self._schemas = load_schemas_of(self._path(openrpc), self.corpus) if openrpc else None
            transports = self._transports()
            self._candidate = Endpoint(config.getoption("candidate_url"), transport=transports.candidate)
            self._reference = Endpoint(reference_url, transport=transports.reference) if reference_url else None
        except EtherCattleError as error:
            raise pytest.UsageError(str(error)) from None

    @property
    def sides(self) -> Sides:
        """Both sides, opened when they are first wanted."""
        if self._sides is None:
            candidate = self._stack.enter_context(self._candidate)
            reference: Subject = Recorded(self.corpus.version)
            if self._reference is not None:
                reference = self._stack.enter_context(self._reference)
            settings = Settings(strict_messages=self._config.getoption("strict_messages", default=False))
            self._sides = Sides(reference, candidate, Examiner(reference, candidate, settings, self._schemas))
        return self._sides

    def judge(self, case: "Case") -> Judgement:
        """Return what is said of a case; in a batch those of its method that come next are asked with it."""
        judged = self._judged.pop(case.nodeid, None)
        if judged is None:
            together = self._together(case)
            examine = self.sides.examiner.examine
            with ThreadPoolExecutor(len(together)) as threads:
                found = list(threads.map(examine, [each.question for each in together]))
            self._judged = dict(zip([each.nodeid for each in together], found, strict=True))
            judged = self._judged.pop(case.nodeid)
        return judged

    def _together(self, case: "Case") -> list["Case"]:
        if self._batch_size == 1:
            return [case]
        of_method = [item for item in case.session.items if isinstance(item, Case) and item.parent is case.parent]
        start = of_method.index(case)
        return of_method[start : start + self._batch_size]

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the cases behind what a session finds itself."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            by_method: dict[str, list[Question]] = {}
            for question in self.corpus.questions:
                by_method.setdefault(question.method, []).append(question)
            methods = [Method.of(collector, method, questions, self) for method, questions in by_method.items()]
            report.result = [*report.result, *methods]
        return report

    def pytest_report_header(self) -> str:
        """Say who is asked what."""
        right = self._reference.name if self._reference else f"recorded answers of {self.corpus.version}"
        return f"conformance: {len(self.corpus.questions)} questions to {self._candidate.name}, judged by {right}"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which allowances were used, and how often error messages differed."""
        uses: dict[str, int] = {}
        for report in _reports(terminalreporter):
            for name, value in report.user_properties:
                if name in {_ALLOWANCE, _MESSAGE}:
                    said = f"allowance {value}" if name == _ALLOWANCE else "errors of the right code, other message"
                    uses[said] = uses.get(said, 0) + 1
        if uses:
            terminalreporter.section("conformance")
            for said, count in sorted(uses.items()):
                terminalreporter.line(f"{said}: {count}")

    def pytest_unconfigure(self) -> None:
        """Close both sides."""
        self._stack.close()

    def _load(self) -> Corpus:
        cases, chain = self._config.getoption("cases", None), self._config.getoption("chain", None)
        if cases and chain:
            raise pytest.UsageError("--cases and --chain both say what is asked: give one of them")
        if cases:
            return load_corpus(self._path(cases))
        return load_corpus(answers_folder(find_chain(chain or DEFAULT_CHAIN).name))

    def _path(self, given: str) -> Path:
        return (self._config.invocation_params.dir / given).resolve()

    def _transports(self) -> Transports:
        option = self._config.getoption
        kind = option("transport", Kind.HTTP.value)
        found = make_transports(
            kind, None, option("header", []), option("candidate_header", []), option("reference_header", []),
            gzip=False, connect_seconds=CONNECT_SECONDS_MAX, read_seconds=REPLY_SECONDS_MAX, retries=0,
        )  # fmt: skip
        self._batch_size = found.candidate.batch_size if kind == Kind.BATCH else 1
        return found


class Method(pytest.Collector):
    """All cases of one method: what pytest-xdist's `loadfile` keeps together."""

    questions: Sequence[Question]
    conformance: Conformance

    @classmethod
    def of(
        cls, session: pytest.Session, method: str, questions: Sequence[Question], conformance: Conformance
    ) -> "Method":
        """Return the collector of a method's cases."""
        made: Method = cls.from_parent(session, name=method, nodeid=f"{ROOT}/{method}")
        made.questions, made.conformance = questions, conformance
        return made

    def collect(self) -> Iterator["Case"]:
        """Yield a test for each case."""
        for question in self.questions:
            yield Case.of(self, question, self.conformance)


class Case(pytest.Item):
    """One question."""

    question: Question
    conformance: Conformance

    @classmethod
    def of(cls, parent: Method, question: Question, conformance: Conformance) -> "Case":
        """Return the test of a question."""
        made: Case = cls.from_parent(parent, name=question.name.removeprefix(f"{question.method}/"))
        made.question, made.conformance = question, conformance
        made.add_marker(pytest.mark.conform)
        return made

    def runtest(self) -> None:
        """Ask both sides and judge. Raises NotMatched; skips what only a schema could judge."""
        sides = self.conformance.sides
        judgement = self.conformance.judge(self)
        self.user_properties += [(_ALLOWANCE, used.allowance.name) for used in judgement.allowed]
        if judgement.message_differences:
            self.user_properties.append((_MESSAGE, self.question.name))
        if judgement.verdict is Verdict.UNCHECKED:
            pytest.skip(f"unchecked: {judgement.problem}")
        if judgement.verdict is not Verdict.MATCH:
            raise NotMatched(judgement, _legend(sides))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the difference as text; a traceback where something else went wrong."""
        if isinstance(excinfo.value, NotMatched):
            return excinfo.value.text
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file of the case, its line and what it is called."""
        path, _, line = self.question.source.rpartition(":")
        if not path or not line.isdecimal():
            return self.path, None, self.question.name
        return Path(path), int(line) - 1, self.question.name


def _legend(sides: Sides) -> str:
    reference = f"{sides.reference.version} ({sides.reference.name})"
    return show_legend(reference, f"{sides.candidate.version} ({sides.candidate.name})").plain


def _reports(terminalreporter: Any) -> list[pytest.TestReport]:
    every = [report for reports in terminalreporter.stats.values() for report in reports]
    return [report for report in every if isinstance(report, pytest.TestReport) and report.when == "call"]
