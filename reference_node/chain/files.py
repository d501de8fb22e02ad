"""Reads block files (concatenated RLP, as `geth export` writes them) and fork choice files."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from reference_node.chain.block_form import check_block
from reference_node.chain.types import Block, decode_block
from reference_node.errors import ChainFileError

_LIST_FROM = 0xC0
_SHORT_BYTES_MAX = 55


@dataclass(frozen=True, slots=True)
class ForkChoice:
    """Hashes of the head, safe and finalized block."""

    head: bytes
    safe: bytes
    finalized: bytes


def read_forkchoice(path: Path) -> ForkChoice:
    """Read a forkchoice.json. Raises ChainFileError naming the file and what is wrong in it."""
    try:
        fields = orjson.loads(path.read_bytes())
        hashes = [bytes.fromhex(fields[key].removeprefix("0x")) for key in ("head", "safe", "finalized")]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ChainFileError(f"{path}: expected JSON with hashes head, safe and finalized: {error}") from error
    if any(len(found) != 32 for found in hashes):
        raise ChainFileError(f"{path}: a hash is not 32 bytes long")
    return ForkChoice(*hashes)


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of an RLP file, one in memory at a time.

    Raises:
        ChainFileError: the file can't be read, or holds something else at the byte that is named.
    """
    try:
        with path.open("rb") as file:
            size_bytes = os.fstat(file.fileno()).st_size
            while (offset := file.tell()) < size_bytes:
                try:
                    data = _next_item(file, size_bytes - offset)
                    check_block(data)
                    block = decode_block(data)
                except ValueError as error:
                    raise ChainFileError(f"{path}: no block at byte {offset}: {error}") from error
                yield block
    except OSError as error:
        raise ChainFileError(f"{path}: {error.strerror}") from error


def _next_item(file: BinaryIO, left_bytes: int) -> bytes:
    """Return the RLP list that starts here. Raises ValueError where the file ends before it does."""
    first = file.read(1)
    length = first[0] - _LIST_FROM
    prefix = first
    if length > _SHORT_BYTES_MAX:
        prefix += file.read(length - _SHORT_BYTES_MAX)
        length = int.from_bytes(prefix[1:], "big")
    if length < 0:
        raise ValueError(f"byte 0x{first.hex()} starts no list")
    if len(prefix) + length > left_bytes:
        raise ValueError(f"it is {len(prefix) + length} bytes long, but the file ends after {left_bytes}")
    return prefix + file.read(length)
