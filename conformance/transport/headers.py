"""Headers that users want sent: names checked, values never shown."""

import os
import re
from collections.abc import Mapping, Sequence

from reference_node.config import from_environment
from reference_node.errors import UsageError

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OWN = {"accept-encoding", "connection", "content-encoding", "content-length", "transfer-encoding", "upgrade"}
"""What a connection sets by itself."""


def parse_headers(words: Sequence[str], flag: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what the values `K: V` of a repeated flag set.

    A value of `@NAME` is read from the environment, so that a key stands in no command line; `@@` is a literal @.

    Args:
        words: the flag's values.
        flag: for messages, which never hold a value.
        environment: where names are looked up.

    Raises:
        UsageError: a word is not `K: V`, sets a header again or one that is not the user's to set, or names a
            variable that is not set.
    """
    headers: dict[str, str] = {}
    for word in words:
        name, colon, value = word.partition(":")
        name = name.strip()
        if not colon:
            raise UsageError(f"{flag} has no colon, expected 'K: V'")
        if _NAME.fullmatch(name) is None:
            raise UsageError(f"{flag} is {name!r}, which is no header's name; expected 'K: V'")
        if name.lower() in _OWN or name.lower().startswith("sec-websocket-"):
            raise UsageError(f"{flag} sets {name!r}, which belongs to the connection")
        if name.lower() in {known.lower() for known in headers}:
            raise UsageError(f"{flag} sets {name!r} twice")
        text = from_environment(flag, name, value.strip(), environment)
        if _VALUE.fullmatch(text) is None:
            raise UsageError(f"{flag} sets {name!r} to what no header can hold, expected one line of Latin letters")
        headers[name] = text
    return headers
