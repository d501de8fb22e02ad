"""Reads block files (concatenated RLP, as `geth export` writes them) and fork choice files."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import rlp

from reference_node.chain.types import Block, decode_block
from reference_node.errors import ChainFileError


@dataclass(frozen=True, slots=True)
class ForkChoice:
    """Hashes of the head, safe and finalized block."""

    head: bytes
    safe: bytes
    finalized: bytes


def read_forkchoice(path: Path) -> ForkChoice:
    """Read a forkchoice.json. Raises ChainFileError naming the file and what is wrong in it."""
    try:
        fields = json.loads(path.read_text())
        hashes = [bytes.fromhex(fields[key].removeprefix("0x")) for key in ("head", "safe", "finalized")]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ChainFileError(f"{path}: expected JSON with hashes head, safe and finalized: {error}") from error
    if any(len(found) != 32 for found in hashes):
        raise ChainFileError(f"{path}: a hash is not 32 bytes long")
    return ForkChoice(*hashes)


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of an RLP file. Raises ChainFileError naming the file and where it breaks."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ChainFileError(f"{path}: {error.strerror}") from error
    offset = 0
    while offset < len(data):
        try:
            _, _, length, start = rlp.codec.consume_length_prefix(data, offset)
            end = start + length
            block = decode_block(data[offset:end])
        except (rlp.DecodingError, ValueError, IndexError, TypeError) as error:
            raise ChainFileError(f"{path}: no block at byte {offset}: {error}") from error
        yield block
        offset = end
