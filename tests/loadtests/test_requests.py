"""What is sent to a target succeeds there; what it has not is left out, and said."""

from typing import Any

import pytest

from loadtests.errors import LoadError
from loadtests.mix import load_mix, read_mix
from loadtests.parameters import PARAMS
from loadtests.paying import SPARE
from loadtests.requests import Prepared, prepare
from loadtests.sampling import read_plan
from loadtests.wishes import CLIENTS, Wishes
from reference_node.errors import CouldNotJudge
from tests.loadtests.served_chain import Alter, as_it_is, refusing, serving
from tests.loadtests.test_mix import GOOD
from tests.reference_node.worlds import KEYS

HEX_KEYS = tuple(key.hex() for key in KEYS)


def prepared(weights: dict[str, int], alter: Alter = as_it_is, **wishes: Any) -> Prepared:
    with serving(alter) as url:
        return prepare(read_mix(GOOD | {"weights": weights}, "mine", PARAMS), [url], Wishes(**wishes))


def test_a_whole_mix_is_prepared_with_nothing_dropped_but_what_is_not_there() -> None:
    with serving() as url:
        found = prepare(load_mix("general", PARAMS), [url], Wishes(seed=3))
    assert [each.method for each in found.dropped] == ["debug_traceTransaction"]
    assert found.dropped[0].reason == "the target answers -32601"
    assert found.dropped[0].share == pytest.approx(8 / 499)
    assert found.notes == ()
    assert sum(map(found.mix.share, found.mix.weights)) == pytest.approx(1)
    templates, tables = read_plan(found.spec)
    assert {name for template in templates for name in template.tables} == set(tables)
    assert (found.spec["kind"], found.spec["clients"], found.spec["chain_id"]) == ("mix", CLIENTS, 1337)
    assert (found.spec["first_head"], found.spec["sender"]) == (5, None)


def test_a_method_is_dropped_where_any_target_lacks_it() -> None:
    weights = {"eth_gasPrice": 1, "eth_chainId": 3}
    with serving() as whole, serving(refusing("eth_gasPrice", -32601)) as lacking:
        found = prepare(read_mix(GOOD | {"weights": weights}, "mine", PARAMS), [whole, lacking], Wishes())
    assert [(each.method, each.share) for each in found.dropped] == [("eth_gasPrice", 0.25)]


def test_a_method_of_which_every_call_fails_is_dropped_with_the_error() -> None:
    found = prepared({"eth_gasPrice": 1, "eth_chainId": 3}, refusing("eth_gasPrice", -32000, "not today"))
    assert found.dropped[0].reason == "every call of it fails: -32000 'not today'"


def test_calls_of_which_some_fail_are_sent_and_said() -> None:
    seen = []

    def now_and_then(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] != "net_version":
            return answer
        seen.append(request)
        return refusing("net_version", 3, "odd")(request, answer) if len(seen) % 4 == 0 else answer

    found = prepared({"net_version": 1, "eth_chainId": 3}, now_and_then)
    assert found.dropped == ()
    assert found.notes == ("net_version: 3 of 12 tried calls fail: 3 'odd'",)


