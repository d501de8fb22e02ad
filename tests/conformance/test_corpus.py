"""Questions come from case files; what is chosen is what the patterns say."""

import json
from pathlib import Path

import pytest

from conformance.corpus import UNKNOWN_VERSION, answers_folder, load_corpus
from fixtures.io_cases import RECORD_FILE, Case, CaseFileError, RoundTrip, write_cases
from reference_node.errors import UsageError
from tests.conformance.questions import answer, question

VERSION_BODY = question("web3_clientVersion").body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    trip = RoundTrip(question().body, answer("0x1"))
    cases = [
        Case("eth_getBalance", "latest", ("why it", "is asked"), (trip,)),
        Case("eth_getBalance", "twice", (), (trip, trip)),
        Case("web3_clientVersion", "version", (), (RoundTrip(VERSION_BODY, answer("Geth/v0")),)),
    ]
    write_cases(tmp_path, cases)
    return tmp_path


def names(folder: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    """Return the names of the chosen questions."""
    return [asked.name for asked in load_corpus(folder, include, exclude).questions]


def test_each_round_trip_is_a_question(folder: Path) -> None:
    assert names(folder) == [
        "eth_getBalance/latest",
        "eth_getBalance/twice",
        "eth_getBalance/twice#2",
        "web3_clientVersion/version",
    ]
    assert load_corpus(folder).questions[0].why == "why it is asked"


def test_each_question_knows_its_file_and_line_and_whether_its_answer_is_an_example(folder: Path) -> None:
    (folder / "eth_getBalance" / "theirs.io").write_text(
        '// why\n// speconly: any\n>>{"id":1}\n<<{}\n>>{"id":2}\n<<{}\n'
    )
    asked = load_corpus(folder, include=["*/theirs*"]).questions
    path = folder / "eth_getBalance" / "theirs.io"
    assert [question.source for question in asked] == [f"{path}:3", f"{path}:5"]
    assert [question.speconly for question in asked] == [True, True]
    assert not any(question.speconly for question in load_corpus(folder, exclude=["*/theirs*"]).questions)


@pytest.mark.parametrize(
    ("include", "exclude", "count"),
    [
        (("eth_*",), (), 3),
        (("*/latest",), (), 1),
        (("eth_getBalance",), ("*twice*",), 1),
        ((), ("eth_*",), 1),
        (("web3_*", "*/latest"), (), 2),
    ],
)
def test_patterns_choose_methods_and_cases(
    folder: Path, include: tuple[str, ...], exclude: tuple[str, ...], count: int
) -> None:
    assert len(names(folder, include, exclude)) == count


def test_nothing_to_ask_is_a_mistake(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none of its 4 cases is chosen"):
        load_corpus(folder, include=["ETH_*"])
    with pytest.raises(UsageError, match="is not a folder"):
        load_corpus(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"expected files <method>/<case>\.io"):
        load_corpus(tmp_path / "empty")


def test_a_broken_case_is_named_with_its_line(folder: Path) -> None:
    (folder / "eth_getBalance" / "broken.io").write_text("// why\nrubbish\n")
    with pytest.raises(CaseFileError, match=r"eth_getBalance/broken\.io:2"):
        load_corpus(folder)


def test_the_record_names_the_client(folder: Path) -> None:
    assert load_corpus(folder, include=["eth_*"]).version == "Geth/v0"
    (folder / RECORD_FILE).write_text(json.dumps({"client_version": "Geth/v1"}))
    assert load_corpus(folder).version == "Geth/v1"
    (folder / RECORD_FILE).write_text("{}")
    with pytest.raises(UsageError, match=r"RECORD\.json: expected JSON with a client_version"):
        load_corpus(folder)


def test_a_record_without_a_name_is_of_an_unknown_client(tmp_path: Path) -> None:
    write_cases(tmp_path, [Case("m", "c", (), (RoundTrip(VERSION_BODY, '{"result":1}'),))])
    assert load_corpus(tmp_path).version == UNKNOWN_VERSION


def test_the_shipped_record_is_large_and_of_the_geth_that_is_started() -> None:
    from fixtures.geth import VERSION

    corpus = load_corpus(answers_folder("everyfork"))
    assert len(corpus.questions) >= 200
    assert f"/v{VERSION}" in corpus.version


@pytest.mark.parametrize("body", ["", "not JSON", "[" * 100_000, "1", '{"a":1,"a":2}'])
def test_bodies_that_are_no_requests_hold_none(body: str) -> None:
    from dataclasses import replace

    assert replace(question(), body=body).requests() == ()
