"""What comes back for a question, kept as it came."""

from collections.abc import Mapping
from dataclasses import dataclass

NUMBER_HEADER, HASH_HEADER = "X-EtherCattle-Block-Number", "X-EtherCattle-Block-Hash"
_NUMBER_DIGITS_MAX = 20


class Unanswered(Exception):
    """No whole answer came; the text says why."""

    def __init__(self, reason: str, *, never_began: bool = False) -> None:
        """Keep why, and whether not one byte of an answer came."""
        super().__init__(reason)
        self.never_began = never_began


@dataclass(frozen=True, slots=True)
class Position:
    """The block that was an endpoint's newest when it answered."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one question."""

    status: int
    """HTTP status; 0 where there is no whole reply, 200 for whatever a WebSocket brings."""
    body: bytes
    failure: str = ""
    """Why there is no whole reply; empty where there is one."""
    seconds: float = 0.0
    """From asking to the last byte."""
    position: Position | None = None
    """Where it says so: replicas of ours do, in headers of every answer."""
    flaw: str = ""
    """What is wrong with the way it came, whatever the body says: a batch in another order, or short of an answer."""


def read_position(headers: Mapping[str, str]) -> Position | None:
    """Return what the headers of an answer say of the newest block, None where they don't.

    Args:
        headers: names as these constants write them, or a mapping that doesn't tell upper from lower case.
    """
    number, block_hash = headers.get(NUMBER_HEADER, ""), headers.get(HASH_HEADER, "")
    is_number = number.isascii() and number.isdecimal() and len(number) <= _NUMBER_DIGITS_MAX
    return Position(int(number), block_hash) if is_number and block_hash else None
