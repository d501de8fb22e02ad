"""What all tests share: real parts that may be missing here, but not in CI."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI") == "true"
ROOT = Path(__file__).parent.parent


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
