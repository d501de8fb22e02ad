"""The metrics' own server: one path, one clear line where it can't listen, nothing left behind, no client holds it."""

import socket
import threading

import httpx
import pytest

from reference_node import metrics_http
from reference_node.config import MetricsSettings
from reference_node.errors import UsageError
from reference_node.metrics import Values, metrics_shown

ANY = MetricsSettings(0)


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, timeout=10)


def test_a_scrape_gives_what_is_read_then_and_what_the_process_uses(capsys: pytest.CaptureFixture[str]) -> None:
    heads = [5]
    with metrics_shown(ANY) as metrics, metrics.showing(lambda: {"head_number": heads[-1]}):
        metrics.announce()
        assert metrics.url
        assert capsys.readouterr().out == f"metrics on {metrics.url}\n"
        assert "ethercattle_head_number 5.0\n" in get(metrics.url).text
        heads.append(6)
        found = get(metrics.url)
        assert "ethercattle_head_number 6.0\n" in found.text
        for name in ("process_resident_memory_bytes", "python_info", "python_gc_collections_total"):
            assert name in found.text
        assert found.headers["content-type"].startswith("text/plain; version=")
        assert get(metrics.url.replace("/metrics", "/other")).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_nothing_is_left_behind(address: str) -> None:
    with metrics_shown(MetricsSettings(0, address)) as metrics:
        assert metrics.url
        assert get(metrics.url).status_code == 200
    with pytest.raises(httpx.ConnectError):
        get(metrics.url)
    assert "metrics" not in {thread.name for thread in threading.enumerate()}


def test_an_address_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = f"--metrics.addr 127.0.0.1 --metrics.port {port} can't be listened on: Address already in use"
        with pytest.raises(UsageError, match=text), metrics_shown(MetricsSettings(port)):
            pass
    with (
        pytest.raises(UsageError, match=r"--metrics\.addr nowhere\.invalid"),
        metrics_shown(MetricsSettings(0, "nowhere.invalid")),
    ):
        pass


def test_a_client_that_sends_nothing_does_not_hold_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_http, "CLIENT_SECONDS_MAX", 0.05)
    with metrics_shown(ANY) as metrics:
        assert metrics.url
        url = httpx.URL(metrics.url)
        with socket.create_connection((url.host, url.port or 0)):
            assert get(metrics.url).status_code == 200


def test_a_source_that_fails_fails_the_scrape_alone(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Values:
        raise RuntimeError("closed")

    with metrics_shown(ANY) as metrics:
        assert metrics.url
        with metrics.showing(fail):
            assert get(metrics.url).status_code == 500
        assert get(metrics.url).status_code == 200
    assert "a scrape failed" in caplog.text
