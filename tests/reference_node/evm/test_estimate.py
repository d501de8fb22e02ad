"""The search for a gas limit, on calls that are nothing but a rule of how much gas they need."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_node.chain.config import Fork
from reference_node.evm.call import Call, CallRefused, CallResult, IntrinsicGasTooLow
from reference_node.evm.estimate import ERROR_RATIO, CallReverts, RunWithGas, Sender, estimate_gas

CAP, BLOCK = 50_000_000, 30_000_000
CALL = Call(bytes(20), bytes(20), 0, 0, 0, 0, 0, b"\x01", (), None, None, None)
RICH = Sender(10**30, is_plain_transfer=False)


def needing(gas_needed: int, gas_used: int, error: str = "out of gas", output: bytes = b"") -> RunWithGas:
    def run(gas: int) -> CallResult:
        if gas < gas_needed:
            return CallResult(gas, gas, error, output)
        return CallResult(gas_used, gas_used, None, b"")

    return run


@given(st.integers(21_000, 16_000_000), st.floats(0.3, 1))
def test_an_estimate_suffices_and_is_at_most_the_ratio_above_the_least(needed: int, used_share: float) -> None:
    used = max(21_000, int(needed * used_share))
    found = estimate_gas(CALL, Fork.PRAGUE, BLOCK, CAP, RICH, needing(needed, used))
    assert needed <= found <= max(needed / (1 - ERROR_RATIO) + 1, (used + 2300) * 64 // 63)


def test_nothing_is_run_with_more_than_any_of_the_bounds() -> None:
    asked: list[int] = []

    def run(gas: int) -> CallResult:
        asked.append(gas)
        return CallResult(gas, gas, "out of gas", b"")

    priced = replace(CALL, fee_cap=2, gas_price=2)
    for call, fork, cap, balance, highest in (
        (CALL, Fork.PRAGUE, CAP, 0, BLOCK),
        (CALL, Fork.OSAKA, CAP, 0, 1 << 24),
        (replace(CALL, gas=20_999), Fork.PRAGUE, CAP, 0, BLOCK),
        (replace(CALL, gas=40_000_000), Fork.PRAGUE, CAP, 0, 40_000_000),
        (CALL, Fork.PRAGUE, 100_000, 0, 100_000),
        (priced, Fork.PRAGUE, CAP, 60_001, 30_000),
        (replace(priced, value=20_001), Fork.PRAGUE, CAP, 60_001, 20_000),
        (replace(priced, blob_hashes=(bytes(32),), blob_fee_cap=1), Fork.CANCUN, CAP, 60_000 + (1 << 17), 30_000),
    ):
        with pytest.raises(CallRefused, match=rf"^gas required exceeds allowance \({highest}\)$"):
            estimate_gas(call, fork, BLOCK, cap, Sender(balance, is_plain_transfer=False), run)
        assert asked.pop() == highest
        assert not asked


def test_a_plain_transfer_is_tried_once_with_what_it_costs() -> None:
    transfer = Sender(0, is_plain_transfer=True)
    assert estimate_gas(CALL, Fork.OSAKA, BLOCK, CAP, transfer, needing(21_000, 21_000)) == 21_000


def test_intrinsic_gas_that_is_missing_asks_for_more_and_other_refusals_end_the_search() -> None:
    def run(gas: int) -> CallResult:
        if gas < 30_000:
            raise IntrinsicGasTooLow(f"intrinsic gas too low: have {gas}, want 30000")
        return CallResult(30_000, 30_000, None, b"")

    transfer = Sender(0, is_plain_transfer=True)
    assert 30_000 <= estimate_gas(CALL, Fork.OSAKA, BLOCK, CAP, transfer, run) <= 30_500
    refused = replace(CALL, gas=21_000)
    with pytest.raises(CallRefused, match=r"^gas required exceeds allowance \(21000\)$"):
        estimate_gas(refused, Fork.OSAKA, BLOCK, CAP, RICH, run)

    def refuse(_gas: int) -> CallResult:
        raise CallRefused("no")

    with pytest.raises(CallRefused, match=r"^failed with 16777216 gas: no$"):
        estimate_gas(CALL, Fork.OSAKA, BLOCK, CAP, RICH, refuse)


def test_a_revert_keeps_its_data_and_another_failure_its_text() -> None:
    with pytest.raises(CallReverts) as caught:
        estimate_gas(CALL, Fork.OSAKA, BLOCK, CAP, RICH, needing(CAP, 0, "execution reverted", b"why"))
    assert caught.value.output == b"why"
    with pytest.raises(CallRefused, match=r"^invalid jump destination$"):
        estimate_gas(CALL, Fork.OSAKA, BLOCK, CAP, RICH, needing(CAP, 0, "invalid jump destination"))


def test_who_can_not_pay_is_told_before_anything_runs() -> None:
    poor, priced = Sender(5, is_plain_transfer=False), replace(CALL, fee_cap=1, gas_price=1)
    with pytest.raises(CallRefused, match=r"^insufficient funds for transfer$"):
        estimate_gas(replace(priced, value=5), Fork.OSAKA, BLOCK, CAP, poor, needing(0, 0))
    blobs = replace(priced, blob_hashes=(bytes(32),), blob_fee_cap=1)
    with pytest.raises(CallRefused, match=r"^insufficient funds for gas \* price \+ value$"):
        estimate_gas(blobs, Fork.OSAKA, BLOCK, CAP, poor, needing(0, 0))
