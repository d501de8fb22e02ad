"""The accounts of one state while blocks change them: py-evm's account database on plain dicts and an undo list.

Every change notes how to undo it, so a checkpoint is a length of that list. Tries are touched twice: for the first
read of a value, and once for all changes when the state root is wanted.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import rlp
from eth_hash.auto import keccak

from reference_node.chain.trie_update import EMPTY_ROOT, MutableTrie
from reference_node.chain.types import encode_rlp, from_int, to_int
from reference_node.evm.database import StateDatabase
from reference_node.store.schema import code_key

EMPTY_CODE_HASH = keccak(b"")
_ABSENT = object()


class Account(NamedTuple):
    """The four fields of an account."""

    nonce: int
    balance: int
    """In wei."""
    storage_root: bytes
    code_hash: bytes

    @property
    def is_empty(self) -> bool:
        """Say whether EIP-161 calls the account empty."""
        return self.nonce == 0 and self.balance == 0 and self.code_hash == EMPTY_CODE_HASH


NEW_ACCOUNT = Account(0, 0, EMPTY_ROOT, EMPTY_CODE_HASH)


class Accounts:
    """What py-evm calls an account database; EIP-161 clearing happens when a transaction's changes are locked."""

    def __init__(self, database: StateDatabase, state_root: bytes = EMPTY_ROOT) -> None:
        self.database = database
        """Where nodes and code come from and new ones go."""
        self._state_root = state_root
        self._trie = MutableTrie(database.node, state_root)
        self._accounts: dict[bytes, Account | None] = {}
        self._stored: dict[bytes, Account | None] = {}
        self._slot_changes: dict[bytes, dict[int, int]] = {}
        self._slot_reads: dict[bytes, dict[int, int]] = {}
        self._storage_tries: dict[bytes, MutableTrie] = {}
        self._codes: dict[bytes, bytes] = {}
        self._changed: set[bytes] = set()
        self._start_transaction()

    def _start_transaction(self) -> None:
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._touched: dict[bytes, None] = {}
        self._warm: dict[bytes | tuple[bytes, int], None] = {}
        self._transient: dict[tuple[bytes, int], bytes] = {}
        self._slots_before: dict[tuple[bytes, int], int] = {}

    @property
    def state_root(self) -> bytes:
        """The root of the state as last committed; pending changes are not in it."""
        return self._state_root

    # Checkpoints

    def record(self) -> int:
        """Return a checkpoint to go back to."""
        return len(self._undo)

    def discard(self, checkpoint: int) -> None:
        """Undo everything after a checkpoint."""
        while len(self._undo) > checkpoint:
            mapping, key, before = self._undo.pop()
            if before is _ABSENT:
                del mapping[key]
            else:
                mapping[key] = before

    def commit(self, checkpoint: int) -> None:
        """Keep what was done after a checkpoint (the undo list simply goes on)."""

    def lock_changes(self) -> None:
        """End a transaction: remove the empty accounts it touched (EIP-161), forget warmth and transient storage."""
        for address in self._touched:
            account = self._accounts[address]
            if account is not None and account.is_empty:
                self._accounts[address] = None
                self._slot_changes.pop(address, None)
        self._changed.update(self._touched)
        self._start_transaction()

    def _change(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((mapping, key, mapping.get(key, _ABSENT)))
        mapping[key] = value

    # Accounts

    def account(self, address: bytes) -> Account | None:
        """Return an account, or None where there is none."""
        try:
            return self._accounts[address]
        except KeyError:
            data = self._trie.get(hash_key(address))
            account = None if data is None else decode_account(data)
            self._accounts[address] = self._stored[address] = account
            return account

    def _set_account(self, address: bytes, account: Account | None) -> None:
        self._change(self._accounts, address, account)
        if address not in self._touched:
            self._change(self._touched, address, None)

    def account_exists(self, address: bytes) -> bool:
        """Say whether there is an account, be it empty."""
        return self.account(address) is not None

    def account_is_empty(self, address: bytes) -> bool:
        """Say whether an account is empty by EIP-161, or not there."""
        account = self.account(address)
        return account is None or account.is_empty

    def account_has_code_or_nonce(self, address: bytes) -> bool:
        """Say whether a contract can't be created here; storage counts as well (EIP-7610)."""
        account = self.account(address)
        return account is not None and (
            account.nonce != 0 or account.code_hash != EMPTY_CODE_HASH or account.storage_root != EMPTY_ROOT
        )

    def touch_account(self, address: bytes) -> None:
        """Mark an account as touched, so that it is removed if it is empty."""
        self._set_account(address, self.account(address) or NEW_ACCOUNT)

    def delete_account(self, address: bytes) -> None:
        """Remove an account with its storage."""
        self.account(address)
        self._set_account(address, None)
        self._change(self._slot_changes, address, {})

    def get_balance(self, address: bytes) -> int:
        """Return a balance in wei."""
        account = self.account(address)
        return 0 if account is None else account.balance

    def set_balance(self, address: bytes, balance: int) -> None:
        """Set a balance in wei."""
        self._set_account(address, (self.account(address) or NEW_ACCOUNT)._replace(balance=balance))

    def get_nonce(self, address: bytes) -> int:
        """Return a nonce."""
        account = self.account(address)
        return 0 if account is None else account.nonce

    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Set a nonce."""
        self._set_account(address, (self.account(address) or NEW_ACCOUNT)._replace(nonce=nonce))

    def increment_nonce(self, address: bytes) -> None:
        """Add one to a nonce."""
        self.set_nonce(address, self.get_nonce(address) + 1)

    # Code

    def get_code_hash(self, address: bytes) -> bytes:
        """Return the hash of an account's code."""
        account = self.account(address)
        return EMPTY_CODE_HASH if account is None else account.code_hash

    def get_code(self, address: bytes) -> bytes:
        """Return an account's code."""
        code_hash = self.get_code_hash(address)
        if code_hash == EMPTY_CODE_HASH:
            return b""
        code = self._codes.get(code_hash)
        return self.database.code(code_hash) if code is None else code

    def set_code(self, address: bytes, code: bytes) -> None:
        """Set an account's code."""
        code_hash = keccak(code)
        self._codes[code_hash] = code
        self._set_account(address, (self.account(address) or NEW_ACCOUNT)._replace(code_hash=code_hash))

    def delete_code(self, address: bytes) -> None:
        """Leave an account without code."""
        self._set_account(address, (self.account(address) or NEW_ACCOUNT)._replace(code_hash=EMPTY_CODE_HASH))

    # Storage

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        """Return a slot's value now, or (`from_journal` False) as it was before the transaction."""
        if not from_journal:
            before = self._slots_before.get((address, slot))
            if before is not None:
                return before
        changes = self._slot_changes.get(address)
        if changes is not None and slot in changes:
            return changes[slot]
        account = self.account(address)
        if account is None or account.storage_root == EMPTY_ROOT:
            return 0
        reads = self._slot_reads.setdefault(address, {})
        if slot not in reads:
            data = self._storage_trie(address, account.storage_root).get(hash_slot(slot))
            reads[slot] = 0 if data is None else to_int(rlp.decode(data))
        return reads[slot]

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Set a slot."""
        before = self.get_storage(address, slot)
        self._slots_before.setdefault((address, slot), before)
        if value != before:
            self._change(self._slot_changes.setdefault(address, {}), slot, value)
            self._set_account(address, self.account(address) or NEW_ACCOUNT)

    def delete_storage(self, address: bytes) -> None:
        """Clear all slots of an account."""
        account = self.account(address)
        if account is not None and account.storage_root != EMPTY_ROOT:
            self._set_account(address, account._replace(storage_root=EMPTY_ROOT))
        if self._slot_changes.get(address):
            self._change(self._slot_changes, address, {})

    def _storage_trie(self, address: bytes, root: bytes) -> MutableTrie:
        trie = self._storage_tries.get(address)
        if trie is None:
            trie = self._storage_tries[address] = MutableTrie(self.database.node, root)
        return trie

    # What lasts for a transaction

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        """Return a transient slot (EIP-1153), empty where it was never set."""
        return self._transient.get((address, slot), b"")

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        """Set a transient slot (EIP-1153)."""
        self._change(self._transient, (address, slot), value)

    def is_address_warm(self, address: bytes) -> bool:
        """Say whether the transaction accessed an address already (EIP-2929)."""
        return address in self._warm

    def mark_address_warm(self, address: bytes) -> None:
        """Note an access to an address."""
        if address not in self._warm:
            self._change(self._warm, address, None)

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        """Say whether the transaction accessed a slot already (EIP-2929)."""
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        """Note an access to a slot."""
        if (address, slot) not in self._warm:
            self._change(self._warm, (address, slot), None)

    # Roots

    def make_state_root(self) -> bytes:
        """Write all changes into the tries; their new nodes and code go to the database. Returns the root."""
        self.lock_changes()
        writes = self.database.writes
        for address, account in self._changed_accounts():
            if account is None:
                self._trie.delete(hash_key(address))
                continue
            if account.code_hash in self._codes:
                writes[code_key(account.code_hash)] = self._codes[account.code_hash]
            self._trie.set(hash_key(address), encode_account(account))
        self._state_root, nodes = self._trie.commit()
        writes.update(nodes)
        self._changed.clear()
        self._slot_changes.clear()
        self._slot_reads.clear()
        self._storage_tries.clear()
        self._codes.clear()
        return self._state_root

    def _changed_accounts(self) -> Iterator[tuple[bytes, Account | None]]:
        for address in sorted(self._changed):
            account = self._accounts[address]
            if account is not None and self._slot_changes.get(address):
                account = account._replace(storage_root=self._commit_storage(address, account.storage_root))
                self._accounts[address] = account
            if account != self._stored.get(address):
                self._stored[address] = account
                yield address, account

    def _commit_storage(self, address: bytes, root: bytes) -> bytes:
        trie = MutableTrie(self.database.node) if root == EMPTY_ROOT else self._storage_trie(address, root)
        reads = self._slot_reads.get(address, {}) if root != EMPTY_ROOT else {}
        for slot, value in self._slot_changes[address].items():
            if value == reads.get(slot, 0):
                continue
            if value:
                trie.set(hash_slot(slot), encode_rlp(from_int(value)))
            else:
                trie.delete(hash_slot(slot))
        new_root, nodes = trie.commit()
        self.database.writes.update(nodes)
        return new_root


def decode_account(data: bytes) -> Account:
    """Decode an account's RLP."""
    nonce, balance, storage_root, code_hash = rlp.decode(data)
    return Account(to_int(nonce), to_int(balance), storage_root, code_hash)


def encode_account(account: Account) -> bytes:
    """Return an account's RLP."""
    return encode_rlp([from_int(account.nonce), from_int(account.balance), account.storage_root, account.code_hash])


@lru_cache(maxsize=65536)
def hash_key(address: bytes) -> bytes:
    """Return an account's key in the state trie."""
    return bytes(keccak(address))


@lru_cache(maxsize=65536)
def hash_slot(slot: int) -> bytes:
    """Return a slot's key in a storage trie."""
    return bytes(keccak(slot.to_bytes(32, "big")))
