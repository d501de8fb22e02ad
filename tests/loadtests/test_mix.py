"""Mixes are read strictly, say where their numbers come from, and keep their proportions without what is dropped."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loadtests.errors import LoadError
from loadtests.mix import SCHEMA, Mix, Parameters, drop, known_mixes, load_mix, read_mix
from loadtests.parameters import PARAMS

GOOD: dict[str, Any] = {
    "schema": SCHEMA,
    "title": "a test's",
    "version": 1,
    "date": date(2026, 1, 2),
    "provenance": "made for  a\n test",
    "weights": {"eth_call": 3, "eth_blockNumber": 1},
}


def read(**changes: Any) -> Mix:
    found = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return read_mix(found, "mine", PARAMS)


@pytest.mark.parametrize("name", known_mixes())
def test_shipped_mixes_are_good_and_tell_their_provenance(name: str) -> None:
    mix = load_mix(name, PARAMS)
    assert mix.name == name
    assert len(mix.provenance) > 80
    assert mix.version >= 1
    assert sum(map(mix.share, mix.weights)) == pytest.approx(1)


def test_published_mixes_have_the_published_numbers() -> None:
    infura, general = load_mix("infura-2019", PARAMS), load_mix("general", PARAMS)
    assert infura.weights["eth_call"] == 1928
    assert len(infura.weights) == 20
    assert sum(infura.weights.values()) == 4995
    assert general.weights["eth_call"] == 259
    assert sum(general.weights.values()) == 499


def test_a_mix_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        f'schema = "{SCHEMA}"\ntitle = "t"\nversion = 2\ndate = 2026-01-02\nprovenance = "p"\n'
        "[parameters]\nlogs_blocks_max = 7\n[weights]\neth_chainId = 0.5\n"
    )
    mix = load_mix(str(path), PARAMS)
    assert (mix.name, mix.version, mix.weights) == ("mine", 2, {"eth_chainId": 0.5})
    assert mix.parameters == Parameters(logs_blocks_max=7)


def test_spaces_of_a_provenance_are_evened() -> None:
    assert read().provenance == "made for a test"


def test_an_unknown_mix_names_the_known_ones() -> None:
    with pytest.raises(LoadError, match=r"--mix is 'infura'.*general, heavy, infura-2019, light, writes"):
        load_mix("infura", PARAMS)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"schema": "other/1"}, "schema is 'other/1', expected 'ethercattle.mix/1'"),
        ({"title": " "}, "title is ' ', expected a text"),
        ({"provenance": None}, "provenance is None, expected a text"),
        ({"version": True}, "version is True, expected a whole number from 1"),
        ({"date": "2026-01-02"}, "date is '2026-01-02', expected a day"),
        ({"extra": 1}, "there is no key extra, expected some of schema"),
        ({"weights": {}}, "weights are missing"),
        ({"weights": {"eth_cal": 1}}, "weights.eth_cal is no method.*did you mean eth_call?"),
        ({"weights": {"zzz": 1}}, "weights.zzz is no method.*expected some of debug_traceTransaction"),
        ({"weights": {"eth_call": 0}}, "weights.eth_call is 0, expected a number above 0"),
        ({"weights": {"eth_call": float("inf")}}, "weights.eth_call is inf"),
        ({"weights": {"eth_call": float("nan")}}, "weights.eth_call is nan"),
        ({"weights": {"eth_call": True}}, "weights.eth_call is True"),
        ({"parameters": 1}, "parameters are 1, expected a table"),
        ({"parameters": {"skew": 1}}, "there is no key parameters.skew"),
        ({"parameters": {"latest_share": 1.5}}, "parameters.latest_share is 1.5, expected a number from 0 to 1"),
        ({"parameters": {"latest_share": 0.9, "seen_head_share": 0.2}}, "are 1.1 together, expected 1 at most"),
        ({"parameters": {"logs_blocks_max": 0}}, "parameters.logs_blocks_max is 0, expected a whole number from 1"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(LoadError, match=text):
        read(**changes)


@pytest.mark.parametrize(
    ("content", "text"), [(b"[[", "is no TOML"), (b"\xff", "is no TOML"), (b"#" * 1_000_001, "over 1000000 bytes")]
)
def test_a_file_that_is_no_mix_is_named(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=f"bad.toml: it.*{text.removeprefix('is ')}"):
        load_mix(str(path), PARAMS)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"none.toml: it can't be read: No such file"):
        load_mix(str(tmp_path / "none.toml"), PARAMS)


def test_what_is_dropped_is_told_with_its_share_and_the_rest_counts_as_the_whole() -> None:
    left, dropped = drop(read(weights={"eth_call": 3, "eth_gasPrice": 1, "eth_chainId": 4}), {"eth_call": "no"})
    assert [(each.method, each.share, each.reason) for each in dropped] == [("eth_call", 0.375, "no")]
    assert (left.share("eth_gasPrice"), left.share("eth_chainId")) == (0.2, 0.8)


def test_nothing_left_is_no_load() -> None:
    with pytest.raises(LoadError, match="mix mine: nothing of it can be sent: eth_call: why"):
        drop(read(weights={"eth_call": 3}), {"eth_call": "why"})
