"""What accounts must be: what a proof against the block's state root shows, by every method that tells of them."""

from collections.abc import Iterator, Sequence

from eth_hash.auto import keccak

from conformance.verify.derive import account_fields
from conformance.verify.facts import BlockFacts
from conformance.verify.proofs import BadProof, proven_value, storage_number
from conformance.verify.scene import AccountAnswers, AuthorityAnswers, Scene
from conformance.verify.spot import Malformed, Spot, Wrong, disagreements, hex_data, hex_quantity, result_of
from reference_node.chain.trie_update import EMPTY_ROOT

EMPTY_CODE_HASH = bytes(keccak(b""))
_DELEGATION = b"\xef\x01\x00"
_NO_HASH = bytes(32)
"""What some clients show in the proof of an account that is not there."""


def proofs(scene: Scene) -> Iterator[Wrong]:
    """Proofs lead from the state root to what the account and its slots are shown to be, be they there or not."""
    for account in scene.accounts:
        yield from account_proof(scene.block(), result_of(account.proof), account.address, account.slots)


def account_proof(block: BlockFacts, proof: Spot, address: str, slots: Sequence[int]) -> Iterator[Wrong]:
    """Yield where a proof does not show what it says of an account after a block."""
    yield from disagreements(proof.key("address"), address)
    nodes = proof.key("accountProof")
    key = keccak(bytes.fromhex(address[2:]))
    try:
        value = proven_value(block.header.state_root, key, [node.data() for node in nodes.items()])
        nonce, balance, storage_root, code_hash = (
            (0, 0, EMPTY_ROOT, EMPTY_CODE_HASH) if value is None else account_fields(value)
        )
    except ValueError as error:
        yield Wrong(nodes, f"a proof from the state root {hex_data(block.header.state_root)}: {error}")
        return
    yield from disagreements(proof.key("nonce"), hex_quantity(nonce))
    yield from disagreements(proof.key("balance"), hex_quantity(balance))
    for name, expected in (("storageHash", storage_root), ("codeHash", code_hash)):
        if value is not None or proof.key(name).data(32) != _NO_HASH:
            yield from disagreements(proof.key(name), hex_data(expected))
    yield from _storage_proofs(proof.key("storageProof"), storage_root, slots)


def values(scene: Scene) -> Iterator[Wrong]:
    """Balance, nonce, code and storage are those of the proof."""
    for account in scene.accounts:
        yield from _account_values(account)


def delegations(scene: Scene) -> Iterator[Wrong]:
    """The code of one who signed authorizations is as before the block, or what one of them makes it."""
    chain_id = result_of(scene.chain_id).quantity()
    for authority in scene.authorities:
        yield from _delegation(authority, chain_id)


def _storage_proofs(proofs: Spot, root: bytes, slots: Sequence[int]) -> Iterator[Wrong]:
    found = proofs.items()
    if len(found) != len(slots):
        yield Wrong(proofs, f"an array of {len(slots)} items")
        return
    for spot, slot in zip(found, slots, strict=True):
        if _slot_number(spot.key("key")) != slot:
            yield Wrong(spot.key("key"), f"{hex_quantity(slot)}, which was asked for")
            continue
        nodes = spot.key("proof")
        try:
            value = proven_value(root, keccak(slot.to_bytes(32, "big")), [node.data() for node in nodes.items()])
            number = storage_number(value)
        except BadProof as error:
            yield Wrong(nodes, f"a proof from the storage root {hex_data(root)}: {error}")
            continue
        yield from disagreements(spot.key("value"), hex_quantity(number))


def _slot_number(spot: Spot) -> int:
    """Return the slot a key names: clients write it as data of any length."""
    value = spot.value
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 66:
        raise Malformed(spot, "a slot in hex")
    try:
        return int(value[2:] or "0", 16)
    except ValueError:
        raise Malformed(spot, "a slot in hex") from None


def _account_values(account: AccountAnswers) -> Iterator[Wrong]:
    proof = result_of(account.proof)
    yield from disagreements(result_of(account.balance), hex_quantity(proof.key("balance").quantity()))
    yield from disagreements(result_of(account.nonce), hex_quantity(proof.key("nonce").quantity(8)))
    code, code_hash = result_of(account.code), proof.key("codeHash").data(32)
    if keccak(code.data()) != (EMPTY_CODE_HASH if code_hash == _NO_HASH else code_hash):
        yield Wrong(code, f"code with the hash {hex_data(code_hash)}")
    for answer, slot in zip(account.storage, proof.key("storageProof").items(), strict=False):
        yield from disagreements(result_of(answer), f"0x{slot.key('value').quantity():064x}")


def _delegation(authority: AuthorityAnswers, chain_id: int) -> Iterator[Wrong]:
    before, after = result_of(authority.before).data(), result_of(authority.after)
    possible = {before}
    for item in authority.signed:
        if item.chain_id in {0, chain_id}:
            possible.add(_DELEGATION + item.address if any(item.address) else b"")
    if after.data() not in possible:
        yield Wrong(after, " or ".join(f'"{hex_data(code)}"' for code in sorted(possible)))
