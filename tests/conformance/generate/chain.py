"""A small chain in memory that answers questions, for tests of what is made from its facts."""

from dataclasses import dataclass, field
from functools import cache

from conformance.corpus import Question
from conformance.generate.asking import asking
from conformance.generate.facts import Facts, gather_facts
from conformance.subject import Reply
from reference_node.backend import Backend
from reference_node.rpc.dispatch import answer_request, parse_request
from tests.reference_node.rpc.chains import logging_backend


@dataclass(slots=True)
class InMemory:
    """A subject that answers from a backend of this process."""

    backend: Backend = field(default_factory=logging_backend)
    name: str = "in memory"
    version: str = "Memory/v1"
    takes_batches: bool = True
    asked: list[str] = field(default_factory=list)

    def ask(self, question: Question) -> Reply:
        """Return the backend's answer."""
        self.asked.append(question.body)
        if question.body.startswith("[") and not self.takes_batches:
            return Reply(400, b"no batches here")
        return Reply(200, answer_request(parse_request(question.body.encode()), self.backend))


@cache
def small_facts() -> Facts:
    """Return the facts of the small chain."""
    return gather_facts(asking(InMemory()))
