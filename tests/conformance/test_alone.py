"""An endpoint is judged without a reference: its chain, and those answers that say by themselves whether they hold."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.alone import run_alone
from conformance.cli import conform
from conformance.corpus import Question
from conformance.schema import load_schemas
from conformance.subject import Reply
from conformance.verdict import Verdict
from conformance.verify.chain import Plan
from fixtures.io_cases import Case, RoundTrip, write_cases
from tests.conformance.fake_node import Wire, fake_node
from tests.conformance.questions import answer, error_answer, question
from tests.conformance.verify.chain import Mutation, Node, right_answer
from tests.conformance.verify.faults import at, hash_of, more

SCHEMA = {"type": "string", "pattern": "^0x[1-9]$"}
NUMBER = question("eth_blockNumber", [], "0x6")
COUNT = question("eth_getBlockTransactionCountByNumber", ["0x1"], "0x3")
CALL = question("eth_call", [], "0x")
ERROR = Question("eth_x/error", "eth_x", "", CALL.body, error_answer())


def names(questions: list[Question], node: Node, *schema_of: str, folder: Path | None = None) -> dict[str, Verdict]:
    """Return the verdicts on questions, without those on the chain."""
    schemas = None
    if folder is not None:
        methods = [{"name": name, "params": [], "result": {"name": "it", "schema": SCHEMA}} for name in schema_of]
        (folder / "openrpc.json").write_text(json.dumps({"methods": methods}))
        schemas = load_schemas(folder / "openrpc.json", set(schema_of))
    run = run_alone("it", questions, node, Plan(blocks=1), schemas)
    return {item.question.name: item.verdict for item in run.judgements if "/verify-" not in item.question.name}


def test_what_nothing_is_known_of_is_not_asked() -> None:
    assert names([NUMBER, COUNT, CALL, ERROR], Node()) == {COUNT.name: Verdict.MATCH}


def test_a_wrong_answer_is_a_mismatch() -> None:
    node = Node(at(None, "eth_getBlockTransactionCountByNumber", more))
    assert names([COUNT], node) == {COUNT.name: Verdict.MISMATCH}


def test_schemas_judge_what_hashes_can_not(tmp_path: Path) -> None:
    assert names([NUMBER], Node(), "eth_blockNumber", folder=tmp_path) == {NUMBER.name: Verdict.MATCH}
    latest = Node(at(None, "eth_getBlockTransactionCountByNumber", lambda _: "0x03"))
    wrong = names([COUNT], latest, "eth_getBlockTransactionCountByNumber", folder=tmp_path)
    assert wrong == {COUNT.name: Verdict.MISMATCH}


def test_an_error_is_proven_neither_right_nor_wrong() -> None:
    class Refusing(Node):
        """Refuses one method."""

        def ask(self, question: Question) -> Reply:
            """Answer with an error."""
            refused = question.method == COUNT.method and question.name == COUNT.name
            return Reply(200, error_answer().encode()) if refused else super().ask(question)

    assert names([COUNT], Refusing()) == {COUNT.name: Verdict.INCONCLUSIVE}


def test_an_endpoint_that_falls_silent_is_asked_no_more_and_nothing_of_it_is_a_match() -> None:
    asked = 0

    class Hanging(Node):
        """Hangs from the first case on."""

        def ask(self, question: Question) -> Reply:
            """Answer until it hangs."""
            nonlocal asked
            asked += question.name == COUNT.name
            return Reply(0, b"", "it hung") if asked else super().ask(question)

    verdicts = names([COUNT] * 20, Hanging())
    assert set(verdicts.values()) == {Verdict.INCONCLUSIVE}
    assert asked == 5


def test_a_run_is_interrupted_with_what_was_judged() -> None:
    seen: list[object] = []

    def tell(judgement: object) -> None:
        seen.append(judgement)
        if len(seen) == 5:
            raise KeyboardInterrupt

    run = run_alone("it", [COUNT], Node(), Plan(), tell=tell)
    assert run.interrupted
    assert run.exit_code == 3
    assert len(run.judgements) == 5
    assert run.planned > 5


def conform_alone(folder: Path, change: Callable[[str], Wire], *arguments: str) -> Result:
    """Run the command without a reference on a fake node."""
    cases = [Case(COUNT.method, "one", (), (RoundTrip(COUNT.body, COUNT.recorded),))]
    write_cases(folder / "cases", cases)
    with fake_node(change) as url:
        words = ["--candidate", url, "--cases", str(folder / "cases"), "--reference", "none", *arguments]
        return CliRunner().invoke(conform, words)


def serve(mutation: Mutation | None = None) -> Callable[[str], Wire]:
    """Return what answers as the chain does, but for a mutation."""
    return lambda body: Wire(Node(mutation).ask(Question("", "", "", body, "")).body)


def test_the_command_judges_alone(tmp_path: Path) -> None:
    result = conform_alone(tmp_path, serve())
    assert result.exit_code == 0, result.output
    assert "match their own hashes and each other" in result.output.splitlines()[-1]
    wrong = conform_alone(tmp_path, serve(at(1, "eth_getBlockReceipts", lambda item: item[:-1])))
    assert wrong.exit_code == 1
    assert "receipts-form" in wrong.output


def test_the_command_verifies_as_many_blocks_as_asked(tmp_path: Path) -> None:
    result = conform_alone(tmp_path, serve(), "--blocks", "2", "--seed", "7", "--json", str(tmp_path / "report.json"))
    assert result.exit_code == 0, result.output
    cases = [case["case"] for case in json.loads((tmp_path / "report.json").read_text())["cases"]]
    assert sum("verify-block-hash" in case for case in cases) == 2


def test_the_command_holds_results_to_schemas(tmp_path: Path) -> None:
    document = {"methods": [{"name": COUNT.method, "params": [], "result": {"name": "it", "schema": {"type": "null"}}}]}
    (tmp_path / "openrpc.json").write_text(json.dumps(document))
    result = conform_alone(tmp_path, serve(), "--openrpc", str(tmp_path / "openrpc.json"))
    assert result.exit_code == 1
    assert "type" in result.output
    assert conform_alone(tmp_path, serve(), "--openrpc", str(tmp_path / "none.json")).exit_code == 2


def test_blocks_are_for_runs_without_a_reference() -> None:
    result = CliRunner().invoke(conform, ["--blocks", "3"])
    assert result.exit_code == 2
    assert "--reference none" in result.output


@pytest.mark.parametrize("wire", [Wire(b"<html>busy</html>"), Wire(b"", 503), Wire(b"[" * 10_000), Wire(b"{}", 200, 2)])
def test_a_hostile_endpoint_never_passes(tmp_path: Path, wire: Wire) -> None:
    assert conform_alone(tmp_path, lambda _: wire).exit_code in {1, 3}


def test_the_same_chain_has_the_answers_the_tests_take_for_right() -> None:
    assert json.loads(right_answer(NUMBER.body))["result"] == "0x6"
    assert json.loads(right_answer(COUNT.body)) == json.loads(answer("0x3"))
    assert hash_of(1).startswith("0x")
