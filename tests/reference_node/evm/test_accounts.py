"""The account database: checkpoints against plain copies, roots against py-trie, EIP-161 clearing."""

import copy
from collections.abc import Callable
from typing import Any

import rlp
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from reference_node.chain.trie_update import EMPTY_ROOT
from reference_node.evm.accounts import EMPTY_CODE_HASH, Accounts
from reference_node.evm.database import StateDatabase
from reference_node.store.schema import code_key
from tests.reference_node.worlds import MemoryStore

ADDRESSES = [bytes([number]) * 20 for number in (1, 2, 3)]
places = st.sampled_from(ADDRESSES)
slots = st.integers(0, 3)
actions = st.one_of(
    st.tuples(st.just("balance"), places, st.integers(0, 2)),
    st.tuples(st.just("nonce"), places, st.integers(0, 2)),
    st.tuples(st.just("slot"), places, slots, st.integers(0, 2)),
    st.tuples(st.just("code"), places, st.sampled_from([b"\x00", b"\x01"])),
    st.tuples(st.just("delete"), places),
    st.tuples(st.just("record")),
    st.tuples(st.just("discard")),
    st.tuples(st.just("lock")),
    st.tuples(st.just("root")),
)
Model = dict[bytes, dict[str, Any]]


def expected_root(model: Model) -> bytes:
    """Return the root that py-trie gives for a model."""
    state = HexaryTrie({})
    for address, account in model.items():
        storage = HexaryTrie({})
        for slot, value in account["slots"].items():
            if value:
                storage[keccak(slot.to_bytes(32, "big"))] = rlp.encode(value)
        fields = [account["nonce"], account["balance"], storage.root_hash, keccak(account["code"])]
        state[keccak(address)] = rlp.encode(fields)
    return bytes(state.root_hash)


@given(st.lists(actions, max_size=40))
def test_any_history_ends_in_the_right_state(history: list[tuple[Any, ...]]) -> None:
    """Whatever is set, undone, deleted and committed: values and root are those of a plain model."""
    store = MemoryStore()
    accounts = Accounts(StateDatabase(store))
    model: Model = {}
    saved: list[tuple[int, Model]] = []
    for name, *arguments in history:
        if name == "record":
            saved.append((accounts.record(), copy.deepcopy(model)))
        elif name == "discard":
            if saved:
                checkpoint, model = saved.pop()
                accounts.discard(checkpoint)
        elif name in ("lock", "root"):
            saved.clear()
            model = {address: account for address, account in model.items() if not is_empty(account)}
            if name == "root":
                accounts = commit(accounts, store, model)
            else:
                accounts.lock_changes()
        else:
            apply(accounts, model, name, *arguments)
        compare(accounts, model)
    commit(accounts, store, {address: account for address, account in model.items() if not is_empty(account)})


def is_empty(account: dict[str, Any]) -> bool:
    return not account["balance"] and not account["nonce"] and not account["code"]


def apply(accounts: Accounts, model: Model, name: str, address: bytes, *arguments: Any) -> None:
    if name == "delete":
        accounts.delete_account(address)
        model.pop(address, None)
        return
    if name == "slot" and accounts.get_storage(address, arguments[0]) == arguments[1]:
        return  # a write that changes nothing touches nothing
    account = model.setdefault(address, {"balance": 0, "nonce": 0, "code": b"", "slots": {}})
    if name == "slot":
        accounts.set_storage(address, *arguments)
        account["slots"][arguments[0]] = arguments[1]
    else:
        setters: dict[str, Callable[..., None]] = {
            "balance": accounts.set_balance, "nonce": accounts.set_nonce, "code": accounts.set_code,
        }  # fmt: skip
        setters[name](address, *arguments)
        account[name] = arguments[0]


def compare(accounts: Accounts, model: Model) -> None:
    for address in ADDRESSES:
        account = model.get(address)
        assert accounts.account_exists(address) == (account is not None)
        assert accounts.get_balance(address) == (account["balance"] if account else 0)
        assert accounts.get_nonce(address) == (account["nonce"] if account else 0)
        assert accounts.get_code(address) == (account["code"] if account else b"")
        for slot in range(4):
            assert accounts.get_storage(address, slot) == (account["slots"].get(slot, 0) if account else 0)


def commit(accounts: Accounts, store: MemoryStore, model: Model) -> Accounts:
    """Commit, and return accounts that read what was written."""
    root = accounts.make_state_root()
    assert root == expected_root(model)
    store.update(accounts.database.writes)
    return Accounts(StateDatabase(store), root)


def test_the_value_before_the_transaction_is_kept() -> None:
    """SSTORE prices by the value before the transaction (EIP-2200), whatever was written since."""
    accounts = Accounts(StateDatabase(MemoryStore()))
    accounts.set_storage(ADDRESSES[0], 1, 5)
    accounts.set_nonce(ADDRESSES[0], 1)
    accounts.lock_changes()
    accounts.set_storage(ADDRESSES[0], 1, 6)
    accounts.set_storage(ADDRESSES[0], 1, 7)
    assert accounts.get_storage(ADDRESSES[0], 1, from_journal=False) == 5
    assert accounts.get_storage(ADDRESSES[0], 1) == 7


def test_warmth_and_transient_storage_end_with_the_transaction() -> None:
    accounts = Accounts(StateDatabase(MemoryStore()))
    checkpoint = accounts.record()
    accounts.mark_address_warm(ADDRESSES[0])
    accounts.mark_storage_warm(ADDRESSES[0], 1)
    accounts.set_transient_storage(ADDRESSES[0], 1, b"\1")
    assert accounts.is_address_warm(ADDRESSES[0])
    assert accounts.is_storage_warm(ADDRESSES[0], 1)
    accounts.discard(checkpoint)
    assert not accounts.is_address_warm(ADDRESSES[0])
    assert accounts.get_transient_storage(ADDRESSES[0], 1) == b""
    accounts.mark_address_warm(ADDRESSES[0])
    accounts.set_transient_storage(ADDRESSES[0], 1, b"\1")
    accounts.lock_changes()
    assert not accounts.is_address_warm(ADDRESSES[0])
    assert accounts.get_transient_storage(ADDRESSES[0], 1) == b""


def test_an_account_that_only_was_touched_leaves_nothing() -> None:
    accounts = Accounts(StateDatabase(MemoryStore()))
    accounts.touch_account(ADDRESSES[0])
    assert accounts.account_exists(ADDRESSES[0])
    assert accounts.make_state_root() == EMPTY_ROOT
    assert not accounts.account_exists(ADDRESSES[0])


def test_code_is_written_under_its_hash() -> None:
    accounts = Accounts(StateDatabase(MemoryStore()))
    accounts.set_code(ADDRESSES[0], b"code")
    accounts.make_state_root()
    assert accounts.database.writes[code_key(keccak(b"code"))] == b"code"
    accounts.delete_code(ADDRESSES[0])
    assert accounts.get_code_hash(ADDRESSES[0]) == EMPTY_CODE_HASH


def test_no_contract_is_created_over_storage() -> None:
    """EIP-7610: storage alone is enough to make a creation fail."""
    store = MemoryStore()
    accounts = Accounts(StateDatabase(store))
    accounts.set_balance(ADDRESSES[0], 1)
    accounts.set_storage(ADDRESSES[0], 1, 5)
    root = accounts.make_state_root()
    store.update(accounts.database.writes)
    assert Accounts(StateDatabase(store), root).account_has_code_or_nonce(ADDRESSES[0])
