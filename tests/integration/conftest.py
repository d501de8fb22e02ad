"""Whole processes take their time: what is here is no unit test, whether it needs a real part or not."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder that needs no real part as slow."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("real") is None:
            item.add_marker(pytest.mark.slow)
