r"""Finds the strings of a request that are written with JSON escapes: `"\u0030x1"` is the text 0x1, written otherwise.

Geth reads most arguments (addresses, hashes, quantities, data, numbers and tags of blocks) from the bytes of a request
as they came, in which an escape is no hex digit; only what is a plain string of Go, or stands in an untyped field, is
decoded before. Source: geth v1.17.8, common/hexutil/json.go (`UnmarshalJSON`), rpc/types.go, eth/filters/api.go.
"""

import re
from collections.abc import Callable
from typing import Any, Self

import orjson

_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_HALF_PAIR = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair, which is no sign; a backslash that is itself escaped, and whole pairs, are passed by."""
_MARKS = tuple(chr(code) for code in range(0xE000, 0xE010))
"""Signs for private use: one that a body does not hold marks its escaped strings while it is read."""


BODY_BYTES_MAX = 64 * 1024
"""Of longer bodies escapes are read as what they stand for: to tell them apart there would take seconds."""


class EscapedText(str):
    """A text of a request that was written with escapes."""

    __slots__ = ("written",)
    written: str
    """As it stands between its quotes."""

    def __new__(cls, text: str, written: str) -> Self:
        """Return a text, equal to what the escapes stand for."""
        made = super().__new__(cls, text)
        made.written = written
        return made


def as_written(text: str) -> str:
    """Return a text as it came, escapes and all."""
    return text.written if isinstance(text, EscapedText) else text


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body; strings with escapes, keys among them, are EscapedText, unless it is too long.

    Raises:
        orjson.JSONDecodeError: it is not JSON.
    """
    if b"\\" not in body or len(body) > BODY_BYTES_MAX:
        return orjson.loads(body)
    body = _HALF_PAIR.sub(lambda found: found[1] or rb"\ufffd", body)  # as Go reads it
    content = orjson.loads(body)
    mark = next((sign for sign in _MARKS if sign.encode() not in body), None)
    if mark is None:
        return content  # nobody's request; its escapes are read as what they stand for
    written: list[bytes] = []

    def marked(found: re.Match[bytes]) -> bytes:
        if b"\\" not in found[1]:
            return found[0]
        written.append(found[1])
        return b'"%b%d"' % (mark.encode(), len(written) - 1)

    marked_content = orjson.loads(_STRING.sub(marked, body))
    return _restore(marked_content, lambda text: _unmark(text, mark, written))


def _unmark(text: str, mark: str, written: list[bytes]) -> str:
    if not text.startswith(mark):
        return text
    found = written[int(text[len(mark) :])]
    return EscapedText(orjson.loads(b'"%b"' % found), found.decode())


def _restore(content: Any, unmark: Callable[[str], str]) -> Any:
    """Put the marked strings back, without recursion: a body may be nested as deep as its parser goes."""
    root = [content]
    waiting: list[Any] = [root]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            items = [(unmark(key), value) for key, value in holder.items()]
            holder.clear()
            holder.update(items)
        for place, value in list(holder.items()) if isinstance(holder, dict) else enumerate(holder):
            if isinstance(value, str):
                holder[place] = unmark(value)
            elif isinstance(value, dict | list):
                waiting.append(value)
    return root[0]
