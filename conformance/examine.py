"""Puts one question to both sides and judges the answers: from several threads, and as often as need be."""

from typing import TYPE_CHECKING

from conformance.allowances import EXACT, Settings
from conformance.corpus import Question
from conformance.counts import Count, Counts
from conformance.findings import judge_by_schema, judge_with_schema, name_wrong_side
from conformance.heads import Side
from conformance.keeping import Keeper
from conformance.schema import Schemas
from conformance.settle import PATIENT, Patience, Settler
from conformance.subject import Recorded, Reply, Subject
from conformance.transport.pair import ask_both, pair_of
from conformance.verdict import Judgement, Verdict, judge
from conformance.verify.ask import Asker

if TYPE_CHECKING:  # as in `findings`
    from conformance.verify.explain import Endpoints

SILENT_IN_A_ROW_MAX = 5
"""After this many questions without any reply an endpoint is taken for gone, and asked no more."""
EXPLAINED_MAX = 100
"""Wrong answers of a run of which is asked whose they are; that takes several calls each."""
EXPLAINING_SECONDS_MAX = 10.0


class Examiner:
    """Knows both sides and what is asked of answers."""

    def __init__(
        self,
        reference: Subject,
        candidate: Subject,
        settings: Settings = EXACT,
        schemas: Schemas | None = None,
        patience: Patience = PATIENT,
        counts: Counts | None = None,
    ) -> None:
        """Name both sides; nothing is asked yet.

        Args:
            reference: whose answers are right.
            candidate: whose answers are judged.
            settings: what the user asks for.
            schemas: those that every result must fit besides, and that alone judge the questions marked so.
            patience: how long to wait for a candidate that is behind.
            counts: of the whole run, where several examine its questions.
        """
        counts = Counts() if counts is None else counts
        self._reference = _Listener(reference, counts.reference_silence)
        self._candidate = _Listener(candidate, counts.candidate_silence)
        self._pair = pair_of(reference, candidate)
        self._settings = settings
        self._keeper = Keeper()
        self._explained = counts.explained
        self._schemas = schemas
        # A record can't be asked about other blocks, nor does it move.
        self._is_live = not isinstance(reference, Recorded) and not isinstance(candidate, Recorded)
        sides = (Side(self._reference.ask), Side(self._candidate.ask))
        self._settler = Settler(*sides, self._judge, patience)

    def examine(self, question: Question) -> Judgement:
        """Ask both sides a question and judge the candidate's answer."""
        ticket = self._settler.ticket() if self._is_live else 0
        expected, got = self._ask_both(question)
        if question.speconly:
            judgement = judge_by_schema(question, got, self._schemas)
        else:
            judgement = self._judge(question, expected, got)
            if judgement.verdict is Verdict.MISMATCH and self._is_live:
                settled = self._settler.settle(question, judgement, expected, got, ticket)
                judgement, expected, got = settled.judgement, settled.expected, settled.got
            if self._schemas is not None:
                judgement = judge_with_schema(judgement, got, self._schemas)
            if judgement.verdict is Verdict.MISMATCH and self._explained.up() <= EXPLAINED_MAX:
                judgement = name_wrong_side(judgement, expected, got, self._endpoints())
        return self._keeper.keep(judgement, expected, got)

    def _ask_both(self, question: Question) -> tuple[Reply, Reply]:
        """Return both replies, asked for at the same time where that is possible."""
        reference, candidate = self._reference, self._candidate
        if self._pair is None or reference.is_gone or candidate.is_gone:
            return reference.ask(question), candidate.ask(question)
        expected, got = ask_both(*self._pair, question)
        return reference.heard(expected), candidate.heard(got)

    def _endpoints(self) -> "Endpoints":
        from conformance.verify.explain import Endpoints

        def asker(listener: _Listener) -> Asker | None:
            is_record = isinstance(listener.subject, Recorded)
            return None if is_record else Asker(listener.subject, EXPLAINING_SECONDS_MAX)

        return Endpoints(asker(self._reference), asker(self._candidate))

    def _judge(self, question: Question, expected: Reply, got: Reply) -> Judgement:
        return judge(question, expected, got, self._settings)


class _Listener:
    """Asks a subject until it has fallen silent."""

    def __init__(self, subject: Subject, silence: Count) -> None:
        self.subject = subject
        self._silence = silence

    def ask(self, question: Question) -> Reply:
        if self.is_gone:
            return Reply(0, b"", f"not asked, as {SILENT_IN_A_ROW_MAX} questions in a row got none")
        return self.heard(self.subject.ask(question))

    @property
    def is_gone(self) -> bool:
        """Whether it is asked no more."""
        return self._silence.value >= SILENT_IN_A_ROW_MAX

    def heard(self, reply: Reply) -> Reply:
        """Take note of a reply, and return it."""
        if reply.failure:
            self._silence.up()
        else:
            self._silence.reset()
        return reply
