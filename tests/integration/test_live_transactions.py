"""Generated transactions are taken or refused by a replica as a live geth does it, code and text included."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from fixtures.geth import Geth, Program, on_chain
from fixtures.make_chain.wallet import address
from reference_node.backend import Backend
from reference_node.log.sqlite import SqliteLog
from reference_node.roles.sender import TransactionSender
from reference_node.rpc.dispatch import answer_message
from reference_node.rpc.methods import METHODS
from tests.integration.generated_transactions import Maker, sidecar_changes
from tests.integration.test_live_calls import CHAIN, replica_backend

pytestmark = pytest.mark.real
TOPIC = "geth-tx"
PLAIN, BROKEN = 1500, 1500
POOL_TEXTS = ("already known", "replacement transaction underpriced")


@dataclass(frozen=True, slots=True)
class Both:
    """A live geth and a replica's methods on the same head, and the topic the replica fills."""

    geth: Geth
    backend: Backend
    log: SqliteLog
    maker: Maker

    def difference(self, raw: bytes) -> str:
        """Send to both; return what is not the same, or nothing."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": ["0x" + raw.hex()]}
        expected = self.geth.rpc.client.post(self.geth.url, json=message).json()
        end = self.log.bounds(TOPIC).end
        found = orjson.loads(answer_message(message, self.backend, METHODS))
        appended = [stored.record.value for stored in self.log.read(TOPIC, end, 10, 0).records]
        if appended != ([raw] if "result" in found else []):
            return f"0x{raw.hex()[:2000]}: {found}, but {len(appended)} records were appended"
        if "result" in found and of_the_pool(expected):
            return ""
        return "" if found == expected else f"0x{raw.hex()[:2000]}\n  geth: {expected}\n  ours: {found}"

    def differences(self, transactions: Iterable[bytes]) -> list[str]:
        """Send several to both, and return what is not the same."""
        return [found for raw in transactions if (found := self.difference(raw))]


def of_the_pool(answer: dict[str, Any]) -> bool:
    """Say whether geth refuses for what waits in its pool: see docs/txrelay.md."""
    text = answer.get("error", {}).get("message", "")
    return text.startswith(POOL_TEXTS) or "queued cost" in text


@pytest.fixture(scope="module")
def both(geth_program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    path: Path = tmp_path_factory.mktemp("log") / "log.sqlite"
    with on_chain(CHAIN, geth_program) as geth, closing(SqliteLog(path, create=True)) as log:
        backend = replica_backend()
        node = replace(backend.node, send_transaction=TransactionSender(log, TOPIC).send)
        nonces = {
            account: int(geth.rpc.call("eth_getTransactionCount", "0x" + address(account).hex(), "latest"), 16)
            for account in range(8)
        }
        yield Both(geth, Backend(backend.view, node), log, Maker(Random(7), nonces))


def test_transactions_at_the_edges_of_the_rules(both: Both) -> None:
    differences = both.differences(both.maker.any() for _ in range(PLAIN))
    assert not differences, f"{len(differences)}\n" + "\n".join(differences[:20])


def test_broken_bytes(both: Both) -> None:
    whole = [both.maker.any() for _ in range(40)] + [both.maker.blob(lambda parts: setattr(parts, "is_bare", True))]
    broken = [both.maker.broken(both.maker.random.choice(whole)) for _ in range(BROKEN)]
    differences = both.differences([b"", b"\0", b"\x05\xc0", b"\x7f", b"\x80", b"\xc0", *broken])
    assert not differences, f"{len(differences)}\n" + "\n".join(differences[:20])


@pytest.mark.parametrize("version", [0, 1])
def test_blob_transactions_and_their_sidecars(both: Both, version: int) -> None:
    cases = {name: both.maker.blob(change, version=version) for name, change in sidecar_changes().items()}
    cases["good"] = both.maker.blob(version=version)
    differences = [f"{name}: {found[-1500:]}" for name, raw in cases.items() if (found := both.difference(raw))]
    assert not differences, f"{len(differences)}\n" + "\n".join(differences[:20])
