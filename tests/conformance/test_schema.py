"""Results are held to the schemas of an OpenRPC file; broken files are named with the place."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.answers import Json, decode_answer
from conformance.corpus import answers_folder, load_corpus
from conformance.schema import VIOLATIONS_MAX, Schemas, load_schemas
from conformance.schema_allowances import SCHEMA_ALLOWANCES
from conformance.schema_check import check_reply
from conformance.subject import Reply
from reference_node.errors import UsageError
from tests.conformance.questions import question

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "openrpc.json"
FILE = Path(__file__).parent / "schemas.json"


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    """Our own small file."""
    return load_schemas(FILE, {"head", "block", "tree", "share", "any", "never"})


def write(folder: Path, document: Any) -> Path:
    """Write a document to a file."""
    path = folder / "openrpc.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def result(schema: Any, name: str = "head") -> dict[str, Any]:
    """Return a document with one method."""
    return {"methods": [{"name": name, "params": [], "result": {"name": "it", "schema": schema}}]}


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("head", '"0x0"'), ("head", '"0x4b"'), ("block", "null"), ("block", '{"number":"0x1","hash":null}'),
        ("tree", '{"of":[{"of":[]},{"of":[]}]}'), ("share", "0.5"), ("share", "1"), ("share", "0"), ("any", "[7]"),
    ],
)  # fmt: skip
def test_results_of_the_form_asked_for_pass(schemas: Schemas, method: str, text: str) -> None:
    assert schemas.violations(method, decode_answer(text.encode())) == ()


@pytest.mark.parametrize(
    ("method", "text", "path", "rule"),
    [
        ("head", '"0x00"', (), "pattern"), ("head", '"0x1\\n"', (), "pattern"), ("head", '"0xA"', (), "pattern"),
        ("head", "7", (), "type"), ("head", "null", (), "type"), ("head", "true", (), "type"),
        ("block", '{"hash":null}', (), "required"), ("block", '{"number":"1"}', ("number",), "pattern"),
        ("block", '{"number":"0x1","more":1}', (), "additionalProperties"), ("tree", '{"of":[{"of":[7]}]}',
         ("of", 0, "of", 0), "type"), ("share", "1.0000000000000000001", (), "maximum"), ("share", '"1"', (), "type"),
        ("never", "null", (), "None"),
    ],
)  # fmt: skip
def test_other_results_are_violations_with_their_place(
    schemas: Schemas, method: str, text: str, path: tuple[str | int, ...], rule: str
) -> None:
    found = schemas.violations(method, decode_answer(text.encode()))
    assert [(item.path, item.rule) for item in found] == [(path, rule)]
    assert found[0].found


def test_violations_are_counted_to_a_limit(schemas: Schemas) -> None:
    many: Json = {"of": [7] * 1000}
    assert len(schemas.violations("tree", many)) == VIOLATIONS_MAX


def test_a_result_nested_as_deep_as_any_answer_is_borne(schemas: Schemas) -> None:
    deep: Json = {"of": []}
    for _ in range(60):
        deep = {"of": [deep]}
    assert schemas.violations("tree", deep) == ()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "no OpenRPC document"), ("[]", "no OpenRPC document"), ({"methods": {}}, "no OpenRPC document"),
        ({"methods": [{}]}, "a method with a name"), ({"methods": [7]}, "a method with a name"),
        (result({"type": "number of things"}), "no JSON Schema"), (result({"pattern": "("}), "no JSON Schema"),
        (result(7), "content descriptor"), ({"methods": [{"name": "head", "result": 7}]}, "content descriptor"),
        ({"methods": [{"$ref": "#/nowhere"}]}, "nothing at #/nowhere"),
        ({"methods": [{"$ref": "#/methods/0"}]}, "references in a row"),
        ({"methods": [{"$ref": "other.json#/a"}]}, "a place in the file"),
        ({"methods": [*result({})["methods"], *result({})["methods"]]}, "twice"),
        (result({"$ref": "#/components/schemas/none"}), "nothing at #/components/schemas/none"),
        (result({"properties": {"a": {"$ref": "http://127.0.0.1:9/x.json"}}}), "a place in the file"),
        (result({"$ref": "#/methods/0/result/schema"}), "to itself"),
        (result({"anyOf": [{"$ref": "#/methods/0/result/schema"}, True]}), "to itself"),
        (result({"oneOf": [{"$ref": "#/methods/0/result/schema/oneOf/0"}]}), "to itself"),
        (result({"$recursiveRef": "#"}), "$recursiveRef is not known"),
        (result({"patternProperties": {"(": True}}), "no JSON Schema"),
        (result({"properties": {"a": {"$ref": "#/methods/7"}}}), "nothing at #/methods/7"),
    ],
)  # fmt: skip
def test_broken_files_are_named_with_what_is_wrong(tmp_path: Path, document: Any, said: str) -> None:
    path = write(tmp_path, document)
    with pytest.raises(UsageError) as caught:
        load_schemas(path, {"head"}).violations("head", {"a": 1})
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        load_schemas(tmp_path / "none.json", set())


def test_what_is_wrong_in_methods_that_nobody_asks_is_passed_over(tmp_path: Path) -> None:
    assert not load_schemas(write(tmp_path, result({"type": "nothing"}, "other")), {"head"}).knows("other")


def test_a_reply_is_held_to_its_method_a_batch_to_each_of_its(schemas: Schemas) -> None:
    one = question("head", [], "0x1")
    assert check_reply("it", one, Reply(200, b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'), schemas).checked == 1
    report = check_reply("it", one, Reply(200, b'{"jsonrpc":"2.0","id":1,"result":"0x01"}'), schemas)
    assert report.findings[0].place == "$.result"
    assert report.findings[0].expected.startswith("pattern ")
    body = '[{"id":1,"method":"head"},{"id":2,"method":"head"},{"id":3,"method":"none"},{"id":4,"method":"head"}]'
    batch = type(one)("b", "bodies", "", body, "")
    answers = b'[{"id":2,"result":"0x01"},{"id":1,"result":"0x1"},{"id":3,"result":7},{"id":4,"error":{}},{"id":9}]'
    report = check_reply("it", batch, Reply(200, answers), schemas)
    assert (report.checked, report.unchecked, report.errors) == (2, ("none",), 1)
    assert [finding.place for finding in report.findings] == ["$[0].result"]


published = pytest.mark.skipif(not PUBLISHED.exists(), reason=f"{PUBLISHED} is not here")


@published
def test_what_geth_answered_fits_the_published_schema_but_for_named_allowances() -> None:
    corpus = load_corpus(answers_folder("everyfork"))
    methods = {str(request.get("method")) for item in corpus.questions for request in item.requests()}
    found = load_schemas(PUBLISHED, methods)
    reports = [check_reply("geth", item, Reply(200, item.recorded.encode()), found) for item in corpus.questions]
    assert [finding for report in reports for finding in report.findings] == []
    assert sum(report.checked for report in reports) > 600
    used = {item.allowance.name for report in reports for item in report.allowed}
    assert used == {row.name for row in SCHEMA_ALLOWANCES}


@published
@pytest.mark.parametrize("old", ['"0x', '"hash":"0x', '"number":"0x'])
def test_padded_hex_breaks_the_published_schema(old: str) -> None:
    corpus = load_corpus(answers_folder("everyfork"), ["eth_getBlockByNumber/head*"])
    found = load_schemas(PUBLISHED, {"eth_getBlockByNumber"})
    for item in corpus.questions:
        reply = Reply(200, item.recorded.replace(old, old + "0").encode())
        assert item.recorded.encode() == reply.body or check_reply("it", item, reply, found).findings
