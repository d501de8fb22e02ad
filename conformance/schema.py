"""Validates results by the schemas of an OpenRPC file: JSON Schema draft 2019-09, references within the file.

Source: OpenRPC 1.x (methods, content descriptors); JSON Schema draft 2019-09; patterns are ECMA 262's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft201909Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT201909

from conformance.answers import Json, encode_answer
from conformance.compare import Path as Place
from conformance.openrpc import reachable_schemas, read_document, result_pointers
from reference_node.errors import UsageError

VIOLATIONS_MAX = 20
"""Violations that are listed of one result."""
TEXT_CHARACTERS_MAX = 200
_FILE_URI = "urn:openrpc-file"


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a result is not what its schema asks for."""

    path: Place
    """From the result down."""
    rule: str
    """The keyword that is broken: `pattern`, `required`."""
    asked: str
    """What the keyword asks for, as JSON text; of long ones the begin."""
    found: str
    """The value as JSON text; of long ones the begin."""

    def __str__(self) -> str:
        return f"{self.found} breaks {self.rule} {self.asked}"


class Schemas:
    """The results' schemas of some methods, each compiled once."""

    def __init__(self, source: str, document: dict[str, Json], compiled: Mapping[str, Validator]) -> None:
        """Hold validators by method, compiled from a document; `source` names its file in messages."""
        self.source = source
        self._document = document
        self._compiled = compiled

    def __reduce__(self) -> tuple[object, ...]:
        """Let it be sent to another process, where it is compiled again."""
        return compile_schemas, (self._document, self.source, tuple(self._compiled))

    def knows(self, method: str) -> bool:
        """Say whether the file has a schema for a method's results."""
        return method in self._compiled

    def violations(self, method: str, result: Json) -> tuple[Violation, ...]:
        """Return where a result is not what its schema asks for, VIOLATIONS_MAX of them at the most.

        Raises:
            KeyError: the file has no schema for the method.
        """
        validator = self._compiled[method]
        found: list[Violation] = []
        for error in validator.iter_errors(cast("Any", result)):
            found.append(_violation(error))
            if len(found) == VIOLATIONS_MAX:
                break
        return tuple(found)


def load_schemas(path: Path, methods: Iterable[str]) -> Schemas:
    """Read the schemas of the results of some methods; a method that the file does not have is left out.

    Raises:
        UsageError: the file can't be read, is no OpenRPC document, or a schema in it is none; the text names the place.
    """
    return compile_schemas(read_document(path), str(path), methods)


def compile_schemas(document: dict[str, Json], source: str, methods: Iterable[str]) -> Schemas:
    """Return the schemas of a document that was read from a source; raises as `load_schemas` does."""
    pointers = result_pointers(document, source)
    resource = DRAFT201909.create_resource(document)
    registry: Registry[Any] = Registry().with_resource(_FILE_URI, resource)
    compiled: dict[str, Validator] = {}
    for name in set(methods) & pointers.keys():
        pointer = pointers[name]
        where = f"{source}: {name}"
        # First of all that there is no end without one: the validator's own would end the process.
        for place, schema in reachable_schemas(document, pointer, where):
            _check_schema(schema, f"{where}: {place}")
        compiled[name] = _VALIDATOR({"$ref": _FILE_URI + pointer}, registry=registry)
    return Schemas(source, document, compiled)


def _check_schema(schema: Json, where: str) -> None:
    try:
        _VALIDATOR.check_schema(cast("Any", schema))
    except SchemaError as error:
        raise UsageError(f"{where}{error.json_path[1:]} is no JSON Schema: {_cut(error.message)}") from error


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern as ECMA 262 means it: `$` is the end and not before a last line feed, `\d` is ASCII."""
    parts = re.split(r"(\\.|\[(?:\\.|[^\]\\])*\])", pattern, flags=re.DOTALL)
    return re.compile(
        "".join(part if place % 2 else part.replace("$", r"\Z") for place, part in enumerate(parts)), re.A
    )


def _check_pattern(_validator: Validator, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and _compile(pattern).search(value) is None:
        yield ValidationError(f"does not match {pattern}")


def _is_integer(_checker: object, value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES = Draft201909Validator.TYPE_CHECKER.redefine("integer", _is_integer)
_VALIDATOR: type[Validator] = extend(  # type: ignore[no-untyped-call]
    Draft201909Validator, validators={"pattern": _check_pattern}, type_checker=_TYPES
)


def _violation(error: ValidationError) -> Violation:
    """Return what is wrong in the alternative that fits best, where none or several of some fit."""
    inner = best_match([error]) or error
    return Violation(
        tuple(inner.absolute_path),
        str(inner.validator),
        _cut(_text(inner.validator_value)),
        _cut(_text(inner.instance)),
    )


def _text(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "of " + ", ".join(str(item.get("title") or item.get("$ref") or "…") for item in value)
    return encode_answer(value)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_CHARACTERS_MAX else f"{text[:TEXT_CHARACTERS_MAX]}… ({len(text)} characters)"
