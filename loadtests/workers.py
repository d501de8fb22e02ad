"""The users of a generator: locust users whose one task is to send what the loop gives them."""

from typing import Any

from gevent.hub import get_hub
from locust import User, task
from locust.env import Environment

from loadtests.pacing import Take
from loadtests.pairs import PairSender
from loadtests.sending import Sender


class Worker(User):
    """Sends what it is given, one request at a time."""

    abstract = True

    def __init__(self, environment: Environment, sender: Sender | PairSender, take: Take) -> None:
        """Prepare; nothing is sent yet."""
        super().__init__(environment)
        self._sender = sender
        self._take = take
        self.greenlet_to_wake: Any = None

    @task
    def serve(self) -> None:
        """Send what is given until stopped: the one task of this user, which never returns."""
        hub = get_hub()
        self.greenlet_to_wake = self._greenlet
        while True:
            given = self._take(self)
            if given is None:
                hub.switch()
            else:
                number, at_seconds, was_free = given
                self._sender.send(number, at_seconds, was_free=was_free)
