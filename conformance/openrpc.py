"""Reads OpenRPC files: where each method's result has its schema, and whether the schemas' references lead somewhere.

Source: OpenRPC 1.x; JSON Schema draft 2019-09. References are JSON pointers within the file.
"""

from collections.abc import Iterator
from pathlib import Path

from conformance.answers import Json, UnreadableAnswer, decode_answer
from reference_node.errors import UsageError

REFERENCES_MAX = 32
"""References in a row that are followed to a method or its result."""
_IN_PLACE = ("not", "if", "then", "else", "allOf", "anyOf", "oneOf")
"""Keywords whose schemas are about the same value."""
_IN_PLACE_BY_NAME = ("dependentSchemas",)
_INSIDE = (
    "items", "additionalItems", "unevaluatedItems", "contains", "additionalProperties", "unevaluatedProperties",
    "propertyNames",
)  # fmt: skip
"""Keywords whose schemas are about what is in a value."""
_INSIDE_BY_NAME = ("properties", "patternProperties")
_UNSUPPORTED = ("$id", "$anchor", "$recursiveRef", "$recursiveAnchor", "$dynamicRef", "$dynamicAnchor")


def read_document(path: Path) -> dict[str, Json]:
    """Return what an OpenRPC file holds. Raises UsageError where it can't be read or holds something else."""
    try:
        document = decode_answer(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except UnreadableAnswer as error:
        raise UsageError(f"{path} is no OpenRPC document: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("methods"), list):
        raise UsageError(f"{path} is no OpenRPC document: expected an object with an array of methods")
    return document


def result_pointers(document: dict[str, Json], source: str) -> dict[str, str]:
    """Return by method the pointer to its result's schema. Raises UsageError naming what is wrong, and where."""
    found: dict[str, str] = {}
    methods = document["methods"]
    for place in range(len(methods) if isinstance(methods, list) else 0):
        pointer = _follow(document, f"#/methods/{place}", source)
        method = _at(document, pointer)
        name = method.get("name") if isinstance(method, dict) else None
        if not isinstance(name, str) or not isinstance(method, dict):
            raise UsageError(f"{source}: {pointer}: expected a method with a name")
        if name in found:
            raise UsageError(f"{source}: method {name} is there twice")
        if "result" not in method:
            continue  # a notification
        result = _follow(document, f"{pointer}/result", source)
        content = _at(document, result)
        if not isinstance(content, dict) or not isinstance(content.get("schema"), dict | bool):
            raise UsageError(f"{source}: {name}: {result}: expected a content descriptor with a schema")
        found[name] = f"{result}/schema"
    return found


def reachable_schemas(document: Json, pointer: str, where: str) -> list[tuple[str, Json]]:
    """Return a schema and all that its references lead to, with their places.

    Raises:
        UsageError: a reference leads nowhere or out of the file, or to itself without going into the value on its way.
    """
    found: list[tuple[str, Json]] = []
    waiting, seen = [pointer], {pointer}
    while waiting:
        place = waiting.pop()
        schema = _resolve(document, place, where)
        found.append((place, schema))
        for target in _references(schema, where):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    for place, _ in found:
        _refuse_endless(document, place, where)
    return found


def _follow(document: Json, pointer: str, source: str) -> str:
    """Return the pointer to what a chain of references leads to. Raises UsageError where it leads nowhere."""
    for _ in range(REFERENCES_MAX):
        value = _resolve(document, pointer, source)
        reference = value.get("$ref") if isinstance(value, dict) else None
        if reference is None:
            return pointer
        pointer = _target(reference, f"{source}: {pointer}")
    raise UsageError(f"{source}: {pointer}: more than {REFERENCES_MAX} references in a row")


def _target(reference: Json, where: str) -> str:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise UsageError(f"{where}: $ref is {reference!r}, expected a place in the file like #/components/x")
    return reference


def _resolve(document: Json, pointer: str, where: str) -> Json:
    try:
        return _at(document, pointer)
    except (LookupError, ValueError) as error:
        raise UsageError(f"{where}: there is nothing at {pointer}") from error


def _at(document: Json, pointer: str) -> Json:
    """Return what a JSON pointer in a fragment leads to. Raises LookupError or ValueError."""
    value = document
    for step in pointer.removeprefix("#/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value[name]
        elif isinstance(value, list):
            value = value[int(name)]
        else:
            raise LookupError(name)  # noqa: TRY004 - a place that is not there, whatever stands before it
    return value


def _references(schema: Json, where: str) -> Iterator[str]:
    for inner in _every(schema):
        for keyword in _UNSUPPORTED:
            if keyword in inner:
                raise UsageError(f"{where}: {keyword} is not known here, expected $ref with a place in the file")
        if "$ref" in inner:
            yield _target(inner["$ref"], where)


def _every(schema: Json) -> Iterator[dict[str, Json]]:
    """Yield a schema and all that stand in it, without those that it refers to."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += _parts(found, (*_IN_PLACE, *_INSIDE), (*_IN_PLACE_BY_NAME, *_INSIDE_BY_NAME))


def _parts(schema: dict[str, Json], keywords: tuple[str, ...], by_name: tuple[str, ...]) -> list[Json]:
    """Return the schemas under keywords: one, several in a list, or several by name."""
    found: list[Json] = []
    for keyword in keywords:
        value = schema.get(keyword)
        found += value if isinstance(value, list) else [value]
    for keyword in by_name:
        value = schema.get(keyword)
        found += value.values() if isinstance(value, dict) else ()
    return found


def _refuse_endless(document: Json, start: str, where: str) -> None:
    """Refuse a reference that leads back to its own place while the value stays the same one."""
    waiting = [start]
    seen: set[str] = set()
    while waiting:
        for target in _references_in_place(_resolve(document, waiting.pop(), where), where):
            if target == start:
                raise UsageError(f"{where}: {start} refers to itself without end")
            if target not in seen:
                seen.add(target)
                waiting.append(target)


def _references_in_place(schema: Json, where: str) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            if "$ref" in found:
                yield _target(found["$ref"], where)
            waiting += _parts(found, _IN_PLACE, _IN_PLACE_BY_NAME)