def test_what_a_chain_without_transactions_can_not_be_asked_is_dropped_and_said() -> None:
    def empty(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == "eth_getBlockByNumber" and answer.get("result"):
            return answer | {"result": answer["result"] | {"transactions": []}}
        return answer | {"result": []} if request["method"] == "eth_getLogs" else answer

    found = prepared({"eth_getTransactionReceipt": 1, "eth_getTransactionByHash": 1, "eth_chainId": 2}, empty)
    assert {each.method: each.reason for each in found.dropped} == dict.fromkeys(
        ("eth_getTransactionReceipt", "eth_getTransactionByHash"), "no call of it that succeeds was found on this chain"
    )


@pytest.mark.parametrize("odd", [{"number": "moo"}, {"number": 5}, {"miner": None}, {"transactions": 7}, {"hash": []}])
def test_a_chain_that_can_not_be_read_is_no_chain(odd: dict[str, Any]) -> None:
    def alter(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == "eth_getBlockByNumber" and answer.get("result"):
            return answer | {"result": answer["result"] | odd}
        return answer

    with pytest.raises(CouldNotJudge):
        prepared({"eth_chainId": 1, "eth_getBalance": 1}, alter)


def test_a_target_that_gives_no_answer_now_and_then_is_prepared_for() -> None:
    asked: list[str] = []

    def shaky(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        asked.append(request["method"])
        return {"busy": True} if request["method"] == "net_version" and len(asked) % 3 == 0 else answer

    found = prepared({"net_version": 1}, shaky)
    assert (found.dropped, found.notes) == ((), ())
    assert asked.count("net_version") > 12


def test_a_target_that_never_answers_a_method_can_not_be_judged() -> None:
    def silent(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return {"busy": True} if request["method"] == "net_version" else answer

    with pytest.raises(CouldNotJudge, match="answered net_version with something that is not its JSON-RPC answer"):
        prepared({"net_version": 1}, silent)


def test_a_target_that_has_nothing_of_a_mix_is_not_loaded() -> None:
    with pytest.raises(LoadError, match="nothing of it can be sent: eth_gasPrice: the target answers -32601"):
        prepared({"eth_gasPrice": 1}, refusing("eth_gasPrice", -32601))


def test_state_that_is_gone_is_said_and_not_asked_for() -> None:
    def forgetful(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == "eth_getBalance" and request["params"][1] in ("0x0", "0x1"):
            return refusing("eth_getBalance", -32000, "missing trie node")(request, answer)
        return answer

    found = prepared({"eth_getBalance": 1}, forgetful)
    assert found.notes == ("state before block 2 is not there: state is asked at the newest block only",)
    assert found.spec["tables"]["state_block"] == [[1, ['"latest"'], []]]


def test_without_keys_no_transaction_is_sent_and_that_is_said() -> None:
    def elsewhere(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"result": "0x1"} if request["method"] == "eth_chainId" else answer

    found = prepared({"eth_sendRawTransaction": 1, "eth_chainId": 1}, elsewhere)
    assert [(each.method, each.reason) for each in found.dropped] == [
        ("eth_sendRawTransaction", "no keys are given (--keys FILE)")
    ]


def test_a_target_that_takes_no_transactions_is_sent_none() -> None:
    found = prepared({"eth_sendRawTransaction": 1, "eth_chainId": 1}, keys=HEX_KEYS)
    assert found.dropped[0].reason.startswith("the target answers -32000 'transactions are not taken here")
    assert found.spec["sender"] is None


def test_the_same_seed_makes_the_same_plan() -> None:
    weights = {"eth_call": 1, "eth_getLogs": 1}
    assert prepared(weights, seed=4).spec == prepared(weights, seed=4).spec


def test_a_target_that_is_not_there_is_no_target() -> None:
    mix = read_mix(GOOD, "mine", PARAMS)
    with pytest.raises(CouldNotJudge):
        prepare(mix, ["http://127.0.0.1:1"], Wishes())


def taking_transactions(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Take every transaction as a dev chain's node would."""
    if request["method"] != "eth_sendRawTransaction":
        return answer
    return {"jsonrpc": "2.0", "id": request["id"], "result": "0x" + "11" * 32}


def test_funded_keys_pay_with_their_next_nonces_and_one_transaction_is_sent_before() -> None:
    found = prepared({"eth_sendRawTransaction": 1}, taking_transactions, keys=HEX_KEYS, calls_expected=100.0)
    assert found.dropped == ()
    assert found.notes == ("transactions are paid for by 3 of the keys given",)
    sender = found.spec["sender"]
    nonces = {account["key"]: account["nonce"] for account in sender["accounts"]}
    assert nonces == {HEX_KEYS[0]: 4 + 1, HEX_KEYS[1]: 3, HEX_KEYS[2]: 0}
    assert sender["ahead"] == 100 + SPARE


def test_keys_without_ether_pay_nothing() -> None:
    found = prepared({"eth_sendRawTransaction": 1, "eth_chainId": 1}, taking_transactions, keys=["77" * 32])
    assert found.dropped[0].reason == "none of the 1 keys has ether here"


def test_every_process_needs_a_key() -> None:
    with pytest.raises(LoadError, match="3 funded keys for --processes 4, expected at least one for each"):
        prepared({"eth_sendRawTransaction": 1}, taking_transactions, keys=HEX_KEYS, processes=4)
