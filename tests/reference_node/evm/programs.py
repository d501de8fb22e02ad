"""Running little programs in a block and looking at the state afterwards."""

from reference_node.evm.accounts import Accounts
from reference_node.evm.database import StateDatabase
from tests.reference_node.worlds import World, sign

CONTRACT = b"\xc0" * 20


def store_result(code: bytes) -> bytes:
    """Return code that stores what other code leaves on the stack in slot 0."""
    return code + b"\x5f\x55"


def run(fork: str, code: bytes, data: bytes = b"") -> int:
    """Return slot 0 after a call of a contract with this code. Raises AssertionError if it fails."""
    world = World(fork, {CONTRACT: {"code": f"0x{code.hex()}"}})
    built = world.add(sign(0, CONTRACT, data=data, gas=1_000_000))
    assert [receipt.status for receipt in built.executed.receipts] == [1]
    return accounts(world).get_storage(CONTRACT, 0)


def accounts(world: World) -> Accounts:
    """Return the accounts at the head."""
    return Accounts(StateDatabase(world.store), world.head.state_root)


def call_code(address: int, gas: int, opcode: int = 0xF1) -> bytes:
    """Return code that calls an address without data or value and leaves the success on the stack."""
    value = b"\x5f" if opcode in (0xF1, 0xF2) else b""
    return (
        b"\x5f" * 4 + value + b"\x73" + address.to_bytes(20, "big") + b"\x62" + gas.to_bytes(3, "big") + bytes([opcode])
    )
