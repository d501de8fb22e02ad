"""eth_getLogs: which logs a filter means, and where they are.

Blocks are passed over by the bloom filter in their header, then by their receipts' logs.
Source: geth v1.17.8, eth/filters/api.go and filter.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from reference_node.backend import Backend
from reference_node.chain.roots import bloom_bits
from reference_node.chain.types import Header, Log
from reference_node.rpc.dispatch import INVALID_PARAMS
from reference_node.rpc.fragments import encoded_logs, json_list
from reference_node.rpc.go_objects import Decoders, list_of, read_object
from reference_node.rpc.params import (
    LATEST,
    BlockRef,
    HexError,
    InvalidParam,
    Tag,
    decode_block_number,
    decode_hash,
    hex_decode,
)
from reference_node.rpc.registry import Param, RpcError, method
from reference_node.rpc.time_limits import within_time

TOPICS_MAX = 4
TOPIC_ALTERNATIVES_MAX = 1000
QUERY_ITEMS_MAX = 1000
"""Addresses, and alternatives for a topic, in one query (geth's --rpc.logquerylimit)."""
QUICK_BLOCKS_MAX = 16
"""A filter over fewer blocks is answered without a worker thread."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What of a chain's logs is asked for."""

    addresses: tuple[bytes, ...]
    """Any of these, or any address at all where there are none."""
    topics: tuple[tuple[bytes, ...], ...]
    """By position: any of these, or anything where there are none."""
    block_hash: bytes | None = None
    """The one block to look in; otherwise the range from `first` to `last`."""
    first: BlockRef = LATEST
    last: BlockRef = LATEST

    def matches(self, log: Log) -> bool:
        """Say whether a log is asked for."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(self.topics) > len(log.topics):
            return False
        return all(not wanted or topic in wanted for wanted, topic in zip(self.topics, log.topics, strict=False))

    def may_be_in(self, bloom: bytes) -> bool:
        """Say whether a block with this bloom filter may have such logs."""
        bits = int.from_bytes(bloom, "big")
        return all(
            any(bits & mask == mask for mask in map(bloom_bits, alternatives))
            for alternatives in (self.addresses, *self.topics)
            if alternatives
        )


def decode_filter(value: Any) -> LogFilter:
    """Read a filter object. Raises InvalidParam in geth's words."""
    fields = read_object(value, "input", "filters.input", _FIELDS)
    block_hash, first, last = (fields.get(name) for name in ("blockHash", "fromBlock", "toBlock"))
    if block_hash is not None and (first is not None or last is not None):
        raise InvalidParam("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
    topics = fields.get("topics") or ()
    addresses = _decode_addresses(fields.get("address"))
    if len(topics) > TOPICS_MAX:
        raise InvalidParam("exceed max topics")
    alternatives = tuple(_decode_topic(topic) for topic in topics)
    return LogFilter(addresses, alternatives, block_hash, first or LATEST, last or LATEST)


def spans_many_blocks(params: Any) -> bool:
    """Say whether a call's filter, not decoded yet, may have to look in so many blocks that it takes long."""
    wanted = params[0] if isinstance(params, list) and params else None
    if not isinstance(wanted, dict):
        return False
    fields = _named(wanted)
    first, last = fields.get("fromblock"), fields.get("toblock")
    if "blockhash" in fields or first == last:
        return False
    try:
        return int(str(last), 16) - int(str(first), 16) >= QUICK_BLOCKS_MAX
    except ValueError:
        return True


@method("eth_getLogs", Param(decode_filter), slow=spans_many_blocks)
def get_logs(backend: Backend, wanted: LogFilter) -> orjson.Fragment:
    """Return the logs that a filter matches, in order of the chain.

    Raises:
        RpcError: the filter is too long, its range is empty, reaches beyond the head or names an unknown block.
    """
    if max(map(len, (wanted.addresses, *wanted.topics))) > QUERY_ITEMS_MAX:
        raise RpcError(-32000, "exceed max addresses or topics per search position")
    return json_list(
        log.json
        for header in within_time(_headers(backend, wanted))
        if wanted.may_be_in(header.bloom)
        for logs in encoded_logs(backend, header)
        for log in logs
        if wanted.matches(log.log)
    )


def _headers(backend: Backend, wanted: LogFilter) -> Iterator[Header]:
    """Yield the headers of the blocks to look in."""
    if wanted.block_hash is not None:
        header = backend.header_by_hash(wanted.block_hash)
        if header is None:
            raise RpcError(-32000, "unknown block")
        yield header
        return
    first, last = _range(backend, wanted)
    for number in range(first, last + 1):
        header = backend.header_by_number(number)
        if header is None:
            raise RpcError(-32000, "header not found")
        yield header


def _range(backend: Backend, wanted: LogFilter) -> tuple[int, int]:
    """Return the first and last number of a range. A range past the head is an error, as no answer could be whole."""
    named = (wanted.first.number, wanted.last.number)
    if named[0] is not None and named[1] is not None and named[0] > named[1]:
        raise RpcError(INVALID_PARAMS, "invalid block range params")
    if wanted.first.tag is Tag.PENDING or wanted.last.tag is Tag.PENDING:
        raise RpcError(INVALID_PARAMS, "pending logs are not supported")
    first, last = _number(backend, wanted.first), _number(backend, wanted.last)
    # A number before `latest` is a range even where it is above the head; `latest` before any number is none.
    if first > last or (wanted.first.tag is Tag.LATEST and wanted.last.tag is not Tag.LATEST):
        raise RpcError(INVALID_PARAMS, "invalid block range params")
    if last > backend.view.head.number:
        raise RpcError(INVALID_PARAMS, "block range extends beyond current head block")
    return first, last


def _number(backend: Backend, ref: BlockRef) -> int:
    if ref.number is not None:
        return ref.number
    try:
        header = backend.resolve(ref)
    except RpcError:
        header = None
    if header is None:
        name = ref.tag.value if ref.tag else "block"
        raise RpcError(-32000, f"{name} header not found")
    return header.number


def _named(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are not null, by their names in small letters: Go takes them in any case, the last one."""
    by_name = {name.lower(): field for name, field in wanted.items()}
    return {name: field for name, field in by_name.items() if field is not None}


def _decode_addresses(value: Any) -> tuple[bytes, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (_decode_sized(value, 20, "address", "invalid address: "),)
    if not isinstance(value, list):
        raise InvalidParam("invalid addresses in query")
    addresses = []
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise InvalidParam(f"non-string address at index {index}")
        addresses.append(_decode_sized(item, 20, "address", f"invalid address at index {index}: "))
    return tuple(addresses)


def _decode_topic(value: Any) -> tuple[bytes, ...]:
    """Return the alternatives for one position; none mean anything."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (_decode_sized(value, 32, "topic"),)
    if not isinstance(value, list):
        raise InvalidParam("invalid topic(s)")
    if len(value) > TOPIC_ALTERNATIVES_MAX:
        raise InvalidParam("exceed max topics")
    alternatives = []
    for item in value:
        if item is None:
            return ()
        if not isinstance(item, str):
            raise InvalidParam("invalid topic(s)")
        alternatives.append(_decode_sized(item, 32, "topic"))
    return tuple(alternatives)


def _decode_sized(text: str, size_bytes: int, what: str, prefix: str = "") -> bytes:
    try:
        data = hex_decode(text)
    except HexError as error:
        raise InvalidParam(f"{prefix}{error}") from error
    if len(data) != size_bytes:
        raise InvalidParam(
            f"{prefix}hex has invalid length {len(data)} after decoding; expected {size_bytes} for {what}"
        )
    return data


_FIELDS: Decoders = {
    "blockHash": decode_hash,
    "fromBlock": decode_block_number,
    "toBlock": decode_block_number,
    "address": lambda value: value,
    "topics": list_of("[]interface {}", lambda value: value),
}
