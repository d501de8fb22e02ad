"""The flags of a replica's lifecycle: as the operator's guide spells them, off unless given."""

import click
import pytest
from click.testing import CliRunner, Result

from reference_node.health import Thresholds
from reference_node.lifecycle import AgeLimits
from reference_node.lifecycle_options import Lifecycle, lifecycle_of, lifecycle_options


def run(*words: str) -> tuple[Result, Lifecycle | None]:
    found: list[Lifecycle] = []

    @click.command()
    @lifecycle_options
    def command(**flags: float) -> None:
        found.append(lifecycle_of(flags))

    return CliRunner().invoke(command, words), found[0] if found else None


def test_limits_and_thresholds_are_off_unless_given() -> None:
    assert run()[1] == Lifecycle(AgeLimits(0, 0, 0), Thresholds(0, 0, 0.0, 0.0), 5.0)


def test_the_words_of_the_operators_guide_are_taken() -> None:
    words = ("--replica.startup.age=45", "--replica.offset.age=62", "--replica.block.age=240")
    found = run(*words, "--replica.drain", "0")[1]
    assert found == Lifecycle(AgeLimits(45_000, 62_000, 240_000), Thresholds(), 0.0)


def test_parts_of_a_second_are_kept() -> None:
    found = run("--replica.offset.age", "0.0625", "--replica.drain", "0.25")[1]
    assert found is not None
    assert (found.limits.offset_ms, found.drain_seconds) == (62, 0.25)


def test_each_threshold_has_its_flag() -> None:
    words = (
        "--health.lag.records=7 --health.lag.blocks=3 --health.offset.age=30.5 --health.block.age=60 "
        "--replica.startup.age=0"
    )
    found = run(*words.split())[1]
    assert found is not None
    assert found.thresholds == Thresholds(7, 3, 30.5, 60.0)
    assert found.limits == AgeLimits()


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "soon", "1e10"])
@pytest.mark.parametrize("flag", ["--replica.startup.age", "--replica.drain", "--health.block.age"])
def test_what_is_no_number_of_seconds_is_refused(flag: str, value: str) -> None:
    result, found = run(f"{flag}={value}")
    assert (result.exit_code, found) == (2, None)
    assert flag in result.output
