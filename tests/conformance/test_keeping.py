"""Times are kept of every reply, and replies where they are no match and not too long."""

from conformance.keeping import REPLY_BYTES_MAX, Keeper
from conformance.subject import Reply
from conformance.verdict import Judgement, Replies, Timing, Verdict
from tests.conformance.questions import question

REFERENCE, CANDIDATE = Reply(200, b"right", "", 0.25), Reply(200, b"wrong", "", 0.5)
MISMATCH, MATCH = Judgement(question(), Verdict.MISMATCH), Judgement(question(), Verdict.MATCH)


def test_times_are_kept_of_all_and_replies_of_what_is_no_match() -> None:
    keeper = Keeper()
    assert keeper.keep(MISMATCH, REFERENCE, CANDIDATE).replies == Replies(REFERENCE, CANDIDATE)
    passed = keeper.keep(MATCH, REFERENCE, CANDIDATE)
    assert passed.replies is None
    assert passed.timing == Timing(0.25, 0.5)


def test_a_record_has_no_time() -> None:
    assert Keeper().keep(MATCH, Reply(200, b"recorded"), CANDIDATE).timing == Timing(None, 0.5)


def test_long_replies_are_not_kept() -> None:
    long = Reply(200, b"x" * (REPLY_BYTES_MAX + 1))
    assert Keeper().keep(MISMATCH, REFERENCE, long).replies is None
    assert Keeper().keep(MISMATCH, long, CANDIDATE).replies is None


def test_only_so_much_is_kept_in_all() -> None:
    keeper = Keeper(bytes_max=25)
    kept = [keeper.keep(MISMATCH, REFERENCE, CANDIDATE).replies is not None for _ in range(4)]
    assert kept == [True, True, False, False]
