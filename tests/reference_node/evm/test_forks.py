"""Rules by timestamp: VM classes, precompiles, blob schedules, block hashes."""

import pytest

from reference_node.chain.config import BlobSchedule, ChainConfig, Fork
from reference_node.evm import forks, precompiles
from tests.reference_node.evm.programs import run, store_result
from tests.reference_node.worlds import World, sign

SCHEDULES = (
    (Fork.CANCUN, BlobSchedule(3, 6, 3338477)),
    (Fork.PRAGUE, BlobSchedule(6, 9, 5007716)),
    (Fork.BPO1, BlobSchedule(10, 15, 8346193)),
)
CONFIG = ChainConfig(
    1, ((10, Fork.SHANGHAI), (20, Fork.CANCUN), (30, Fork.PRAGUE), (40, Fork.OSAKA), (50, Fork.BPO1)),
    SCHEDULES, bytes(20),
)  # fmt: skip


@pytest.mark.parametrize(
    ("timestamp", "name"),
    [(9, "paris"), (10, "shanghai"), (20, "cancun"), (30, "prague"), (39, "prague"), (40, "osaka"), (50, "osaka")],
)
def test_the_vm_is_chosen_by_timestamp(timestamp: int, name: str) -> None:
    assert forks.vm_class_at(CONFIG, timestamp).fork == name


def test_classes_are_made_once_for_each_schedule() -> None:
    assert forks.vm_class_at(CONFIG, 40) is forks.vm_class_at(CONFIG, 49)
    assert forks.vm_class_at(CONFIG, 40) is not forks.vm_class_at(CONFIG, 50)
    assert forks.state_class_at(CONFIG, 50).blob_schedule == SCHEDULES[2][1]  # type: ignore[attr-defined]
    assert forks.state_class_at(CONFIG, 40).blob_schedule == SCHEDULES[1][1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("timestamp", "count"), [(9, 9), (10, 9), (20, 10), (30, 17), (40, 18), (50, 18)])
def test_precompiles_come_with_their_forks(timestamp: int, count: int) -> None:
    table = forks.state_class_at(CONFIG, timestamp).computation_class.get_precompiles()
    assert len(table) == count
    modexp = precompiles.modexp_osaka if timestamp >= 40 else precompiles.modexp_berlin
    assert dict(table)[precompiles.MODEXP_ADDRESS] is modexp  # type: ignore[index]
    assert (precompiles.P256VERIFY_ADDRESS in table) == (timestamp >= 40)


def test_code_sees_the_blob_fee_of_the_schedule() -> None:
    """BLOBBASEFEE at a large excess: another number for each update fraction."""
    blob_base_fee = store_result(b"\x4a")
    fees = set()
    for fork in ("cancun", "prague", "bpo1"):
        world = World(fork, {b"\xc0" * 20: {"code": f"0x{blob_base_fee.hex()}"}}, excessBlobGas=60_000_000)
        built = world.add(sign(0, b"\xc0" * 20))
        state = forks.build_state(world.config, world.store, built.executed.block.header, world.head.state_root)
        assert state.get_storage(b"\xc0" * 20, 0) == state.blob_base_fee  # type: ignore[arg-type]
        fees.add(state.blob_base_fee)
    assert len(fees) == 3


def test_block_hashes_are_those_of_the_ancestors() -> None:
    """BLOCKHASH gives 256 ancestors by the parent links of the block, and zero for anything else."""
    code = store_result(b"\x5f\x35\x40")
    world = World("prague", {b"\xc0" * 20: {"code": f"0x{code.hex()}"}})
    hashes = [world.head.hash, *(world.add().executed.block.header.hash for _ in range(3))]
    for nonce, (number, expected) in enumerate([(0, hashes[0]), (3, hashes[3]), (2, hashes[2]), (99, bytes(32))]):
        world.add(sign(0, b"\xc0" * 20, nonce=nonce, data=number.to_bytes(32, "big")))
        state = forks.build_state(world.config, world.store, world.head, world.head.state_root)
        assert state.get_storage(b"\xc0" * 20, 0).to_bytes(32, "big") == expected  # type: ignore[arg-type]


def test_header_fields_reach_the_code() -> None:
    """NUMBER, TIMESTAMP, PREVRANDAO, CHAINID."""
    assert run("prague", store_result(b"\x43")) == 1
    assert run("prague", store_result(b"\x42")) == 1_012
    assert run("prague", store_result(b"\x46")) == 1_337
    assert run("prague", store_result(b"\x44")) == 0


def test_only_states_of_ours_have_accounts() -> None:
    with pytest.raises(AttributeError):
        forks.accounts_of(object())  # type: ignore[arg-type]
