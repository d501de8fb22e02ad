"""Forks and blob schedules come from the genesis file's config."""

from typing import Any

import pytest

from reference_node.chain.config import BlobSchedule, Fork, parse_chain_config
from reference_node.errors import ChainFileError

CONFIG: dict[str, Any] = {
    "chainId": 1337, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 100, "pragueTime": 200,
    "osakaTime": 300, "bpo1Time": 400,
    "blobSchedule": {
        "cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477},
        "prague": {"target": 6, "max": 9, "baseFeeUpdateFraction": 5007716},
        "bpo1": {"target": 10, "max": 15, "baseFeeUpdateFraction": 8346193},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("timestamp", "fork", "target"),
    [
        (99, Fork.SHANGHAI, None),
        (100, Fork.CANCUN, 3),
        (200, Fork.PRAGUE, 6),
        (300, Fork.OSAKA, 6),
        (399, Fork.OSAKA, 6),
        (400, Fork.BPO1, 10),
    ],
)
def test_a_timestamp_decides_fork_and_schedule(timestamp: int, fork: Fork, target: int | None) -> None:
    config = parse_chain_config(CONFIG)
    schedule = config.blob_schedule_at(timestamp)
    assert config.fork_at(timestamp) is fork
    assert (schedule.target if schedule else None) == target


def test_the_schedule_is_read_whole() -> None:
    assert parse_chain_config(CONFIG).blob_schedule_at(200) == BlobSchedule(6, 9, 5007716)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"terminalTotalDifficulty": None}, "terminalTotalDifficulty is None, expected 0"),
        ({"chainId": "1337"}, "chainId is '1337', expected a whole number"),
        ({"cancunTime": -1}, "cancunTime is -1, expected a whole number"),
        ({"pragueTime": 50}, "not in the order of the forks"),
        ({"amsterdamTime": 900}, "amsterdamTime is set"),
        ({"blobSchedule": {"cancun": {"target": 3}}}, "blobSchedule.cancun"),
        ({"blobSchedule": {"cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 0}}}, "UpdateFraction above it"),
        ({"blobSchedule": {"cancun": {"target": 3, "max": -1, "baseFeeUpdateFraction": 9}}}, "no number below 0"),
    ],
)
def test_a_config_that_can_t_be_used_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ChainFileError, match=reason):
        parse_chain_config({**CONFIG, **change})
