"""Endpoints that are closed when a test ends."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from conformance.subject import Endpoint
from conformance.transport.settings import PLAIN, Transport

Connect = Callable[..., Endpoint]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes endpoints that are closed at the end."""
    with ExitStack() as stack:

        def open_endpoint(url: str, transport: Transport = PLAIN) -> Endpoint:
            return stack.enter_context(closing(Endpoint(url, transport=transport)))

        yield open_endpoint
