"""Objects are read as Go reads them: names in any case, errors in its order and words."""

from typing import Any

import pytest

from reference_node.rpc.go_objects import Decoders, by_itself, list_of, read_object
from reference_node.rpc.params import decode_hash, decode_uint64

INNER: Decoders = {"count": decode_uint64}
FIELDS: Decoders = {
    "hash": decode_hash,
    "list": list_of("[]T", decode_uint64),
    "inner": lambda value: read_object(value, "Inner", "p.Inner", INNER),
    "closed": by_itself(list_of("[]T", decode_uint64)),
}


def read(value: Any) -> dict[str, Any]:
    return read_object(value, "Outer", "p.Outer", FIELDS)


def test_names_differ_by_more_than_case_and_the_last_value_counts() -> None:
    assert read({"LIST": ["0x1"], "list": ["0x2"], "other": 5}) == {"list": (2,)}
    assert read({"list": ["0x1"], "List": None}) == {"list": None}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "json: cannot unmarshal number into Go value of type p.Outer"),
        ({"hash": 5}, "json: cannot unmarshal non-string into Go struct field Outer.hash of type common.Hash"),
        ({"list": 5}, "json: cannot unmarshal number into Go struct field Outer.list of type []T"),
        ({"inner": True}, "json: cannot unmarshal bool into Go struct field Outer.inner of type p.Inner"),
        (
            {"inner": {"count": 5}},
            "json: cannot unmarshal non-string into Go struct field Outer.inner.count of type hexutil.Uint64",
        ),
        # What Go itself finds is told of at the end, unless a type that reads itself finds something first.
        (
            {"list": 5, "hash": 5},
            "json: cannot unmarshal non-string into Go struct field Outer.hash of type common.Hash",
        ),
        ({"list": 5, "inner": "x"}, "json: cannot unmarshal number into Go struct field Outer.list of type []T"),
        (
            {"closed": 5, "list": "x"},
            "json: cannot unmarshal number into Go struct field Outer.closed of type []T",
        ),
    ],
)
def test_wrong_values_are_refused_in_gos_words(value: Any, text: str) -> None:
    with pytest.raises(ValueError, match="json") as caught:
        read(value)
    assert str(caught.value) == text
