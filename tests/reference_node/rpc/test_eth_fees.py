"""Gas prices and the history of fees, and what geth says to requests that make no sense."""

from typing import Any

import pytest

from reference_node.backend import Backend
from reference_node.chain.config import Fork
from reference_node.rpc.eth_fees import decode_block_count, go_number
from tests.reference_node.rpc.chains import logging_backend
from tests.reference_node.rpc.served import ask, backend_of, error_of
from tests.reference_node.worlds import GWEI, World


@pytest.fixture(scope="module")
def backend() -> Backend:
    return logging_backend()


def test_the_gas_price_is_the_tip_over_the_heads_base_fee(backend: Backend) -> None:
    tip = int(ask(backend, "eth_maxPriorityFeePerGas"), 16)
    assert 0 < tip <= 20 * GWEI
    assert int(ask(backend, "eth_gasPrice"), 16) == tip + (backend.view.head.base_fee_per_gas or 0)
    assert ask(backend, "eth_maxPriorityFeePerGas") == hex(tip)


def test_the_blob_base_fee_is_there_from_cancun_on(backend: Backend) -> None:
    assert ask(backend, "eth_blobBaseFee") == "0x1"
    assert ask(backend_of(World("shanghai")), "eth_blobBaseFee") is None
    assert Fork.CANCUN > Fork.SHANGHAI


def test_history_covers_the_range_and_one_block_more(backend: Backend) -> None:
    found = ask(backend, "eth_feeHistory", "0x3", "0x4", [10, 90])
    fees = [backend.header_by_number(number).base_fee_per_gas for number in range(2, 6)]  # type: ignore[union-attr]
    assert found["oldestBlock"] == "0x2"
    assert found["baseFeePerGas"] == [hex(fee or 0) for fee in fees]
    assert [len(found[name]) for name in ("gasUsedRatio", "blobGasUsedRatio", "reward", "baseFeePerBlobGas")] == [
        3, 3, 3, 4,
    ]  # fmt: skip
    assert found["reward"][2] == ["0x0", "0x0"]
    assert "reward" not in ask(backend, "eth_feeHistory", "0x1", "latest", [])


def test_history_starts_at_the_genesis_at_the_earliest_and_no_blocks_are_no_history(backend: Backend) -> None:
    assert ask(backend, "eth_feeHistory", 2000, "safe", [])["oldestBlock"] == "0x0"
    assert ask(backend, "eth_feeHistory", "0", "latest", [101]) == {"oldestBlock": "0x0", "gasUsedRatio": None}


def test_history_of_the_pending_block_ends_with_an_empty_one(backend: Backend) -> None:
    found = ask(backend, "eth_feeHistory", "0x2", "pending", [50])
    assert (found["oldestBlock"], found["gasUsedRatio"][-1], found["reward"][-1]) == ("0x5", 0, ["0x0"])


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (["0x1", "0x6", []], -32000, "request beyond head block: requested 6, head 5"),
        (["0x1", "latest", [101]], -32000, "invalid reward percentile: 101.000000"),
        (["0x1", "latest", [-0.5]], -32000, "invalid reward percentile: -0.500000"),
        (["0x1", "latest", [5, 5]], -32000, "invalid reward percentile: #0:5.000000 >= #1:5.000000"),
        (["0x1", "latest", [1] * 101], -32000, "invalid reward percentile: over the query limit 100"),
        (["0x1", "latest"], -32602, "missing value for required argument 2"),
        (["x", "latest", []], -32602, 'invalid argument 0: invalid hex or decimal integer "x"'),
        ([True, "latest", []], -32602, 'invalid argument 0: invalid hex or decimal integer "true"'),
        (["0x1", "latest", ["5"]], -32602,
         "invalid argument 2: json: cannot unmarshal string into Go value of type float64"),
        (["0x1", "latest", "5"], -32602,
         "invalid argument 2: json: cannot unmarshal string into Go value of type []float64"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_geths_words(
    backend: Backend, params: list[Any], code: int, text: str
) -> None:
    assert error_of(backend, "eth_feeHistory", *params) == (code, text)


@pytest.mark.parametrize(("given", "count"), [("0x10", 16), ("10", 10), (10, 10), ("", 0), ("007", 7), ("0X1f", 31)])
def test_counts_are_hexadecimal_or_decimal(given: Any, count: int) -> None:
    assert decode_block_count(given) == count


@pytest.mark.parametrize("given", ["-1", "1_0", " 1", "0x", "1.5", 2**64, hex(2**64)])
def test_other_counts_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="invalid hex or decimal integer"):
        decode_block_count(given)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1"), (0.5, "0.5"), (1e-5, "0.00001"), (1.5e-7, "1.5e-7"), (0.1 + 0.2, "0.30000000000000004")],
)
def test_numbers_look_as_go_writes_them(value: float, text: str) -> None:
    assert go_number(value) == text
