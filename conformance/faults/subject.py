"""A subject that answers right but for one kind of fault, planted wherever an answer can bear it."""

import threading
from dataclasses import replace
from random import Random

from conformance.corpus import Question
from conformance.faults.facts import NO_FACTS, Facts
from conformance.faults.fault import Fault, right_answer
from conformance.subject import Reply, Subject


class MutatingSubject:
    """Asks another subject and plants a fault in what it says; may be asked by several threads."""

    def __init__(self, right: Subject, fault: Fault, facts: Facts = NO_FACTS, seed: int = 0) -> None:
        """Stand before a subject.

        Args:
            right: whose answers are right.
            fault: the kind that is planted.
            facts: other right answers about the same chain; without them some kinds are never planted.
            seed: of where in an answer the fault is planted; the same request gets the same fault.
        """
        self._right, self._fault, self._facts, self._seed = right, fault, facts, seed
        self._lock = threading.Lock()
        self._planted = 0

    @property
    def name(self) -> str:
        """The right subject's name, and the fault."""
        return f"{self._right.name} with {self._fault.name}"

    @property
    def version(self) -> str:
        """What the right subject calls itself."""
        return self._right.version

    @property
    def planted(self) -> int:
        """Answers in which the fault was planted."""
        with self._lock:
            return self._planted

    def ask(self, question: Question) -> Reply:
        """Return the right reply with the fault in it, or as it is where it can't bear the fault."""
        reply = self._right.ask(question)
        if reply.failure:
            return reply
        random = Random(f"{self._seed} {self._fault.name} {question.body}")  # noqa: S311 - no secret
        wrong = self._fault.plant(right_answer(question, reply), self._facts, random)
        if wrong is None:
            return reply
        with self._lock:
            self._planted += 1
        return replace(reply, status=wrong.status, body=wrong.body)
