"""Reads RLP that comes from outside: in its one canonical form, nested no deeper than anything of this project is.

The compiled decoder takes items that reach beyond their list, and lists nested some ten thousand deep end its process.
Source: Yellow Paper, appendix B; texts are geth's (v1.17.8, rlp/decode.go).
"""

from reference_node.chain.types import RlpItem

DEPTH_MAX = 16
"""How deep lists may stand in each other; in a block, the slots of an access list do so six deep."""
_LIST_FROM, _STRING_FROM = 0xC0, 0x80
_SHORT_BYTES_MAX = 55
_NOT_CANONICAL = "rlp: non-canonical size information"


def decode_strictly(data: bytes) -> RlpItem:
    """Return the nested lists of bytes that are all of `data`.

    Raises:
        ValueError: the bytes are cut short, go on after the item, are not canonical or nested too deep.
    """
    if not data:
        raise ValueError("rlp: value size exceeds available input length")
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise ValueError("rlp: input contains more than one value")
    return item


def _item(data: bytes, start: int, limit: int, depth: int) -> tuple[RlpItem, int]:
    """Return the item at a place, and where it ends."""
    if data[start] < _STRING_FROM:
        return data[start : start + 1], start + 1
    is_list = data[start] >= _LIST_FROM
    begin, end = _payload(data, start, limit, depth)
    if not is_list:
        if end - begin == 1 and data[begin] < _STRING_FROM:
            raise ValueError(_NOT_CANONICAL)
        return data[begin:end], end
    if depth == DEPTH_MAX:
        raise ValueError(f"rlp: lists nested deeper than {DEPTH_MAX}")
    items: list[RlpItem] = []
    while begin < end:
        item, begin = _item(data, begin, end, depth + 1)
        items.append(item)
    return items, end


def _payload(data: bytes, start: int, limit: int, depth: int) -> tuple[int, int]:
    """Return where the payload of a string or a list begins and ends."""
    size = data[start] - (_LIST_FROM if data[start] >= _LIST_FROM else _STRING_FROM)
    begin = start + 1
    if size > _SHORT_BYTES_MAX:
        begin += size - _SHORT_BYTES_MAX
        size = int.from_bytes(data[start + 1 : begin], "big")
        if begin <= limit and (data[start + 1] == 0 or size <= _SHORT_BYTES_MAX):
            raise ValueError(_NOT_CANONICAL)
    if begin + size > limit:
        reason = "element is larger than containing list" if depth else "value size exceeds available input length"
        raise ValueError(f"rlp: {reason}")
    return begin, begin + size
