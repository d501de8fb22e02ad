"""Which HTTP requests are answered at all; the expectations are what geth v1.17.8 did with the same headers."""

import pytest

from reference_node.rpc import http
from reference_node.rpc.http import Refusal

JSON = {b"content-type": b"application/json"}


@pytest.mark.parametrize(
    ("method", "headers", "refusal"),
    [
        ("POST", JSON, None),
        ("PATCH", JSON, None),
        ("OPTIONS", {}, None),
        ("PUT", JSON, Refusal(405, "method not allowed")),
        ("DELETE", {}, Refusal(405, "method not allowed")),
        ("POST", {}, Refusal(415, "invalid content type, only application/json is supported")),
        ("GET", {}, Refusal(415, "invalid content type, only application/json is supported")),
        ("POST", JSON | {b"content-length": b"5242880"}, None),
        ("POST", JSON | {b"content-length": b"5242881"}, Refusal(413, "content length too large (5242881>5242880)")),
        ("POST", {b"content-length": b"5242881"}, Refusal(413, "content length too large (5242881>5242880)")),
    ],
)
def test_requests_are_refused_as_geth_does(method: str, headers: dict[bytes, bytes], refusal: Refusal | None) -> None:
    assert refusal == http.refuse_request(method, headers)


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        (b"application/json", True),
        (b"APPLICATION/JSON", True),
        (b"application/json; charset=utf-8", True),
        (b"application/json;", True),
        (b"application/json-rpc", True),
        (b"application/jsonrequest", True),
        (b"application/json;;x", False),
        (b"text/plain", False),
        (b"json", False),
        (b"", False),
    ],
)
def test_content_types(content_type: bytes, accepted: bool) -> None:
    assert accepted == http.is_json_type(content_type)


@pytest.mark.parametrize(
    ("host", "vhosts", "allowed"),
    [
        ("localhost", {"localhost"}, True),
        ("LOCALHOST:8545", {"localhost"}, True),
        ("evil.example", {"localhost"}, False),
        ("evil.example:8545", {"localhost"}, False),
        ("evil.example", {"*"}, True),
        ("127.0.0.1:8545", set(), True),
        ("[::1]:8545", set(), True),
        ("[::1]", set(), True),
        ("::1", set(), True),
        ("127.0.0.1.evil.example", set(), False),
        ("", set(), True),
    ],
)
def test_hosts_are_addresses_or_named_ones(host: str, vhosts: set[str], allowed: bool) -> None:
    assert allowed == http.host_is_allowed(host, frozenset(vhosts))


@pytest.mark.parametrize(
    ("origin", "allowed", "header"),
    [
        ("http://a.example", "*", b"*"),
        ("http://A.example", "http://a.example", b"http://A.example"),
        ("http://x.c.example", "http://*.c.example", b"http://x.c.example"),
        ("http://c.example", "http://*.c.example", None),
        ("http://b.example", "http://a.example", None),
        ("", "*", None),
    ],
)
def test_answers_may_be_read_from_allowed_origins(origin: str, allowed: str, header: bytes | None) -> None:
    headers = http.answer_headers(origin, "POST", frozenset({allowed}))
    assert dict(headers).get(b"access-control-allow-origin") == header
    assert (b"vary", b"Origin") in headers


def test_an_answer_to_a_method_that_is_not_offered_may_not_be_read() -> None:
    assert http.answer_headers("http://a.example", "PATCH", frozenset({"*"})) == [(b"vary", b"Origin")]


def test_a_preflight_names_the_method_and_headers_it_was_asked_about() -> None:
    headers = http.preflight_headers("http://a.example", "post", "content-type, x-a-b,, ", frozenset({"*"}))
    assert dict(headers) == {
        b"vary": b"Access-Control-Request-Headers",
        b"access-control-allow-origin": b"*",
        b"access-control-allow-methods": b"POST",
        b"access-control-allow-headers": b"Content-Type, X-A-B",
        b"access-control-max-age": b"600",
    }


@pytest.mark.parametrize(
    ("origin", "method"), [("http://b.example", "POST"), ("", "POST"), ("http://a.example", "PUT")]
)
def test_a_refused_preflight_allows_nothing(origin: str, method: str) -> None:
    headers = http.preflight_headers(origin, method, "", frozenset({"http://a.example"}))
    assert {name for name, _ in headers} == {b"vary"}
