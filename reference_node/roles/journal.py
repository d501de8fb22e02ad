"""A file of the transactions that wait for a block, so that a killed master still has what it took.

The kernel keeps what a killed process has written, so nothing is forced to the disk: this is for kills of the process,
as geth's journal of local transactions is. The file holds RLP strings, one transaction each.
"""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from reference_node.chain.go_rlp import RlpFault, split
from reference_node.chain.types import Transaction, decode_transaction, encode_rlp

GROWTH_MAX = 10_000
"""Transactions added before the file is to be written anew."""


class Journal:
    """An open journal; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._added = 0
        self._file: BinaryIO = path.open("ab", buffering=0)

    @property
    def is_long(self) -> bool:
        """Say whether it should be written anew with what still waits."""
        return self._added >= GROWTH_MAX

    def load(self) -> list[Transaction]:
        """Return what was added and is still in the file; what a kill left unfinished at its end is left out."""
        found, rest = [], self._path.read_bytes()
        while rest:
            try:
                _, raw, rest = split(rest)
                found.append(decode_transaction(raw))
            except (RlpFault, ValueError):
                break
        return found

    def add(self, transaction: Transaction) -> None:
        """Write a transaction, without the blobs it came with: blocks need none."""
        with self._lock:
            self._file.write(encode_rlp(transaction.raw))
            self._added += 1

    def rewrite(self, waiting: Callable[[], Iterable[Transaction]]) -> None:
        """Keep what waits alone; that is asked for while nothing can be added."""
        with self._lock:
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(b"".join(encode_rlp(transaction.raw) for transaction in waiting()))
            fresh.replace(self._path)
            self._file.close()
            self._file = self._path.open("ab", buffering=0)
            self._added = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()
