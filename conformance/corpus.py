"""The questions that are asked, read from folders of `.io` cases."""

import fnmatch
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.answers import UnreadableAnswer, decode_answer
from fixtures.io_cases import ANSWERS, RECORD_FILE, PlacedCase, read_placed_cases
from reference_node.errors import UsageError

VERSION_METHOD = "web3_clientVersion"
UNKNOWN_VERSION = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """One HTTP body to send, and the answer recorded for it."""

    name: str
    """`method/case`, with `#2` and so on behind it for later round trips of one case."""
    method: str
    """The folder: the row of the report it counts in."""
    why: str
    body: str
    """What is sent, as it is: most are JSON."""
    recorded: str
    """What the reference answered when it was recorded; empty where nothing is recorded."""
    speconly: bool = False
    """What is recorded is an example: an answer need only have the form that its schema asks for."""
    source: str = ""
    """The file and the line it was read from, `folder/method/case.io:2`."""

    def requests(self) -> tuple[dict[str, Any], ...]:
        """Return the JSON-RPC requests in the body: several for a batch, none where it is something else."""
        try:
            content = decode_answer(self.body.encode())
        except UnreadableAnswer:
            return ()
        messages = content if isinstance(content, list) else [content]
        return tuple(message for message in messages if isinstance(message, dict))


@dataclass(frozen=True, slots=True)
class Corpus:
    """Questions with the client whose answers were recorded."""

    questions: tuple[Question, ...]
    version: str
    """What that client calls itself."""


def answers_folder(chain: str) -> Path:
    """Return where the recorded answers about a shipped chain are."""
    return ANSWERS / chain


def load_corpus(folder: Path, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Corpus:
    """Read the cases of a folder.

    Args:
        folder: has `<method>/<case>.io` below it.
        include: patterns as a shell's, of methods or `method/case` names; none for all.
        exclude: patterns of what is left out again.

    Raises:
        CaseFileError: a file can't be read.
        UsageError: there is no such folder, or nothing in it is to be asked.
    """
    if not folder.is_dir():
        raise UsageError(f"no cases: {folder} is not a folder")
    every = [question for placed in read_placed_cases(folder) for question in _questions(placed)]
    chosen = [question for question in every if is_chosen(question, include, exclude)]
    if not chosen:
        reason = f"none of its {len(every)} cases is chosen" if every else "expected files <method>/<case>.io"
        raise UsageError(f"no cases to ask in {folder}: {reason}")
    return Corpus(tuple(chosen), _version(folder, every))


def _questions(placed: PlacedCase) -> list[Question]:
    case = placed.case
    why = " ".join(comment for comment in case.comments if comment)
    names = [case.identity, *(f"{case.identity}#{count}" for count in range(2, len(case.round_trips) + 1))]
    return [
        Question(name, case.method, why, trip.request, trip.response, case.speconly, f"{placed.path}:{line}")
        for name, trip, line in zip(names, case.round_trips, placed.request_lines, strict=True)
    ]


def is_chosen(question: Question, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Say whether patterns choose a question: none to include means all, what is excluded is left out again."""

    def fits(patterns: Sequence[str]) -> bool:
        names = (question.method, question.name)
        return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return (not include or fits(include)) and not fits(exclude)


def _version(folder: Path, questions: Sequence[Question]) -> str:
    """Return the client that a record's own file names, or else the one that answered with its name."""
    record = folder / RECORD_FILE
    if record.exists():
        try:
            return str(json.loads(record.read_bytes())["client_version"])
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{record}: expected JSON with a client_version: {error!r}") from error
    for question in questions:
        if [request.get("method") for request in question.requests()] == [VERSION_METHOD]:
            answer = json.loads(question.recorded or "null")
            if isinstance(answer, dict) and isinstance(answer.get("result"), str):
                return str(answer["result"])
    return UNKNOWN_VERSION
