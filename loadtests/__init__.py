"""Load tests of balanced replicas that measure what a client would feel."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadtests.users import EthereumUser

__all__ = ("EthereumUser",)


def __getattr__(name: str) -> Any:
    """Import the user class when it is asked for: locust changes the whole process (gevent), which only users want."""
    if name == "EthereumUser":
        from loadtests.users import EthereumUser

        return EthereumUser
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
