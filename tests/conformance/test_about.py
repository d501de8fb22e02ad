"""What reports say of how a run was started, and what they must not say."""

import click
import pytest
from click.testing import CliRunner

from conformance.about import About, about_command, without_secrets

SECRET = "hunter2"


def flags_of(*arguments: str) -> About:
    """Return the facts of a command that is run with these arguments."""
    found: list[About] = []

    @click.command()
    @click.option("--seed", type=int, default=7)
    @click.option("--candidate")
    @click.option("--header", "headers", multiple=True)
    @click.option("--kafka.config", "kafka_words", multiple=True)
    @click.option("--strict", is_flag=True)
    @click.pass_context
    def command(context: click.Context, /, seed: int, **_others: object) -> None:
        found.append(about_command(context, "everyfork", seed))

    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return found[0]


def test_flags_are_said_as_given_and_defaults_are_not() -> None:
    about = flags_of("--candidate", "http://127.0.0.1:8545", "--strict")
    assert about.flags == ("--candidate http://127.0.0.1:8545", "--strict")
    assert (about.chain, about.seed) == ("everyfork", 7)
    assert about.started_at.endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--header", f"Authorization: Bearer {SECRET}"], "--header Authorization:…"),
        (["--header", SECRET], "--header …"),
        (["--kafka.config", f"sasl.password={SECRET}"], "--kafka.config sasl.password=…"),
        (["--candidate", f"https://me:{SECRET}@host:1/v3?key={SECRET}"], "--candidate https://host:1/v3?…"),
    ],
)
def test_secrets_are_not_said(arguments: list[str], said: str) -> None:
    about = flags_of(*arguments)
    assert about.flags == (said,)
    assert SECRET not in repr(about)


@pytest.mark.parametrize("text", ["geth", "http://[", "everyfork", "127.0.0.1:9092,127.0.0.1:9093", "/a/folder"])
def test_what_is_no_url_is_said_as_it_is(text: str) -> None:
    assert without_secrets(text) == text
