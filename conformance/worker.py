"""A process that judges questions for another one, with threads of its own; it ends when the other one does.

A pair of connected ends is all that they share. Questions come in, numbered, and judgements go out in the order in
which they are made.
"""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue

from conformance.corpus import Question
from conformance.counts import Counts, shared_counts
from conformance.parcels import Answer, Link, Order, Questions, Raised, pack, shorten
from conformance.verdict import Judgement


def serve(connection: Link, counts: Counts) -> None:
    """Judge what comes until the other end is closed; then the process ends at once, whatever its threads do.

    Args:
        connection: brings an order, and then questions, and takes answers.
        counts: of the whole run.
    """
    tasks = SimpleQueue[Questions]()
    sending = threading.Lock()
    try:
        order: Order = connection.recv()
        examine = order.recipe(counts=counts).examine
        for number in range(order.threads):
            arguments = (examine, tasks, connection, sending)
            threading.Thread(target=_work, args=arguments, name=f"conform-{number}", daemon=True).start()
        while True:
            tasks.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)


def _work(
    examine: Callable[[Question], Judgement],
    tasks: "SimpleQueue[Questions]",
    connection: Link,
    sending: threading.Lock,
) -> None:
    while True:
        data = pack([(number, _examined(examine, question)) for number, question in tasks.get()])
        try:
            with sending:
                connection.send_bytes(data)
        except OSError:
            os._exit(0)


def _examined(examine: Callable[[Question], Judgement], question: Question) -> Answer:
    try:
        return shorten(examine(question))
    except BaseException as error:  # noqa: BLE001 - raised again at the other end
        error.add_note("".join(traceback.format_exception(error)))  # is sent, unlike the traceback itself
        return Raised(error)


def main() -> None:
    """Serve on the descriptors that the arguments name: of the connection, and of the file of counts."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())  # held back while this process was started
    link, counts = map(int, sys.argv[1:])
    serve(Connection(link), shared_counts(counts))


if __name__ == "__main__":
    main()
