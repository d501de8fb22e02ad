"""The replica's way out for transactions: what the head allows goes to a topic, from which relays take it to nodes."""

import threading

from reference_node.backend import SERVER_ERROR, Backend
from reference_node.chain.submitted import decode_submitted
from reference_node.errors import LogError, LogUnavailable
from reference_node.evm.state_reader import StateReader
from reference_node.log.interface import Log, Record
from reference_node.rpc.eth_call import load_evm
from reference_node.rpc.registry import RpcError

APPENDS_MAX = 2
"""At once: while the log is away, worker threads of the server have to be left for calls."""
APPEND_WAIT_SECONDS = 1.0
"""How long a transaction waits for its turn."""


class TransactionSender:
    """Checks transactions against the head and appends them to a topic; may be called from several threads."""

    def __init__(self, log: Log, topic: str) -> None:
        """Make the topic if it is missing. Raises LogError where it can't be had."""
        self._log = log
        self._topic = topic
        self._turns = threading.BoundedSemaphore(APPENDS_MAX)
        log.append(topic, ())

    def send(self, backend: Backend, raw: bytes) -> bytes:
        """Return the hash of a transaction that the log has acknowledged.

        Raises:
            RpcError: it is not taken, with geth's text where the transaction is why; or the log did not answer.
        """
        load_evm()  # else the next line would, and no two threads may: see there
        from reference_node.roles.admission import check_account, check_submitted

        try:
            submitted = decode_submitted(raw)
            view, caches = backend.view, backend.node.caches
            sender = check_submitted(backend.node.config, submitted, view.head)
            state = StateReader(view.store, view.head.state_root, caches.nodes, caches.code)
            account = state.account(sender)
            nonce, balance = (0, 0) if account is None else (account.nonce, account.balance)
            check_account(submitted.transaction, nonce, balance)
        except ValueError as error:
            raise RpcError(SERVER_ERROR, str(error)) from error
        self._append(raw)
        return submitted.transaction.hash

    def _append(self, raw: bytes) -> None:
        if not self._turns.acquire(timeout=APPEND_WAIT_SECONDS):
            raise RpcError(SERVER_ERROR, "the log is slow to take transactions, this one is not sent: try again")
        try:
            self._log.append(self._topic, (Record(raw),))
        except LogUnavailable as error:
            text = f"the log did not acknowledge the transaction, which may or may not be sent: send it again ({error})"
            raise RpcError(SERVER_ERROR, text) from error
        except LogError as error:
            raise RpcError(SERVER_ERROR, f"the log did not take the transaction, it is not sent: {error}") from error
        finally:
            self._turns.release()
