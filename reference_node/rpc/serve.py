"""Runs a JSON-RPC application on a socket until it is told to stop."""

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn

from reference_node.errors import UsageError
from reference_node.rpc.quick_protocol import QuickProtocol
from reference_node.rpc.server import JsonRpcApp

BACKLOG = 2048
STOP_CHECK_SECONDS = 0.05
IDLE_SECONDS_MAX = 120
"""How long an idle connection stays open, as geth keeps it."""
GRACE_SECONDS = 5
"""How long requests under way may take to finish once the server stops."""
SWITCH_SECONDS = 0.0002
"""How long a thread that computes keeps others waiting: with Python's usual 5 ms, four slow calls delay each quick one
by tens of milliseconds."""


def listen(address: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises UsageError where it can't be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--http.addr {address} --http.port {port} can't be listened on: {reason}") from error
    listener.settimeout(0.0)
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL that a listening socket answers on."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: JsonRpcApp, listener: socket.socket, stopping: threading.Event) -> None:
    """Serve until `stopping` is set; requests under way are finished within a bound."""
    config = uvicorn.Config(
        app, loop="uvloop", http=QuickProtocol, ws="none", lifespan="off", log_level="warning", access_log=False,
        server_header=False, date_header=False, proxy_headers=False,
        log_config=None,  # its lines go where the process's own go
        timeout_keep_alive=IDLE_SECONDS_MAX, timeout_graceful_shutdown=GRACE_SECONDS,
    )  # fmt: skip
    server = _Server(config)
    usual_seconds = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(server, listener, stopping))
    finally:
        app.close()
        sys.setswitchinterval(usual_seconds)


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the command has its own, which stop everything else too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(server: uvicorn.Server, listener: socket.socket, stopping: threading.Event) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not stopping.is_set() and not serving.done():
        await asyncio.sleep(STOP_CHECK_SECONDS)
    server.should_exit = True
    await serving
