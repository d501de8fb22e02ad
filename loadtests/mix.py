"""A mix: which methods are called how often, and about what age of the chain; a TOML file, shipped or a user's own.

The numbers under `[weights]` are weights: what a target can't answer is left out, and the rest counts as the whole.
"""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from loadtests.errors import LoadError

SHIPPED = Path(__file__).parent / "mixes"
SCHEMA = "ethercattle.mix/1"
BYTES_MAX = 1_000_000
LOGS_BLOCKS = 10
LOGS_BLOCKS_MAX = 10_000
_TEXTS = ("title", "provenance")
_SHARES = ("latest_share", "full_blocks_share", "seen_head_share", "own_receipts_share")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the calls are about; shares are parts of one."""

    latest_share: float = 0.9
    """Of calls about state, blocks and logs, those about the newest block; the others are about older ones."""
    full_blocks_share: float = 0.0
    """Of calls for blocks, those that want the transactions too."""
    seen_head_share: float = 0.0
    """Of calls about state, blocks and logs, those about the newest block that the client was shown, by its number."""
    own_receipts_share: float = 0.0
    """Of calls for receipts, those about transactions just sent, whose answer may be null; where any are sent."""
    logs_blocks_max: int = LOGS_BLOCKS
    """Blocks that a call for logs spans at the most."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix that was read and found good."""

    name: str
    title: str
    version: int
    date: date
    """Which day its numbers are of."""
    provenance: str
    """Where its numbers come from."""
    weights: Mapping[str, float]
    """By method; all above zero."""
    parameters: Parameters = Parameters()

    def share(self, method: str) -> float:
        """Return what part of all calls a method's are."""
        return self.weights[method] / sum(self.weights.values())


@dataclass(frozen=True, slots=True)
class Dropped:
    """A method that is not called."""

    method: str
    share: float
    """What part of all calls its were in the mix."""
    reason: str


def known_mixes() -> tuple[str, ...]:
    """Return the names of the shipped mixes."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load_mix(source: str, known_methods: Collection[str]) -> Mix:
    """Read a shipped mix by its name, or a file by its path.

    Args:
        source: a name, or a path that ends in `.toml`.
        known_methods: those that calls can be made of.

    Raises:
        LoadError: there is no such mix or file, or it is not good; the text names what is wrong and what was expected.
    """
    if source in known_mixes():
        path = SHIPPED / f"{source}.toml"
    elif source.endswith(".toml"):
        path = Path(source)
    else:
        raise LoadError(f"--mix is {source!r}, expected a .toml file or one of {', '.join(known_mixes())}")
    try:
        return read_mix(_read_toml(path), path.stem, known_methods)
    except LoadError as error:
        raise LoadError(f"mix {path}: {error}") from error


def read_mix(found: Mapping[str, Any], name: str, known_methods: Collection[str]) -> Mix:
    """Check what a file holds, and return it as a mix.

    Raises:
        LoadError: something is missing, unknown or wrong; the text names the key.
    """
    keys = ("schema", "title", "version", "date", "provenance", "parameters", "weights")
    _refuse_unknown(found, keys, "")
    if found.get("schema") != SCHEMA:
        raise LoadError(f"schema is {found.get('schema')!r}, expected {SCHEMA!r}")
    for key in _TEXTS:
        if not isinstance(found.get(key), str) or not found[key].strip():
            raise LoadError(f"{key} is {found.get(key)!r}, expected a text")
    if type(found.get("version")) is not int or found["version"] < 1:
        raise LoadError(f"version is {found.get('version')!r}, expected a whole number from 1")
    if type(found.get("date")) is not date:
        raise LoadError(f"date is {found.get('date')!r}, expected a day as 2019-12-01")
    return Mix(
        name=name,
        title=found["title"],
        version=found["version"],
        date=found["date"],
        provenance=" ".join(found["provenance"].split()),
        weights=_read_weights(found.get("weights"), known_methods),
        parameters=_read_parameters(found.get("parameters", {})),
    )


def drop(mix: Mix, reasons: Mapping[str, str]) -> tuple[Mix, tuple[Dropped, ...]]:
    """Return a mix without some methods, and what was dropped, largest share first.

    Args:
        mix: the whole one.
        reasons: why each dropped method is.

    Raises:
        LoadError: nothing would be left.
    """
    dropped = tuple(Dropped(method, mix.share(method), reasons[method]) for method in mix.weights if method in reasons)
    left = {method: weight for method, weight in mix.weights.items() if method not in reasons}
    if not left:
        raise LoadError(f"mix {mix.name}: nothing of it can be sent: {dropped[0].method}: {dropped[0].reason}")
    return replace(mix, weights=left), tuple(sorted(dropped, key=lambda each: -each.share))


def _read_weights(found: Any, known_methods: Collection[str]) -> dict[str, float]:
    if not isinstance(found, dict) or not found:
        raise LoadError("weights are missing, expected a table [weights] with a number for each method")
    for method, weight in found.items():
        if method not in known_methods:
            near = difflib.get_close_matches(method, known_methods, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected some of {', '.join(sorted(known_methods))}"
            raise LoadError(f"weights.{method} is no method that calls can be made of; {hint}")
        if not _is_number(weight) or not 0 < weight < float("inf"):
            raise LoadError(f"weights.{method} is {weight!r}, expected a number above 0")
    return {method: float(weight) for method, weight in found.items()}


def _read_parameters(found: Any) -> Parameters:
    if not isinstance(found, dict):
        raise LoadError(f"parameters are {found!r}, expected a table")
    _refuse_unknown(found, (*_SHARES, "logs_blocks_max"), "parameters.")
    for key in _SHARES:
        if key in found and not (_is_number(found[key]) and 0 <= found[key] <= 1):
            raise LoadError(f"parameters.{key} is {found[key]!r}, expected a number from 0 to 1")
    blocks = found.get("logs_blocks_max", LOGS_BLOCKS)
    if type(blocks) is not int or not 1 <= blocks <= LOGS_BLOCKS_MAX:
        raise LoadError(
            f"parameters.logs_blocks_max is {blocks!r}, expected a whole number from 1 to {LOGS_BLOCKS_MAX}"
        )
    parameters = Parameters(**found)
    if parameters.latest_share + parameters.seen_head_share > 1:
        together = parameters.latest_share + parameters.seen_head_share
        raise LoadError(f"parameters.latest_share and seen_head_share are {together:g} together, expected 1 at most")
    return parameters


def _refuse_unknown(found: Mapping[str, Any], known: Collection[str], path: str) -> None:
    for key in found:
        if key not in known:
            raise LoadError(f"there is no key {path}{key}, expected some of {', '.join(known)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()[: BYTES_MAX + 1]
        if len(data) > BYTES_MAX:
            raise LoadError(f"it has over {BYTES_MAX} bytes, expected a mix")
        return tomllib.loads(data.decode())
    except OSError as error:
        raise LoadError(f"it can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(f"it is no TOML: {' '.join(str(error).split())}") from error
