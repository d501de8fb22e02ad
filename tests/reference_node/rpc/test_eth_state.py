"""Balances, nonces, code, slots and proofs of a small chain, and geth's words for wrong keys."""

from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from reference_node.backend import Backend
from reference_node.rpc.eth_state import PROOF_KEYS_MAX
from tests.reference_node.rpc.served import ask, backend_of, error_of, hex_of
from tests.reference_node.worlds import ADDRESSES, World, sign

STORE = b"\x51" * 20
NOBODY = b"\x5e" * 20
FULL_KEY = "0x" + "00" * 31 + "02"
FULL_SLOT = bytes(31) + b"\x02"


@pytest.fixture(scope="module")
def backend() -> Backend:
    slots = {f"0x{slot:064x}": f"0x{slot * 3:064x}" for slot in range(1, 40)}
    code = "0x600160005500"  # sets slot 0 to 1
    world = World(alloc={STORE: {"balance": "0x7b", "nonce": "0x5", "code": code, "storage": slots}})
    world.add(sign(0, STORE, value=5))
    return backend_of(world)


def test_an_account_is_read_as_it_was_at_a_block(backend: Backend) -> None:
    account = hex_of(STORE)
    assert [ask(backend, "eth_getBalance", account, block) for block in ("earliest", "latest")] == ["0x7b", "0x80"]
    assert ask(backend, "eth_getTransactionCount", hex_of(ADDRESSES[0])) == "0x1"
    assert ask(backend, "eth_getTransactionCount", hex_of(ADDRESSES[0]), "0x0") == "0x0"
    assert ask(backend, "eth_getCode", account, None) == "0x600160005500"
    assert [ask(backend, "eth_getStorageAt", account, "0x0", block) for block in ("earliest", "latest")] == [
        "0x" + "00" * 32,
        "0x" + "00" * 31 + "01",
    ]


def test_who_is_not_there_has_nothing(backend: Backend) -> None:
    nobody = hex_of(NOBODY)
    assert ask(backend, "eth_getBalance", nobody) == "0x0"
    assert ask(backend, "eth_getTransactionCount", nobody) == "0x0"
    assert ask(backend, "eth_getCode", nobody) == "0x"
    assert ask(backend, "eth_getStorageAt", nobody, "0x1") == "0x" + "00" * 32


@pytest.mark.parametrize("key", ["0x2", "2", "0x02", "0X2", FULL_KEY, FULL_KEY[2:]])
def test_keys_are_read_leniently(backend: Backend, key: str) -> None:
    assert int(ask(backend, "eth_getStorageAt", hex_of(STORE), key), 16) == 6


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("0x" + "0" * 65, f'storage key too long (want at most 32 bytes): "0x{"0" * 65}"'),
        ("0xzz", 'invalid hex in storage key: "0xzz"'),
        ('1"', 'invalid hex in storage key: "1\\""'),
    ],
)
def test_wrong_keys_are_refused(backend: Backend, key: str, text: str) -> None:
    assert error_of(backend, "eth_getStorageAt", hex_of(STORE), key) == (-32602, text)
    assert error_of(backend, "eth_getProof", hex_of(STORE), [key]) == (-32602, text)


def proven(root: str, key: bytes, proof: list[str]) -> bytes:
    """Return what a proof says a trie holds under a hashed key."""
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in proof]
    find: Any = HexaryTrie.get_from_proof
    return bytes(find(bytes.fromhex(root[2:]), keccak(key), nodes))


def test_a_proof_proves_account_and_slots(backend: Backend) -> None:
    found = ask(backend, "eth_getProof", hex_of(STORE), ["0x2", FULL_KEY, "0xffff"], "latest")
    account = rlp.decode(proven(hex_of(backend.view.head.state_root), STORE, found["accountProof"]))
    assert [hex(int.from_bytes(field, "big")) for field in account[:2]] == [found["nonce"], found["balance"]]
    assert [hex_of(field) for field in account[2:]] == [found["storageHash"], found["codeHash"]]
    assert [slot["key"] for slot in found["storageProof"]] == ["0x2", FULL_KEY, "0xffff"]
    assert [slot["value"] for slot in found["storageProof"]] == ["0x6", "0x6", "0x0"]
    for slot, key in zip(found["storageProof"], [FULL_SLOT, FULL_SLOT, bytes(30) + b"\xff\xff"], strict=True):
        value = proven(found["storageHash"], key, slot["proof"])
        assert int.from_bytes(rlp.decode(value) if value else b"", "big") == int(slot["value"], 16)


def test_absence_is_proven_too_and_no_storage_needs_no_proof(backend: Backend) -> None:
    found = ask(backend, "eth_getProof", hex_of(NOBODY), ["0x1"])
    assert proven(hex_of(backend.view.head.state_root), NOBODY, found["accountProof"]) == b""
    assert (found["balance"], found["nonce"]) == ("0x0", "0x0")
    assert found["codeHash"] == found["storageHash"] == "0x" + "00" * 32
    assert found["storageProof"] == [{"key": "0x1", "value": "0x0", "proof": []}]


def test_too_many_keys_are_refused(backend: Backend) -> None:
    keys = ["0x1"] * (PROOF_KEYS_MAX + 1)
    text = f"too many storage keys requested (max {PROOF_KEYS_MAX}, got {PROOF_KEYS_MAX + 1})"
    assert error_of(backend, "eth_getProof", hex_of(STORE), keys) == (-32602, text)
    assert len(ask(backend, "eth_getProof", hex_of(STORE), keys[1:])["storageProof"]) == PROOF_KEYS_MAX


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("0x9", "header not found"),
        ("0x" + "5e" * 32, "header for hash not found"),
        ("safe", "safe block not found"),
    ],
)
def test_a_block_that_is_not_there_has_no_state(backend: Backend, block: Any, text: str) -> None:
    for method, params in (
        ("eth_getBalance", []),
        ("eth_getTransactionCount", []),
        ("eth_getCode", []),
        ("eth_getStorageAt", ["0x0"]),
        ("eth_getProof", [[]]),
    ):
        assert error_of(backend, method, hex_of(STORE), *params, block) == (-32000, text)


def test_a_lost_node_is_named() -> None:
    whole = backend_of(World(alloc={STORE: {"balance": "0x1"}}))
    whole.view.store.pop(whole.view.head.state_root)  # type: ignore[attr-defined]  # a MemoryStore
    root = whole.view.head.state_root.hex()
    assert error_of(whole, "eth_getBalance", hex_of(STORE)) == (-32000, f"missing trie node {root} (path ) <nil>")


def test_the_pending_block_has_no_proofs_once_its_state_is_its_own(backend: Backend) -> None:
    account = hex_of(STORE)
    assert error_of(backend, "eth_getProof", account, [], "pending")[0] == -32000
    before = backend_of(World("cancun", alloc={STORE: {"balance": "0x1"}}))
    assert ask(before, "eth_getProof", account, [], "pending") == ask(before, "eth_getProof", account, [], "latest")
