"""Kills, stops, freezes and starts again the processes of a system."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from fixtures.process import STOP_SECONDS_MAX, Child, start_child, stop_together
from fixtures.up_system import Part, Role

_STOPPED_IN_TURN = (Role.BALANCER, Role.RELAY, Role.REPLICA, Role.MASTER)


class Processes:
    """The processes of a system, by the names of their parts; those started again are ended by `close`."""

    def __init__(self, parts: Sequence[Part], ports: Mapping[str, int]) -> None:
        """Take over a running system's parts.

        Args:
            parts: as they were started.
            ports: by name of a part, where it must listen when it is started again.
        """
        self._roles = {part.name: part.role for part in parts}
        self._children = {part.name: part.child for part in parts}
        self._first = dict(self._children)
        self._ports = ports
        self._frozen: set[str] = set()
        # A child dies with the thread that started it, so that one has to live as long as the children.
        self._launcher = ThreadPoolExecutor(1, thread_name_prefix="launcher")

    def child(self, name: str) -> Child:
        """Return a part's process, the newest one."""
        return self._children[name]

    def kill(self, name: str) -> None:
        """End it as a power failure would."""
        self._children[name].kill()

    def stop(self, name: str) -> None:
        """Ask it to end (SIGTERM), and don't wait for that."""
        self._children[name].process.send_signal(signal.SIGTERM)

    def pause(self, name: str) -> None:
        """Freeze it: connections stay, answers don't come."""
        self._frozen.add(name)
        self._children[name].process.send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on."""
        self._children[name].process.send_signal(signal.SIGCONT)
        self._frozen.discard(name)

    def start(self, name: str) -> None:
        """Start it again by the same words on the same port, once it has ended; one that does not is killed.

        Raises:
            CouldNotJudge: it can't be started.
        """
        ended = self._children[name]
        _wait_for_end(ended)
        words = [str(word) for word in _words(ended)]
        if name in self._ports and "--http.port" in words:
            words += ["--http.port", str(self._ports[name])]
        self._children[name] = self._launcher.submit(start_child, ended.name, words, ended.log_path).result()

    def ended(self) -> dict[str, Child]:
        """Return those that don't run, by the names of their parts."""
        return {name: child for name, child in self._children.items() if child.process.poll() is not None}

    def close(self) -> None:
        """Let frozen processes go on, so that they can be ended, and end those that were started again."""
        for name in tuple(self._frozen):
            self.resume(name)
        for role in _STOPPED_IN_TURN:
            again = [
                child
                for name, child in self._children.items()
                if self._roles[name] is role and child is not self._first[name]
            ]
            stop_together(again, signal.SIGTERM if role is Role.BALANCER else signal.SIGINT)
        self._launcher.shutdown()


def _words(child: Child) -> Sequence[object]:
    words = child.process.args
    assert isinstance(words, list)
    return words


def _wait_for_end(child: Child) -> None:
    try:
        child.process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.kill()
