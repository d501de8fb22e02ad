"""Health is JSON that a balancer and a person can read."""

from reference_node.health import Health


def test_health_names_head_offset_and_lag() -> None:
    assert Health(True, 5, b"\xab" * 32, 9, 0, "").as_json() == {
        "ready": True,
        "head": {"number": 5, "hash": "0x" + "ab" * 32},
        "offset": 9,
        "lag_records": 0,
        "reason": "",
    }


def test_a_node_without_a_head_says_so() -> None:
    found = Health(False, None, None, -1, None, "no chain yet").as_json()
    assert found["head"] is None
    assert found["lag_records"] is None
