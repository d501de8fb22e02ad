"""The health endpoints: which paths there are, and which status each answers.

`/health` is for people and dashboards: always 200, with the whole of what the node says of itself. `/health/live` is
for a process manager: 503 means that only a restart helps. `/health/ready`, and `GET /`, are for a balancer: 200 ready,
429 degraded (it serves, but stands behind a threshold), 503 not to be used.
"""

from collections.abc import Callable

import orjson

from reference_node.health import Health

_STATUS_BY_PATH: dict[str, Callable[[Health], int]] = {
    "/": lambda health: health.http_status,
    "/health": lambda _health: 200,
    "/health/live": lambda health: 200 if health.live else 503,
    "/health/ready": lambda health: health.http_status,
}
HEALTH_PATHS = frozenset(_STATUS_BY_PATH)


def health_answer(path: str, health: Health) -> tuple[int, bytes]:
    """Return the HTTP status and the body for one of `HEALTH_PATHS`."""
    return _STATUS_BY_PATH[path](health), orjson.dumps(health.as_json())
