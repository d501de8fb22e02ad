"""Shows metrics to Prometheus over HTTP, in a thread of its own."""

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from socketserver import TCPServer
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from reference_node.config import MetricsSettings
from reference_node.counters import Histogram
from reference_node.errors import UsageError
from reference_node.metrics import METRICS_BY_NAME, Described, Value, Values

PATH = "/metrics"
CLIENT_SECONDS_MAX = 5.0
"""How long a client may keep the one thread waiting."""
STOP_CHECK_SECONDS = 0.1
_LOG = logging.getLogger(__name__)


@contextmanager
def served(settings: MetricsSettings, read: Callable[[], Values]) -> Iterator[str]:
    """Show what `read` gives at each scrape, until left; yield the URL. Raises UsageError as `metrics_shown`."""
    server = _listen(settings, _only_metrics(new_registry(read)))
    thread = threading.Thread(target=server.serve_forever, args=(STOP_CHECK_SECONDS,), name="metrics", daemon=True)
    thread.start()
    try:
        host, port = map(str, server.server_address[:2])
        yield f"http://[{host}]:{port}{PATH}" if ":" in host else f"http://{host}:{port}{PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def new_registry(read: Callable[[], Values]) -> CollectorRegistry:
    """Return a registry with what a process is and uses, and with what `read` gives at each scrape."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Reading(read))
    return registry


class _Reading(Collector):
    """Makes samples of what a function returns."""

    def __init__(self, read: Callable[[], Values]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: what there is to read may come later."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the families of a scrape."""
        for name, value in self._read().items():
            yield _family(METRICS_BY_NAME[f"ethercattle_{name}"], value)


def _family(metric: Described, value: Value) -> Metric:
    labels = [metric.label] if metric.label else []
    by_label = value if isinstance(value, Mapping) else {} if value is None else {"": value}
    named = [([label] if metric.label else [], found) for label, found in by_label.items()]
    if metric.kind == "histogram":
        histogram = HistogramMetricFamily(metric.name, metric.text, labels=labels)
        for label, found in named:
            assert isinstance(found, Histogram)
            histogram.add_metric(label, _buckets(found), found.total)
        return histogram
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = make(metric.name, metric.text, labels=labels)
    for label, found in named:
        assert not isinstance(found, Histogram)
        family.add_metric(label, found)
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """Return the cumulated buckets as Prometheus has them."""
    bounds = [*map(str, histogram.bounds), "+Inf"]
    return list(zip(bounds, accumulate(list(histogram.counts)), strict=True))


def _listen(settings: MetricsSettings, app: WSGIApplication) -> WSGIServer:
    kind = _Server6 if ":" in settings.address else _Server
    try:
        server = kind((settings.address, settings.port), _Quiet)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        flags = f"--metrics.addr {settings.address} --metrics.port {settings.port}"
        raise UsageError(f"{flags} can't be listened on: {reason}") from error
    server.set_app(app)
    return server


def _only_metrics(registry: CollectorRegistry) -> WSGIApplication:
    shown = make_wsgi_app(registry)

    def answer(environment: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        if environment["PATH_INFO"] != PATH:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [f"there is only {PATH}\n".encode()]
        try:
            return list(shown(environment, start_response))
        except Exception:  # noqa: BLE001 - the scrape fails, and the node goes on
            _LOG.exception("a scrape failed")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"metrics can't be read\n"]

    return answer


class _Server(WSGIServer):
    """Does not ask for its own name, which may take long where no name server answers."""

    def server_bind(self) -> None:
        """Listen under the address as it was given."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    """Does not log each scrape, and does not wait for a client that sends nothing."""

    def setup(self) -> None:
        """Give the client so long, and no longer."""
        super().setup()
        self.connection.settimeout(CLIENT_SECONDS_MAX)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
