"""Signs the transactions of a mix that writes: each process has keys of its own, so that no nonce is used twice."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eth_account import Account

from fixtures.jsonrpc import JsonRpc
from fixtures.make_chain.wallet import ACCOUNTS, private_key
from loadtests.errors import LoadError
from loadtests.task import Task

KEYS_MAX = 10_000
GAS = 21_000
VALUE_WEI = 1
TIP_WEI = 10**9
BASE_FEES = 4
"""How many times the base fee of the newest block is offered: it may rise by an eighth from block to block."""
SENT_MAX = 64
"""Transactions whose receipts are asked for."""
AHEAD_MAX = 5000
"""Transactions that a process signs before a run; each takes half a millisecond."""
_HASHES_ONLY = False
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Payer:
    """A key that pays, and the nonce of its next transaction."""

    key: str
    nonce: int


@dataclass(frozen=True, slots=True)
class Fees:
    """What each transaction offers, in wei a unit of gas."""

    most_wei: int
    tip_wei: int


def read_keys(path: Path) -> tuple[str, ...]:
    """Return the private keys of a file: one in hex on each line; empty lines and those that begin with # don't count.

    Raises:
        LoadError: it can't be read, holds none, or a line is no key; no key is ever shown.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise LoadError(f"--keys: {path} can't be read: {reason}") from error
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    found = [(number, line) for number, line in numbered if line and not line.startswith("#")]
    for number, line in found:
        if not _KEY.fullmatch(line):
            raise LoadError(f"--keys: line {number} of {path} is no key, expected 64 hex digits")
    if not 1 <= len(found) <= KEYS_MAX:
        raise LoadError(f"--keys: {path} holds {len(found)} keys, expected 1 to {KEYS_MAX}")
    return tuple(dict.fromkeys(line.removeprefix("0x").lower() for _, line in found))


def shipped_keys() -> tuple[str, ...]:
    """Return the keys of the shipped chains' accounts, which anybody may know."""
    return tuple(private_key(index).hex() for index in range(ACCOUNTS))


def address_of(key: str) -> str:
    """Return a key's account."""
    return str(Account.from_key(key).address)


def find_payers(rpc: JsonRpc, keys: Sequence[str]) -> tuple[tuple[Payer, ...], Fees]:
    """Return those of some keys that have ether, and what to offer.

    Raises:
        CouldNotJudge: the target does not answer.
    """
    block = rpc.call("eth_getBlockByNumber", "latest", _HASHES_ONLY)
    fees = Fees(int(block.get("baseFeePerGas", "0x0"), 16) * BASE_FEES + TIP_WEI, TIP_WEI)
    found = []
    for key in keys:
        address = address_of(key)
        if int(rpc.call("eth_getBalance", address, "latest"), 16) > fees.most_wei * GAS:
            found.append(Payer(key, int(rpc.call("eth_getTransactionCount", address, "pending"), 16)))
    return tuple(found), fees


def sender_spec(payers: Sequence[Payer], fees: Fees, chain_id: int, ahead: int) -> dict[str, Any]:
    """Return what generators need to sign, as `open_sender` reads it."""
    return {
        "accounts": [asdict(each) for each in payers], "fees": asdict(fees), "chain_id": chain_id,
        "ahead": min(ahead, AHEAD_MAX),
    }  # fmt: skip


def sign(payer: Payer, recipient: str, fees: Fees, chain_id: int) -> tuple[str, str]:
    """Return a payer's next transaction and its hash, as hex: a little ether for another account."""
    transaction = {
        "type": 2, "chainId": chain_id, "nonce": payer.nonce, "to": recipient, "value": VALUE_WEI, "gas": GAS,
        "maxFeePerGas": fees.most_wei, "maxPriorityFeePerGas": fees.tip_wei, "data": b"",
    }  # fmt: skip
    signed = Account.sign_transaction(transaction, payer.key)
    return f"0x{signed.raw_transaction.hex()}", f"0x{signed.hash.hex()}"


class Sender:
    """Signs the transactions of one process: keys in turn, each with its next nonce; some are signed ahead."""

    def __init__(self, payers: Sequence[Payer], fees: Fees, chain_id: int, ahead: int) -> None:
        """Sign the first ones, so that signing does not delay a run's requests.

        Args:
            payers: at least one.
            fees: what each transaction offers.
            chain_id: of the chain they are for.
            ahead: how many to sign now; more are signed when needed.
        """
        self._payers = deque(payers)
        self._fees = fees
        self._chain_id = chain_id
        self._recipient = address_of(payers[0].key)
        self._sent: deque[str] = deque(maxlen=SENT_MAX)
        self._ready = deque(self._sign() for _ in range(ahead))

    def raw_transaction(self) -> str:
        """Return the next transaction to send, as hex."""
        raw, transaction_hash = self._ready.popleft() if self._ready else self._sign()
        self._sent.append(transaction_hash)
        return raw

    def sent_hash(self) -> str | None:
        """Return the hash of a transaction sent lately, the one whose turn it is to be asked for; None for none."""
        if not self._sent:
            return None
        self._sent.rotate(1)
        return self._sent[0]

    def _sign(self) -> tuple[str, str]:
        payer = self._payers.popleft()
        self._payers.append(replace(payer, nonce=payer.nonce + 1))
        return sign(payer, self._recipient, self._fees, self._chain_id)


def open_sender(spec: Mapping[str, Any], task: Task) -> Sender:
    """Return the sender of a task's process: every so many-th payer is its own.

    Raises:
        LoadError: there are fewer payers than processes.
    """
    payers = [Payer(**each) for each in spec["accounts"]]
    if len(payers) < task.processes:
        raise LoadError(f"{len(payers)} funded keys for --processes {task.processes}, expected one for each at least")
    return Sender(payers[task.process :: task.processes], Fees(**spec["fees"]), spec["chain_id"], spec["ahead"])
