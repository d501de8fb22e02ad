"""The chain configuration of a genesis file, and which rules hold at a block.

Field names and defaults are geth's (v1.17.8, params/config.go). Only chains that are past the merge
from their first block are supported: terminalTotalDifficulty 0, London at block 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from reference_node.errors import ChainFileError

NO_DEPOSIT_CONTRACT = bytes(20)
"""What geth takes where a config names none: the zero address, which emits no event."""


class Fork(IntEnum):
    """Rule sets in order; BPO forks change the blob schedule alone."""

    PARIS = 0
    SHANGHAI = 1
    CANCUN = 2
    PRAGUE = 3
    OSAKA = 4
    BPO1 = 5
    BPO2 = 6
    BPO3 = 7
    BPO4 = 8
    BPO5 = 9


@dataclass(frozen=True, slots=True)
class BlobSchedule:
    """EIP-7840 blob parameters of a fork."""

    target: int
    """Blobs a block that leave the blob fee as it is."""
    max: int
    """Blobs a block at the most."""
    update_fraction: int
    """How fast the blob fee moves (baseFeeUpdateFraction)."""


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """What of a genesis file's `config` the rules depend on."""

    chain_id: int
    fork_times: tuple[tuple[int, Fork], ...]
    """(activation timestamp, fork), ascending by fork."""
    blob_schedules: tuple[tuple[Fork, BlobSchedule], ...]
    """Schedules by the fork that brings them, ascending."""
    deposit_contract: bytes
    """Address whose deposit events become requests (EIP-6110)."""

    def fork_at(self, timestamp: int) -> Fork:
        """Return the newest fork active at a block's timestamp."""
        active = Fork.PARIS
        for time, fork in self.fork_times:
            if time <= timestamp:
                active = fork
        return active

    def blob_schedule_at(self, timestamp: int) -> BlobSchedule | None:
        """Return the blob parameters at a timestamp, or None before Cancun."""
        fork = self.fork_at(timestamp)
        found = None
        for since, schedule in self.blob_schedules:
            if since <= fork:
                found = schedule
        return found if fork >= Fork.CANCUN else None


_TIME_KEYS = {
    "shanghaiTime": Fork.SHANGHAI, "cancunTime": Fork.CANCUN, "pragueTime": Fork.PRAGUE, "osakaTime": Fork.OSAKA,
    "bpo1Time": Fork.BPO1, "bpo2Time": Fork.BPO2, "bpo3Time": Fork.BPO3, "bpo4Time": Fork.BPO4, "bpo5Time": Fork.BPO5,
}  # fmt: skip
_SCHEDULE_KEYS = {
    "cancun": Fork.CANCUN, "prague": Fork.PRAGUE, "bpo1": Fork.BPO1, "bpo2": Fork.BPO2,
    "bpo3": Fork.BPO3, "bpo4": Fork.BPO4, "bpo5": Fork.BPO5,
}  # fmt: skip


def parse_chain_config(config: Mapping[str, Any]) -> ChainConfig:
    """Read the `config` object of a genesis file (or the one geth stores in its database).

    Raises:
        ChainFileError: a field has the wrong type, or the chain is not post-merge from its start.
    """
    difficulty = config.get("terminalTotalDifficulty")
    if difficulty != 0:
        raise ChainFileError(f"config.terminalTotalDifficulty is {difficulty!r}, expected 0 (a post-merge chain)")
    for key in ("amsterdamTime", "bogotaTime", "ubtTime"):
        if config.get(key) is not None:
            raise ChainFileError(f"config.{key} is set, but forks after Osaka and BPO5 are not supported")
    times = tuple((_integer(config, key), fork) for key, fork in _TIME_KEYS.items() if config.get(key) is not None)
    if [time for time, _ in times] != sorted(time for time, _ in times):
        raise ChainFileError("config names fork times that are not in the order of the forks")
    schedule = config.get("blobSchedule") or {}
    deposit = config.get("depositContractAddress")
    return ChainConfig(
        chain_id=_integer(config, "chainId"),
        fork_times=times,
        blob_schedules=tuple(
            (fork, _schedule(schedule[key], key))
            for key, fork in _SCHEDULE_KEYS.items()
            if schedule.get(key) is not None
        ),
        deposit_contract=bytes.fromhex(deposit.removeprefix("0x")) if deposit else NO_DEPOSIT_CONTRACT,
    )


def _integer(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ChainFileError(f"config.{key} is {value!r}, expected a whole number")
    return value


def _schedule(item: Mapping[str, Any], fork: str) -> BlobSchedule:
    try:
        schedule = BlobSchedule(int(item["target"]), int(item["max"]), int(item["baseFeeUpdateFraction"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ChainFileError(
            f"config.blobSchedule.{fork} is {item!r}, expected target, max and baseFeeUpdateFraction"
        ) from error
    if schedule.target < 0 or schedule.max < 0 or schedule.update_fraction <= 0:
        raise ChainFileError(
            f"config.blobSchedule.{fork} is {item!r}, expected no number below 0, and baseFeeUpdateFraction above it"
        )
    return schedule
