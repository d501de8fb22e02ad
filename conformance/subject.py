"""What questions are put to: an endpoint, or the record of one. A reply is kept as it came; nothing is judged here."""

from dataclasses import dataclass
from typing import Protocol

from conformance.corpus import Question
from conformance.transport.endpoint import Endpoint
from conformance.transport.reply import Position, Reply, read_position

__all__ = ["Endpoint", "Position", "Recorded", "Reply", "Subject", "read_position"]


class Subject(Protocol):
    """Answers questions, several at a time."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def version(self) -> str:
        """What it calls itself."""

    def ask(self, question: Question) -> Reply:
        """Return the reply to a question; never raises for what an endpoint does."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record of a client, which gives to each question the answer that is recorded for it."""

    version: str
    name: str = "recorded"

    def ask(self, question: Question) -> Reply:
        """Return the recorded answer."""
        return Reply(200, question.recorded.encode())
