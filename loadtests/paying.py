"""Finds out whether a target takes transactions, and who pays for them."""

import math
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from fixtures.jsonrpc import JsonRpc, RemoteError
from fixtures.make_chain.wallet import CHAIN_ID
from loadtests.errors import LoadError
from loadtests.facts import Facts
from loadtests.mix import Mix
from loadtests.parameters import TRANSACTION_METHOD
from loadtests.signing import Fees, Payer, address_of, find_payers, sender_spec, shipped_keys, sign
from loadtests.wishes import Wishes

SPARE = 16
"""Transactions signed ahead beyond those expected."""


@dataclass(frozen=True, slots=True)
class Paying:
    """How transactions are paid for, or why none are sent."""

    spec: Mapping[str, Any] | None = None
    """What `loadtests.signing.open_sender` reads."""
    reason: str = ""
    """Why none are sent; empty where they are, or the mix has none."""
    notes: tuple[str, ...] = ()


def find_paying(target: str, mix: Mix, facts: Facts, wishes: Wishes) -> Paying:
    """Find keys that have ether, and send one transaction to see whether the target takes any.

    Raises:
        LoadError: there are fewer funded keys than processes.
        CouldNotJudge: the target does not answer.
    """
    if TRANSACTION_METHOD not in mix.weights:
        return Paying()
    is_shipped = not wishes.keys and facts.chain_id == CHAIN_ID
    keys = shipped_keys() if is_shipped else wishes.keys
    with closing(JsonRpc(target)) as rpc:
        payers, fees = find_payers(rpc, keys)
        if not payers:
            whose = f"none of the {len(keys)} keys has ether here" if wishes.keys else "no keys are given (--keys FILE)"
            return Paying(reason=whose)
        if len(payers) < wishes.processes:
            raise LoadError(
                f"{len(payers)} funded keys for --processes {wishes.processes}, expected at least one for each"
            )
        if refusal := _refusal(rpc, payers[0], fees, facts.chain_id):
            return Paying(reason=f"the target answers {refusal}")
    payers = (*payers[1:], replace(payers[0], nonce=payers[0].nonce + 1))
    expected = wishes.calls_expected * mix.share(TRANSACTION_METHOD)
    spec = sender_spec(payers, fees, facts.chain_id, math.ceil(expected / wishes.processes) + SPARE)
    whose = "the shipped chain's own keys" if is_shipped else "the keys given"
    return Paying(spec, notes=(f"transactions are paid for by {len(payers)} of {whose}",))


def _refusal(rpc: JsonRpc, payer: Payer, fees: Fees, chain_id: int) -> str:
    """Return how a target refuses a transaction; empty where it takes it."""
    raw, _ = sign(payer, address_of(payer.key), fees, chain_id)
    try:
        rpc.call(TRANSACTION_METHOD, raw)
    except RemoteError as error:
        return f"{error.error.get('code')} {str(error.error.get('message'))[:100]!r}"
    return ""
