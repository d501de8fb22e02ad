"""A replica hands over what its head allows, says the hash once the log has it, and says so where the log has not."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reference_node.backend import Backend
from reference_node.chain.types import decode_transaction
from reference_node.errors import LogError, LogRefused, LogUnavailable
from reference_node.log.interface import Bounds, Record
from reference_node.log.sqlite import SqliteLog
from reference_node.roles import sender
from reference_node.roles.sender import TransactionSender
from reference_node.rpc.dispatch import parse_request
from reference_node.rpc.methods import METHODS
from tests.reference_node.rpc.served import ask, backend_of, error_of, hex_of
from tests.reference_node.worlds import World, sign

TOPIC = "geth-tx"
TARGET = b"\x11" * 20
METHOD = "eth_sendRawTransaction"


class FailingLog(SqliteLog):
    """A log that can be told to fail."""

    failure: LogError | None = None

    def append(self, topic: str, records: Sequence[Record]) -> int:
        """Append, or fail."""
        if self.failure is not None:
            raise self.failure
        return super().append(topic, records)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FailingLog]:
    """Return an empty log."""
    with closing(FailingLog(tmp_path / "log.sqlite", create=True)) as log:
        yield log


@pytest.fixture
def backend(log: FailingLog) -> Backend:
    """Return a replica's backend on a chain where account 0 has sent one transaction."""
    world = World()
    world.add(sign(0, TARGET, value=1))
    found = backend_of(world)
    return Backend(found.view, replace(found.node, send_transaction=TransactionSender(log, TOPIC).send))


def test_a_good_transaction_is_in_the_topic_as_it_came(log: FailingLog, backend: Backend) -> None:
    raw = sign(0, TARGET, nonce=1)
    assert ask(backend, METHOD, hex_of(raw)) == hex_of(decode_transaction(raw).hash)
    assert [found.record for found in log.read(TOPIC, 0, 10, 0).records] == [Record(raw)]


def test_the_topic_is_there_before_the_first_transaction(log: FailingLog, backend: Backend) -> None:
    assert log.bounds(TOPIC) == Bounds(0, 0)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "typed transaction too short"),
        (b"\x02\xc0", "rlp: too few elements for types.DynamicFeeTx"),
        (sign(0, TARGET, nonce=1, gas=20_000), "intrinsic gas too low: gas 20000, minimum needed 21000"),
        (sign(0, TARGET, nonce=0), "nonce too low: next nonce 1, tx nonce 0"),
    ],
)
def test_what_the_head_refuses_is_an_error_and_nowhere_else(
    log: FailingLog, backend: Backend, raw: bytes, text: str
) -> None:
    assert error_of(backend, METHOD, hex_of(raw)) == (-32000, text)
    assert log.bounds(TOPIC).end == 0


def test_an_account_that_never_was_has_no_funds(log: FailingLog, backend: Backend) -> None:
    world = World(alloc={})
    poor = sign(1, TARGET, value=10**30)
    code, text = error_of(backend, METHOD, hex_of(poor))
    assert code == -32000
    assert text.startswith("insufficient funds for gas * price + value: balance 1000000000000000000000, tx cost 10")
    assert world.head.number == 0


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (
            LogUnavailable("away"),
            "the log did not acknowledge the transaction, which may or may not be sent: send it again (away)",
        ),
        (LogRefused("too large"), "the log did not take the transaction, it is not sent: too large"),
    ],
)
def test_a_log_that_fails_is_no_good_answer(log: FailingLog, backend: Backend, failure: LogError, text: str) -> None:
    log.failure = failure
    assert error_of(backend, METHOD, hex_of(sign(0, TARGET, nonce=1))) == (-32000, text)


def test_a_log_that_hangs_holds_two_threads_and_no_more(
    log: FailingLog, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "APPEND_WAIT_SECONDS", 0.01)
    held, go_on = threading.Semaphore(0), threading.Event()

    def hang(_topic: str, _records: Sequence[Record]) -> int:
        held.release()
        go_on.wait(10)
        return 0

    monkeypatch.setattr(log, "append", hang)
    raw = hex_of(sign(0, TARGET, nonce=1))
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(ask, backend, METHOD, raw) for _ in range(2)]
        assert held.acquire(timeout=10)
        assert held.acquire(timeout=10)
        assert error_of(backend, METHOD, raw)[1].startswith(
            "the log is slow to take transactions, this one is not sent"
        )
        go_on.set()
        assert len({found.result() for found in waiting}) == 1
    assert ask(backend, METHOD, raw) == waiting[0].result()


def test_without_a_topic_the_error_says_so() -> None:
    code, text = error_of(backend_of(World()), METHOD, hex_of(sign(0, TARGET)))
    assert (code, text) == (
        -32000,
        "transactions are not taken here: this node has no transaction topic (--kafka.tx.topic)",
    )


def test_a_send_holds_up_no_quick_answer() -> None:
    """The log may take long to acknowledge, and proofs to check."""
    request = parse_request(b'{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x00"]}')
    assert request.is_slow(METHODS)
