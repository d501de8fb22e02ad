"""Makes of a mix what is sent to a target: tables of parameters of its own chain, and methods that it answers."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson

from conformance.generate.asking import asking
from conformance.transport.endpoint import Endpoint
from fixtures.jsonrpc import JsonRpc, RemoteError
from loadtests.facts import Facts, gather_facts
from loadtests.mix import Dropped, Mix, drop
from loadtests.parameters import PARAMS, TRANSACTION_METHOD, UNKNOWN_HASH, make_tables
from loadtests.paying import find_paying
from loadtests.probes import probe
from loadtests.sampling import Drawer, Live, Table, Template, drawable, plan_of
from loadtests.wishes import Wishes
from reference_node.errors import CouldNotJudge

METHOD_NOT_FOUND = -32601
TRIES = 12
"""Calls of each method that are tried before a run."""
ASKED_MAX = 3
"""How often one of them is asked for until there is an answer."""
KIND = "mix"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is sent, and what is told about it."""

    mix: Mix
    """What is left of it."""
    spec: Mapping[str, Any]
    """For the generators: `loadtests.mixed` reads it."""
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...]
    facts: Facts
    """Of the first target."""


def prepare(mix: Mix, targets: Sequence[str], wishes: Wishes) -> Prepared:
    """Find out about the targets' chain and make the calls of a mix about it.

    Raises:
        LoadError: the targets answer nothing of the mix.
        CouldNotJudge: a target does not answer.
    """
    endpoint = Endpoint(targets[0])
    try:
        ask = asking(endpoint)
        facts = gather_facts(ask)
        found = probe(ask, facts, mix.weights, mix.parameters.logs_blocks_max)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # Facts are read from blocks, logs and transactions as they must be; of another form they are worth nothing.
        what = f"{type(error).__name__}: {error}"
        raise CouldNotJudge(f"target {targets[0]} tells of its chain what can't be read ({what})") from error
    finally:
        endpoint.close()
    paying = find_paying(targets[0], mix, facts, wishes)
    tables = make_tables(facts, found, mix.parameters, is_sending=paying.spec is not None)
    reasons = {TRANSACTION_METHOD: paying.reason} if paying.reason else {}
    reasons |= _unmakable(mix, tables)
    notes = list(paying.notes)
    for target in targets:
        refused, said = _try(mix, tables, reasons, target, wishes)
        reasons |= refused
        notes += said
    left, dropped = drop(mix, reasons)
    templates = _templates(left)
    used = {name for template in templates for name in template.tables}
    if used & {"state_block", "call", "proof_block"} and not facts.has_old_state:
        notes.append(f"state before block {facts.first_state} is not there: state is asked at the newest block only")
    plan = plan_of(templates, {name: tables[name] for name in sorted(used)})
    spec = {
        "kind": KIND, **plan, "skew": wishes.skew, "batch": wishes.batch, "clients": wishes.clients,
        "stale_seconds": wishes.stale_seconds, "sender": paying.spec,
        "chain_id": facts.chain_id, "first_head": facts.head,
    }  # fmt: skip
    return Prepared(left, spec, dropped, tuple(notes), facts)


def _templates(mix: Mix) -> list[Template]:
    return [Template(method, weight, PARAMS[method]) for method, weight in mix.weights.items()]


def _unmakable(mix: Mix, tables: Mapping[str, Table]) -> dict[str, str]:
    """Return why methods can't be called on this chain, whatever the target."""
    empty = {name for name, table in tables.items() if not drawable(table)}
    return {
        template.method: "no call of it that succeeds was found on this chain"
        for template in _templates(mix)
        if empty.intersection(template.tables)
    }


def _try(
    mix: Mix, tables: Mapping[str, Table], reasons: Mapping[str, str], target: str, wishes: Wishes
) -> tuple[dict[str, str], list[str]]:
    """Call each method a few times; return why some can't be called on this target, and what else was noticed."""
    refused, notes = {}, []
    with closing(JsonRpc(target)) as rpc:
        for template in _templates(mix):
            if template.method in reasons or template.method == TRANSACTION_METHOD:
                continue
            errors = _errors(rpc, template, tables, wishes)
            if any(error.get("code") == METHOD_NOT_FOUND for error in errors):
                refused[template.method] = f"the target answers {METHOD_NOT_FOUND}"
            elif len(errors) == TRIES:
                refused[template.method] = f"every call of it fails: {_shown(errors[0])}"
            elif errors:
                notes.append(f"{template.method}: {len(errors)} of {TRIES} tried calls fail: {_shown(errors[0])}")
    return refused, notes


def _errors(rpc: JsonRpc, template: Template, tables: Mapping[str, Table], wishes: Wishes) -> list[dict[str, Any]]:
    """Return the errors that the first few calls of a method are answered with."""
    drawer = Drawer([template], tables, wishes.skew, wishes.seed)
    nothing_yet = Live(lambda _client: None, lambda: UNKNOWN_HASH, str)
    errors = []
    for number in range(TRIES):
        (drawn,) = drawer.draw(number, 0, nothing_yet)
        try:
            _call_patiently(rpc, template.method, orjson.loads(b'{"id":0' + drawn.tail)["params"])
        except RemoteError as error:
            errors.append(error.error)
    return errors


def _call_patiently(rpc: JsonRpc, method: str, params: Sequence[Any]) -> None:
    """Call again where there is no answer: a target that fails now and then is one to be measured.

    Raises:
        RemoteError: the answer is an error.
        CouldNotJudge: there was none, time after time.
    """
    for asked in range(1, ASKED_MAX + 1):
        try:
            rpc.call(method, *params)
        except RemoteError:
            raise
        except CouldNotJudge:
            if asked == ASKED_MAX:
                raise
        else:
            return


def _shown(error: Mapping[str, Any]) -> str:
    return f"{error.get('code')} {str(error.get('message'))[:100]!r}"
