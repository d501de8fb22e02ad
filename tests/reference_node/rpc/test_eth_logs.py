"""Which logs a filter finds, and which filters are refused in geth's words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_node.backend import Backend
from reference_node.chain.roots import logs_bloom
from reference_node.chain.types import Log
from reference_node.rpc.eth_logs import LogFilter, spans_many_blocks
from tests.reference_node.rpc.chains import LOGGER, TOPICS, logging_backend
from tests.reference_node.rpc.served import ask, error_of, hex_of

ALL = {"fromBlock": "earliest"}
TOPIC = [hex_of(topic) for topic in TOPICS]
OTHER_ADDRESS = "0x" + "99" * 20


@pytest.fixture(scope="module")
def backend() -> Backend:
    return logging_backend()


def places(backend: Backend, **fields: Any) -> list[tuple[int, int]]:
    logs = ask(backend, "eth_getLogs", ALL | fields)
    return [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in logs]


FIRST = [(1, index) for index in range(5)]
LAST = [(5, index) for index in range(10)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, FIRST + LAST),
        ({"address": hex_of(LOGGER)}, FIRST + LAST),
        ({"address": [OTHER_ADDRESS, hex_of(LOGGER)]}, FIRST + LAST),
        ({"address": OTHER_ADDRESS}, []),
        ({"address": []}, FIRST + LAST),
        ({"toBlock": "safe"}, FIRST),
        ({"fromBlock": "0x2", "toBlock": "0x4"}, []),
        ({"fromBlock": None}, LAST),
        ({"FROMBLOCK": "0x5"}, LAST),
        ({"toBlock": "0x1", "topics": [TOPIC[0]]}, FIRST[1:]),
        ({"toBlock": "0x1", "topics": [None, TOPIC[1]]}, FIRST[2:]),
        ({"toBlock": "0x1", "topics": [[TOPIC[3], TOPIC[0]], []]}, FIRST[2:]),
        ({"toBlock": "0x1", "topics": [[None, TOPIC[3]]]}, FIRST[1:]),
        ({"toBlock": "0x1", "topics": TOPIC}, FIRST[4:]),
        ({"toBlock": "0x1", "topics": [TOPIC[1]]}, []),
    ],
)
def test_filters_find_logs_in_order(backend: Backend, fields: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    assert expected == places(backend, **fields)


def test_a_block_is_looked_in_by_its_hash(backend: Backend) -> None:
    block = ask(backend, "eth_getBlockByNumber", "0x5", False)
    logs = ask(backend, "eth_getLogs", {"blockHash": block["hash"]})
    assert logs == ask(backend, "eth_getLogs", {"fromBlock": "0x5", "toBlock": "0x5"})
    receipts = ask(backend, "eth_getBlockReceipts", "0x5")
    assert logs == [log for receipt in receipts for log in receipt["logs"]]


RANGE = (-32602, "invalid block range params")
FUTURE = (-32602, "block range extends beyond current head block")
PENDING = (-32602, "pending logs are not supported")
ZERO = "0x" + "00" * 32
ODD_HASH = "json: cannot unmarshal hex string of odd length into Go struct field input.blockHash of type common.Hash"
BOTH = "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"fromBlock": "0x2", "toBlock": "0x1"}, RANGE),
        ({"fromBlock": "latest", "toBlock": "0x5"}, RANGE),
        ({"fromBlock": "0x6"}, RANGE),
        ({"fromBlock": "0x6", "toBlock": "0x7"}, FUTURE),
        ({"fromBlock": "0x1", "toBlock": "0x6"}, FUTURE),
        ({"fromBlock": "pending"}, PENDING),
        ({"toBlock": "pending"}, PENDING),
        ({"fromBlock": None, "blockHash": ZERO}, (-32000, "unknown block")),
        ({"address": [OTHER_ADDRESS] * 1001}, (-32000, "exceed max addresses or topics per search position")),
    ],
)
def test_ranges_that_can_not_be_answered_whole_are_errors(
    backend: Backend, fields: dict[str, Any], error: tuple[int, str]
) -> None:
    assert error == error_of(backend, "eth_getLogs", ALL | fields)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "json: cannot unmarshal number into Go value of type filters.input"),
        ([], "json: cannot unmarshal array into Go value of type filters.input"),
        ({"blockHash": "0x1"}, ODD_HASH),
        ({"fromBlock": 5}, "hex string without 0x prefix"),
        ({"blockHash": ZERO, "toBlock": "0x1"}, BOTH),
        ({"address": "0x1"}, "invalid address: hex string of odd length"),
        ({"address": "0x11"}, "invalid address: hex has invalid length 1 after decoding; expected 20 for address"),
        ({"address": [OTHER_ADDRESS, ""]}, "invalid address at index 1: empty hex string"),
        ({"address": [None]}, "non-string address at index 0"),
        ({"address": True}, "invalid addresses in query"),
        ({"topics": {}}, "json: cannot unmarshal object into Go struct field input.topics of type []interface {}"),
        ({"topics": [5]}, "invalid topic(s)"),
        ({"topics": [[5]]}, "invalid topic(s)"),
        ({"topics": ["0x11"]}, "hex has invalid length 1 after decoding; expected 32 for topic"),
        ({"topics": [None] * 5}, "exceed max topics"),
        ({"topics": [[ZERO] * 1001]}, "exceed max topics"),
    ],
)  # fmt: skip
def test_wrong_filters_are_refused_in_geths_words(backend: Backend, value: Any, text: str) -> None:
    assert error_of(backend, "eth_getLogs", value) == (-32602, f"invalid argument 0: {text}")


WORDS = st.binary(min_size=32, max_size=32)
ADDRESSES = st.binary(min_size=20, max_size=20)


@settings(max_examples=200)
@given(
    st.builds(Log, ADDRESSES, st.lists(WORDS, max_size=4).map(tuple), st.binary(max_size=4)),
    st.lists(st.booleans(), max_size=4),
    st.booleans(),
    st.lists(WORDS, max_size=2),
)
def test_a_bloom_filter_never_hides_a_log_that_matches(
    log: Log, named: list[bool], by_address: bool, others: list[bytes]
) -> None:
    topics = tuple((topic, *others) if wanted else () for topic, wanted in zip(log.topics, named, strict=False))
    wanted = LogFilter((log.address,) if by_address else (), topics)
    assert wanted.matches(log)
    assert wanted.may_be_in(logs_bloom([log]))


def test_a_bloom_filter_passes_over_blocks_without_a_match() -> None:
    log = Log(LOGGER, TOPICS[:1], b"")
    bloom = logs_bloom([log])
    assert not LogFilter((b"\x99" * 20,), ()).may_be_in(bloom)
    assert not LogFilter((LOGGER,), ((TOPICS[2],),)).may_be_in(bloom)
    assert LogFilter((), ()).may_be_in(bytes(256))


FIELD = "invalid argument 0: json: cannot unmarshal {} into Go struct field input.{}"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"toBlock": "0x00", "fromBlock": 5}, "invalid argument 0: hex number with leading zero digits"),
        ({"fromBlock": 5, "toBlock": "0x00"}, "invalid argument 0: hex string without 0x prefix"),
        ({"toBlock": "", "blockHash": 5}, "invalid argument 0: empty hex string"),
        ({"blockHash": 5, "toBlock": ""}, FIELD.format("non-string", "blockHash of type common.Hash")),
        ({"fromBlock": {}, "FROMBLOCK": "0x1"}, "invalid argument 0: hex string without 0x prefix"),
        ({"topics": "0x", "TOPICS": []}, FIELD.format("string", "topics of type []interface {}")),
        ({"topics": 5, "toBlock": ""}, "invalid argument 0: empty hex string"),
        ({"topics": 5, "address": 5}, FIELD.format("number", "topics of type []interface {}")),
    ],
)
def test_fields_are_read_in_the_order_they_are_written(backend: Backend, wanted: Any, text: str) -> None:
    assert error_of(backend, "eth_getLogs", wanted) == (-32602, text)


@pytest.mark.parametrize(
    ("params", "slow"),
    [
        ([{}], False),
        ([{"fromBlock": "0x1", "toBlock": "0x1"}], False),
        ([{"fromBlock": "0x1", "toBlock": "0x10"}], False),
        ([{"fromBlock": "0x1", "toBlock": "0x11"}], True),
        ([{"fromBlock": "0x1"}], True),
        ([{"FROMBLOCK": "0x1"}], True),
        ([{"fromBlock": "earliest", "toBlock": "latest"}], True),
        ([{"fromBlock": "latest", "toBlock": "latest"}], False),
        ([{"fromBlock": {}, "toBlock": "0x1"}], True),
        ([{"blockHash": ZERO}], False),
        ([5], False),
        ([], False),
        (None, False),
        ([{"blockHash": None, "fromBlock": "0x0", "toBlock": "0x100"}], True),
        ([{"fromBlock": "0x1", "toBlock": "0x1", "TOBLOCK": "0x100"}], True),
        ([{"FROMBLOCK": "0x1", "toblock": "0x1"}], False),
        ([{"fromBlock": None, "toBlock": None}], False),
    ],
)
def test_long_ranges_are_known_before_they_are_looked_in(params: Any, slow: bool) -> None:
    assert slow is spans_many_blocks(params)
