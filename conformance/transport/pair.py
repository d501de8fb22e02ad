"""Asks two endpoints the same question at the same time, so that neither waits while the other one thinks."""

import select

from conformance.corpus import Question
from conformance.transport.connections import Asked
from conformance.transport.endpoint import Endpoint
from conformance.transport.http_connection import HttpConnection
from conformance.transport.reply import Reply


def pair_of(one: object, other: object) -> tuple[Endpoint, Endpoint] | None:
    """Return two subjects where they can be asked at the same time, as plain HTTP lets one wait for several."""
    if isinstance(one, Endpoint) and isinstance(other, Endpoint) and one.is_pairable and other.is_pairable:
        return one, other
    return None


def ask_both(one: Endpoint, other: Endpoint, question: Question) -> tuple[Reply, Reply]:
    """Return the reply of each.

    The one that answers first is heard first, so that the times of replies are those of who gave them. Only where both
    answers are long, the end of the other one is seen a little late.

    Args:
        one: of a pair.
        other: likewise.
        question: for both.
    """
    first, second = one.begin(question), other.begin(question)
    if _answers_before(second, first):
        reply = other.finish(question, second)
        return one.finish(question, first), reply
    reply = one.finish(question, first)
    return reply, other.finish(question, second)


def _answers_before(begun: Asked | Reply, other: Asked | Reply) -> bool:
    """Wait until one of two is answered, and say whether it is this one alone."""
    if isinstance(begun, Reply) or isinstance(other, Reply):
        return False
    mine, theirs = begun.connection, other.connection
    assert isinstance(mine, HttpConnection)
    assert isinstance(theirs, HttpConnection)
    waiting = select.poll()
    waiting.register(mine.fileno(), select.POLLIN)
    waiting.register(theirs.fileno(), select.POLLIN)
    seconds_max = min(mine.reply_seconds_max, theirs.reply_seconds_max)
    ready = [descriptor for descriptor, _ in waiting.poll(seconds_max * 1000)]
    return ready == [mine.fileno()]
