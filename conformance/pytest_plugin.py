"""The pytest plugin: `pytest --candidate-url URL …` asks every recorded question as a test of its own.

pytest loads this module in every run of an environment that has this package, so it imports nothing heavy, and adds
its two flags and one marker only; the rest comes with `--candidate-url`.
"""

import copy
from collections.abc import Generator, Sequence

import pytest

CANDIDATE, REFERENCE = "--candidate-url", "--reference-url"
MARKER = "conform: asks a candidate a recorded question; added to the tests that --candidate-url makes"
TRANSPORTS = ("http", "batch", "ws")
"""Those of `conformance.transport.settings`, which is not imported for the sake of a flag."""
_ASKING_FOR_HELP = {"-h", "--help"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags that switch the plugin on."""
    group = parser.getgroup("ethercattle", "conformance of an Ethereum node (ethercattle)")
    group.addoption(CANDIDATE, metavar="URL", help="ask this node every recorded question, a test each")
    group.addoption(
        REFERENCE, metavar="URL", help="whose answers are right; without it, those that are recorded with the cases"
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Add the other flags where they are wanted: others' own `--cases` or `--chain` shall not meet them elsewhere."""
    if early_config.getoption("candidate_url", None) or _ASKING_FOR_HELP & set(args) or _names_candidate(args):
        _add_more(parser)
        early_config.known_args_namespace = parser.parse_known_args(
            args, namespace=copy.copy(early_config.known_args_namespace)
        )
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Load what asks and judges, where a candidate is named."""
    config.addinivalue_line("markers", MARKER)
    candidate, reference = config.getoption("candidate_url"), config.getoption("reference_url")
    if candidate is None:
        if reference is not None:
            raise pytest.UsageError(f"{REFERENCE} says whose answers are right: {CANDIDATE} says whose are judged")
        return
    from conformance.pytest_items import Conformance

    config.pluginmanager.register(Conformance(config), "ethercattle-conformance")


def _names_candidate(args: Sequence[str]) -> bool:
    return any(word.split("=")[0] == CANDIDATE for word in args)


def _add_more(parser: pytest.Parser) -> None:
    group = parser.getgroup("ethercattle")
    group.addoption("--cases", metavar="DIR", help="folder of <method>/<case>.io files")
    group.addoption("--chain", metavar="NAME", help="the shipped chain whose recorded cases are asked without --cases")
    group.addoption("--openrpc", metavar="FILE", help="hold every result to the schemas of an OpenRPC file, too")
    group.addoption("--strict-messages", action="store_true", help="an error with another message is a mismatch")
    group.addoption(
        "--transport", choices=TRANSPORTS, default=TRANSPORTS[0],
        help="one question a request, the cases of a method in JSON-RPC batches, or messages over WebSocket",
    )  # fmt: skip
    header = "sent with every question, 'K: V'; a V of @NAME is read from the environment; repeatable"
    for flag, whom in (("", "both nodes"), ("candidate-", "the candidate"), ("reference-", "the reference")):
        group.addoption(f"--{flag}header", action="append", default=[], metavar="'K: V'", help=f"to {whom}: {header}")
