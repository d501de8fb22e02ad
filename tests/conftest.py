"""What all tests share: real parts that may be missing here, but not in CI."""

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from fixtures.anvil import find_anvil
from fixtures.balancer import find_haproxy
from fixtures.chromium import find_chromium
from fixtures.geth import Program, find_geth
from fixtures.kafka import Kafka, running_kafka
from fixtures.kafka_image import find_image
from reference_node.errors import CouldNotJudge

pytest_plugins = ("pytester",)

IN_CI = os.environ.get("CI") == "true"
ROOT = Path(__file__).parent.parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A background job of a shell without job control ignores SIGINT, and so would every process the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("seeded", derandomize=True, deadline=None, print_blob=True)
"""The same examples in every run; larger, random searches are run by hand with --hypothesis-profile=default."""
settings.load_profile("seeded")


@pytest.fixture(scope="session")
def geth_program() -> Program:
    """A real geth, or a skip that says how to get one."""
    try:
        return find_geth()
    except CouldNotJudge as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def anvil_program() -> str:
    """A real anvil, or a skip that says how to get one."""
    try:
        return find_anvil()
    except CouldNotJudge as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def haproxy_program() -> str:
    """A real HAProxy, or a skip that says how to get one."""
    try:
        return find_haproxy()
    except CouldNotJudge as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """A real Chromium, or a skip that says how to get one."""
    try:
        return find_chromium()
    except CouldNotJudge as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka_program() -> str:
    """The image of Kafka 4, or a skip that says how to get one."""
    try:
        return find_image()
    except CouldNotJudge as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka(kafka_program: str) -> Iterator[Kafka]:
    """A Kafka of one broker for all tests: leave it running, and use topics of your own (`unique_topic`)."""
    with running_kafka() as running:
        yield running


@pytest.fixture(scope="session")
def kafka_cluster(kafka_program: str) -> Iterator[Kafka]:
    """A Kafka of three brokers; who ends one starts it again and waits until all is in sync."""
    with running_kafka(brokers=3) as running:
        yield running


@pytest.fixture
def kafka_topic(kafka: Kafka) -> str:
    """A topic that no other test has, on the Kafka of all tests."""
    return kafka.unique_topic()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped real-part test into a failure where CI=true: there, nothing may be missing."""
    report = yield
    if IN_CI and report.skipped and item.get_closest_marker("real") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and with CI=true a real-part test has to run: {report.longrepr}"
    return report
