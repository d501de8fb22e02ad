"""Mistakes of a user are one line and exit code 2, before anything is started."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from loadtests.cli import load

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "expected at least one URL"),
        (["--target", URL], "neither of --rate and --users given"),
        (["--target", URL, "--rate", "5", "--users", "5"], "both of --rate and --users given"),
        (["--target", URL, "--rate", "5", "--shape", "wave"], "--shape is 'wave', expected one of: constant, ramp"),
        (["--target", URL, "--shape", "replay /no/such.csv"], "/no/such.csv can't be read"),
        (["--target", "nowhere", "--rate", "5"], "target is 'nowhere', expected a URL"),
        (["--target", URL, "--rate", "5", "--fail-on", "p99_ms>>5"], "gate 'p99_ms>>5'"),
        (
            ["--target", URL, "--rate", "5", "--mix", "salad"],
            "--mix is 'salad', expected a .toml file or one of",
        ),
        (["--target", URL, "--rate", "0"], "0"),
        (["--target", URL, "--rate", "nan"], "--rate is nan, expected a number that is finite"),
        (["--target", URL, "--rate", "5", "--duration", "inf"], "--duration is inf"),
        (["--target", URL, "--rate", "5", "--compare", "foo"], "target is 'foo', expected a URL"),
        (["--target", URL, "--rate", "5", "--arrivals", "often"], "'often' is not one of"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(load, arguments, prog_name="load")
    assert result.exit_code == 2, result.output
    assert complaint in result.stderr
    assert "Traceback" not in result.output


def test_a_target_that_is_not_there_could_not_be_judged() -> None:
    result = CliRunner().invoke(load, ["--target", URL, "--rate", "5"], prog_name="load")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("ethercattle load: target http://127.0.0.1:9 does not answer")
    assert result.stderr.count("\n") == 1


def test_the_command_leaves_its_own_process_as_it_is() -> None:
    """Locust changes sockets, threads and time for a whole process; it must not be in the one that starts clusters."""
    code = "import sys, loadtests.flow, loadtests.run; print('locust' in sys.modules or 'gevent' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "False\n"
