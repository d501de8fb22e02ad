"""What is shown is what was counted, under the names of the table."""

import sys

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from reference_node.counters import ApplyCounters, Histogram, PublishCounters
from reference_node.health import Facts, Head, judge
from reference_node.metrics import (
    DEV,
    MASTER,
    METRICS,
    RELAY,
    REPLICA,
    Metrics,
    Values,
    metrics_shown,
    read_applied,
    read_following,
    read_health,
    read_published,
    read_rpc,
)
from reference_node.metrics_http import new_registry
from reference_node.rpc.meters import RpcMeters

HEAD = Head(7, b"\x07" * 32, 1_700_000_000)
HEALTH = judge(
    Facts(
        caught_up=True,
        head=HEAD,
        head_readable=True,
        block_age_seconds=12.5,
        offset=41,
        offset_age_seconds=3.0,
        lag_records=2,
        lag_blocks=1,
        epoch=4,
        last_heartbeat_ms=1_700_000_000_000,
    )
)


def samples(values: Values) -> dict[str, float]:
    """Return what a scrape of these values holds, by name and labels."""
    text = generate_latest(new_registry(lambda: values)).decode()
    return {
        sample.name.removeprefix("ethercattle_")
        + "".join(f" {label}" for label in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("ethercattle_")
    }


def test_health_is_shown() -> None:
    assert samples(read_health(HEALTH)) == {
        "head_number": 7, "block_age_seconds": 12.5, "log_offset": 41, "master_epoch": 4,
        "status ready": 1, "status degraded": 0, "status unready": 0,
    }  # fmt: skip
    assert samples(read_following(HEALTH, 1_700_000_005)) == {
        "offset_age_seconds": 3, "lag_records": 2, "lag_blocks": 1, "caught_up": 1, "draining": 0, "log_away": 0,
        "last_heartbeat_age_seconds": 5,
    }  # fmt: skip


def test_what_is_not_known_is_not_shown() -> None:
    found = samples({**read_health(judge(Facts())), **read_following(judge(Facts()))})
    assert set(found) == {
        "log_offset", "master_epoch", "status ready", "status degraded", "status unready", "caught_up", "draining",
        "log_away",
    }  # fmt: skip


def test_what_a_replica_applied_is_shown() -> None:
    seconds = Histogram((0.001, 0.1))
    for value in (0.0005, 0.001, 0.05, 7):
        seconds.observe(value)
    assert samples(read_applied(ApplyCounters(5, 4, 30, 999, 1, seconds))) == {
        "applied_records_total": 5, "applied_batches_total": 4, "applied_operations_total": 30,
        "applied_bytes_total": 999, "reorgs_total": 1, "apply_seconds_bucket 0.001": 2, "apply_seconds_bucket 0.1": 3,
        "apply_seconds_bucket +Inf": 4, "apply_seconds_count": 4, "apply_seconds_sum": 7.0515,
    }  # fmt: skip


def test_what_a_master_published_is_shown() -> None:
    counters = PublishCounters(heartbeats=2, published_sequence=11, seconds=Histogram(()))
    counters.count(3, [b"12", b"3"], 0.0)
    found = samples(read_published(counters, sequence=13, epoch=1, head_number=9))
    assert found.pop("publish_seconds_sum") > 0
    assert found == {
        "published_batches_total": 3, "published_records_total": 2, "published_bytes_total": 3, "heartbeats_total": 2,
        "publish_seconds_bucket +Inf": 1, "publish_seconds_count": 1, "outbox_batches": 2, "master_epoch": 1,
        "executed_head_number": 9,
    }  # fmt: skip


def test_what_a_server_answered_is_shown() -> None:
    meters = RpcMeters(["eth_call", "eth_chainId"])
    meters.count_call("eth_call", 0.5, 3)
    meters.count_call("made_up", 0.5, -32601)
    meters.count_status(503)
    found = samples(read_rpc(meters))
    assert {name: value for name, value in found.items() if "bucket" not in name} == {
        "rpc_seconds_count eth_call": 1, "rpc_seconds_sum eth_call": 0.5,
        "rpc_seconds_count unknown": 1, "rpc_seconds_sum unknown": 0.5,
        "rpc_errors_total 3": 1, "rpc_errors_total -32601": 1,
        "http_requests_total 200": 0, "http_requests_total 503": 1, "http_requests_under_way": 0,
    }  # fmt: skip


def test_every_metric_of_the_table_is_read_by_its_roles() -> None:
    server = {*read_health(HEALTH), *read_rpc(RpcMeters([]))}
    master = set(read_published(PublishCounters(), 0, 0, None))
    relay = {"relay_sent", "relay_already_known", "relay_refused", "relay_retried", "relay_lag_records"}
    read = {
        REPLICA: {*server, *read_following(HEALTH), *read_applied(ApplyCounters())},
        MASTER: master,
        DEV: server | master,
        RELAY: relay,
    }
    for role, names in read.items():
        assert {f"ethercattle_{name}" for name in names} == {metric.name for metric in METRICS if role in metric.roles}


def test_every_metric_is_described_once() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.kind in {"gauge", "counter", "histogram"}
        assert metric.text.endswith(".")


def test_sources_come_and_go(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics()
    with metrics.showing(lambda: {"head_number": 1}), metrics.showing(lambda: {"log_offset": 2}):
        assert metrics.read() == {"head_number": 1, "log_offset": 2}
    assert metrics.read() == {}
    metrics.announce()
    assert capsys.readouterr().out == ""


def test_without_settings_nothing_is_shown_or_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reference_node.metrics_http", None)
    with metrics_shown(None) as metrics:
        assert metrics.url is None
