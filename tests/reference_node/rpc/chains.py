"""A chain with logs and every kind of transaction that the block methods show."""

from reference_node.backend import Backend
from tests.reference_node.rpc.served import backend_of
from tests.reference_node.worlds import ADDRESSES, GWEI, World, sign

LOGGER = b"\x10" * 20
TOPICS = tuple(bytes([number]) * 32 for number in (1, 2, 3, 4))
BLOB_HASH = b"\x01" + b"\x77" * 31


def log_code(topics: int) -> bytes:
    """Return code that writes one log of 2 bytes with as many topics."""
    pushes = b"".join(b"\x7f" + topic for topic in reversed(TOPICS[:topics]))
    return b"\x61\xca\xfe\x5f\x52" + pushes + b"\x60\x02\x60\x1e" + bytes([0xA0 + topics])


def logging_world() -> World:
    """Return five blocks: a legacy and a logging call, a creation and a revert, a blob, none, two calls that log."""
    code = b"".join(map(log_code, range(5)))
    world = World(alloc={LOGGER: {"code": f"0x{code.hex()}"}, b"\x20" * 20: {"code": "0x5f5ffd"}})
    world.add(
        sign(0, ADDRESSES[1], nonce=0, value=5, gasPrice=20 * GWEI),
        sign(
            1,
            LOGGER,
            nonce=0,
            accessList=[{"address": f"0x{ADDRESSES[2].hex()}", "storageKeys": [f"0x{TOPICS[0].hex()}"]}],
        ),
    )
    world.add(sign(0, None, nonce=1, data=b"\x00"), sign(1, b"\x20" * 20, nonce=1))
    world.add(sign(0, ADDRESSES[1], nonce=2, maxFeePerBlobGas=10, blobVersionedHashes=[f"0x{BLOB_HASH.hex()}"]))
    world.add()
    world.add(sign(0, LOGGER, nonce=3), sign(1, LOGGER, nonce=2))
    return world


def logging_backend() -> Backend:
    """Return a backend on that world, its first block being safe and finalized."""
    world = logging_world()
    first = backend_of(world).canonical_hash(1)
    return backend_of(world, safe_hash=first, finalized_hash=first)
