"""Why code fails, in geth's words; each text was compared with a real geth v1.17.8."""

from typing import Any

import pytest

from reference_node.backend import Backend
from reference_node.evm.call_errors import stack_bounds
from reference_node.evm.forks import vm_class_at
from tests.reference_node.rpc.served import answer, backend_of
from tests.reference_node.worlds import World

CODE = "0x" + "c0" * 20
OSAKA, SHANGHAI = backend_of(World("osaka")), backend_of(World("shanghai"))
HUGE = "7f" + "ff" * 32
BEYOND_PRICE = "651fffffffffe1"


def failure(backend: Backend, code: str, **arguments: Any) -> str:
    found = answer(backend, "eth_call", {"to": CODE, **arguments}, "latest", {CODE: {"code": f"0x{code}"}})
    assert found["error"]["code"] == -32000
    return str(found["error"]["message"])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fe", "invalid opcode: INVALID"),
        ("0c", "invalid opcode: opcode 0xc not defined"),
        ("e6", "invalid opcode: DUPN"),
        ("4b", "invalid opcode: SLOTNUM"),
        ("50", "stack underflow (0 <=> 1)"),
        ("600191", "stack underflow (1 <=> 3)"),
        ("6001a1", "stack underflow (1 <=> 3)"),
        ("5b5f600056", "stack limit reached 1024 (1023)"),
        ("600156", "invalid jump destination"),
        ("605b600156", "invalid jump destination"),
        (f"{HUGE}56", "invalid jump destination"),
        ("60015f5f3e", "return data out of bounds"),
        (f"60015f{HUGE}52", "gas uint64 overflow"),
        (f"{HUGE}5f20", "gas uint64 overflow"),
        (f"{HUGE}5fa0", "gas uint64 overflow"),
        (f"5f5f{BEYOND_PRICE}52", "out of gas: gas uint64 overflow"),
        ("60ff63ffffffff52", "out of gas"),
        ("63ffffffff5f5f3e", "out of gas"),
        ("61c0015f5ff0", "out of gas: max initcode size exceeded: code size 49153 limit 49152"),
        ("5f61c0015f5ff5", "out of gas: max initcode size exceeded: code size 49153 limit 49152"),
    ],
)
def test_failures_are_geths(code: str, text: str) -> None:
    assert failure(OSAKA, code) == text


@pytest.mark.parametrize(
    ("code", "gas", "text"),
    [
        ("6001600055", 21_006 + 2300, "out of gas: not enough gas for reentrancy sentry"),
        ("6001600055", 21_006 + 2301, "out of gas"),
        ("5f5f5f5f5f60aa5af1", 21_000 + 14 + 99, "out of gas"),
        ("5f5f5f5f5f60aa5af1", 21_000 + 15 + 2500, "out of gas: out of gas"),
        ("60aaff", 21_003 + 5000 + 2599, "out of gas: out of gas"),
        ("60aaff", 21_003 + 4999, "out of gas"),
        ("60aa31", 21_003 + 2599, "out of gas"),
    ],
)
def test_running_out_of_gas_says_in_which_step(code: str, gas: int, text: str) -> None:
    assert failure(OSAKA, code, gas=hex(gas)) == text


def test_an_opcode_of_a_later_fork_has_its_name() -> None:
    assert failure(SHANGHAI, "5f5c") == "invalid opcode: TLOAD"
    assert failure(SHANGHAI, "5f1e") == "invalid opcode: CLZ"
    assert "result" in answer(OSAKA, "eth_call", {"to": CODE}, "latest", {CODE: {"code": "0x5f1e"}})


@pytest.mark.parametrize(
    ("initcode", "text"),
    [
        ("60ef5f5360015ff3", "invalid code: must not begin with 0xef"),
        ("6160015ff3", "max code size exceeded: code size 24577 limit 24576"),
        ("fe", "invalid opcode: INVALID"),
    ],
)
def test_creations_fail_as_geths(initcode: str, text: str) -> None:
    assert answer(OSAKA, "eth_call", {"input": f"0x{initcode}"})["error"]["message"] == text


def test_code_that_can_not_be_paid_is_out_of_storage_gas() -> None:
    call = {"input": "0x6160005ff3", "gas": hex(100_000)}
    text = "contract creation code storage out of gas"
    assert answer(OSAKA, "eth_call", call)["error"]["message"] == text


def test_every_opcode_of_a_fork_has_its_bounds() -> None:
    config = OSAKA.node.config
    computation: Any = vm_class_at(config, 10**9).get_state_class().computation_class
    bounds = stack_bounds(computation.opcodes)
    assert bounds[0x80] == (1, 1023)
    assert bounds[0x90] == (2, 1024)
    assert bounds[0xF1] == (7, 1030)
    assert bounds[0x0C] == (0, 1024)
