"""The flags' wishes reach what is sent."""

from pathlib import Path
from typing import Any

import pytest

from loadtests.errors import LoadError
from loadtests.mix import SCHEMA, load_mix
from loadtests.options import Options
from loadtests.parameters import PARAMS
from loadtests.preparing import comparable, prepare_requests, read_wishes
from loadtests.run import Requests
from tests.loadtests.served_chain import refusing, serving

MIX = f"""
schema = "{SCHEMA}"
title = "small"
version = 4
date = 2026-01-02
provenance = "made for a test"
[parameters]
latest_share = 0.5
seen_head_share = 0.25
own_receipts_share = 0.5
[weights]
eth_getBalance = 6
eth_gasPrice = 1
eth_sendRawTransaction = 1
"""


def prepared(folder: Path, **changes: Any) -> Requests:
    path = folder / "small.toml"
    path.write_text(MIX)
    with serving(refusing("eth_gasPrice", -32601)) as url:
        options = Options(mix=str(path), **changes)
        return prepare_requests(options, read_wishes(options), [url])


def test_what_is_not_sent_is_named_with_its_share_and_reason(tmp_path: Path) -> None:
    found = prepared(tmp_path, rate=10.0)
    assert found.name == "small (version 4, 2026-01-02)"
    assert found.dropped == {"eth_gasPrice": 0.125, "eth_sendRawTransaction": 0.125}
    assert found.notes == (
        "eth_gasPrice (12.50% of the mix) is not sent: the target answers -32601",
        "eth_sendRawTransaction (12.50% of the mix) is not sent: no keys are given (--keys FILE)",
    )


def test_wishes_reach_the_generators(tmp_path: Path) -> None:
    spec = prepared(tmp_path, skew=0.25, batch=7, clients=10, processes=4, stale_seconds=3.5, rate=1.0).spec
    assert (spec["skew"], spec["batch"], spec["stale_seconds"]) == (0.25, 7, 3.5)
    assert spec["clients"] == 12, "all requests of a client are one process's"


def test_a_second_target_is_asked_what_it_has_too_and_sent_no_transactions(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(MIX)
    with serving() as url, serving(refusing("eth_gasPrice", -32601)) as other:
        options = Options(mix=str(path), compare=other)
        found = prepare_requests(options, read_wishes(options), [url])
    assert set(found.dropped) == {"eth_gasPrice", "eth_sendRawTransaction"}
    assert found.dropped["eth_sendRawTransaction"] == 0.125
    assert "the second target would refuse what the first has taken" in found.notes[0]


def test_compared_targets_are_not_asked_for_what_only_one_may_have_by_now() -> None:
    mix, dropped = comparable(load_mix("writes", PARAMS))
    assert [each.method for each in dropped] == ["eth_sendRawTransaction"]
    assert mix.parameters.seen_head_share == mix.parameters.own_receipts_share == 0
    assert mix.parameters.latest_share == pytest.approx(1.0)
    assert comparable(load_mix("light", PARAMS))[1] == ()


def test_a_mix_and_keys_that_can_not_be_read_are_named_before_any_target_is_asked(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="--keys"):
        read_wishes(Options(keys_path=tmp_path / "none"))
    with pytest.raises(LoadError, match="--mix is 'infura', expected"):
        read_wishes(Options(mix="infura"))
