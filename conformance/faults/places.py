"""Where in a body faults may be planted: single answers, results, errors, and the values inside them."""

from collections.abc import Callable, Iterator

from conformance.answers import Json
from conformance.faults.fault import Path, Place

Find = Callable[[Json], Iterator[Place]]


def answers(body: Json) -> Iterator[Place]:
    """Yield every single answer of a body, each of a batch."""
    if isinstance(body, dict):
        yield (), body
    elif isinstance(body, list):
        yield from (((place,), answer) for place, answer in enumerate(body) if isinstance(answer, dict))


def results(body: Json) -> Iterator[Place]:
    """Yield every result of a body, as a whole."""
    return _parts(body, "result")


def errors(body: Json) -> Iterator[Place]:
    """Yield every error of a body, as a whole."""
    return _parts(body, "error")


def values(body: Json) -> Iterator[Place]:
    """Yield every value of every result, the whole result first."""
    for path, result in results(body):
        yield from everything(result, path)


def texts(body: Json) -> Iterator[Place]:
    """Yield every text of every result."""
    return ((path, value) for path, value in values(body) if isinstance(value, str))


def lists(body: Json) -> Iterator[Place]:
    """Yield every list of every result."""
    return ((path, value) for path, value in values(body) if isinstance(value, list))


def objects(body: Json) -> Iterator[Place]:
    """Yield every object of every result."""
    return ((path, value) for path, value in values(body) if isinstance(value, dict))


def named(*names: str) -> Find:
    """Return what yields every value of every result that has one of these names."""
    return lambda body: ((path, value) for path, value in values(body) if path[-1] in names)


def with_keys(*keys: str) -> Find:
    """Return what yields every object of every result that has all of these keys."""
    return lambda body: (
        (path, value) for path, value in objects(body) if isinstance(value, dict) and all(key in value for key in keys)
    )


def lists_of(*keys: str) -> Find:
    """Return what yields every list of objects with these keys."""

    def fits(items: Json) -> bool:
        return isinstance(items, list) and any(
            isinstance(item, dict) and all(key in item for key in keys) for item in items
        )

    return lambda body: ((path, value) for path, value in lists(body) if fits(value))


def everything(value: Json, path: Path = ()) -> Iterator[Place]:
    """Yield a value and every value inside it."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from everything(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from everything(item, (*path, place))


def _parts(body: Json, name: str) -> Iterator[Place]:
    for path, answer in answers(body):
        if isinstance(answer, dict) and name in answer:
            yield (*path, name), answer[name]
