"""Cuts long values around the first character that differs, and finds the part of two texts that is not the same."""

from dataclasses import dataclass

CONTEXT_CHARACTERS = 20
"""What is shown of a long value before the first character that differs."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text, or the part of a long one that matters, with what differs apart."""

    before: str
    differing: str
    after: str
    starts_cut: bool = False
    """Whether there is more before."""
    ends_cut: bool = False
    characters: int = 0
    """The whole text's length."""
    first_difference: int = 0
    """Where in the whole text it begins to differ."""

    @property
    def is_cut(self) -> bool:
        """Whether this is not the whole text."""
        return self.starts_cut or self.ends_cut

    @property
    def plain(self) -> str:
        """The text with signs where it is cut."""
        body = self.before + self.differing + self.after
        return f"{'…' if self.starts_cut else ''}{body}{'…' if self.ends_cut else ''}"


def excerpt(text: str, other: str | None, characters_max: int) -> Excerpt:
    """Return what is to be shown of a text.

    Args:
        text: the whole of it.
        other: what it is compared with; None where nothing in it is marked.
        characters_max: of a longer text, so many are shown.
    """
    start, end = (0, 0) if other is None else _differing(text, other)
    if len(text) <= characters_max:
        return Excerpt(text[:start], text[start:end], text[end:], characters=len(text), first_difference=start)
    first = max(0, min(start - CONTEXT_CHARACTERS, len(text) - characters_max))
    last = first + characters_max
    return Excerpt(
        text[first:start], text[start : min(end, last)], text[max(start, min(end, last)) : last],
        first > 0, last < len(text), len(text), start,
    )  # fmt: skip


def printable(text: str) -> str:
    """Return text without signs that are invisible, move a cursor or turn the direction of reading."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def cut(text: str, characters_max: int) -> str:
    """Return a text, of a long one its beginning and its length."""
    return text if len(text) <= characters_max else f"{text[:characters_max]}… ({len(text)} characters)"


def _differing(text: str, other: str) -> tuple[int, int]:
    """Return from where to where a text is not the same as another."""
    start = _common(text, other)
    tail = _common(text[start:][::-1], other[start:][::-1])
    return start, len(text) - tail


def _common(text: str, other: str) -> int:
    """Return how many signs two texts begin with alike."""
    shorter = min(len(text), len(other))
    if text[:shorter] == other[:shorter]:
        return shorter
    low, high = 0, shorter
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if text[:middle] == other[:middle] else (low, middle)
    return low
