"""Opens a mix in a generator: draws its calls, judges and watches what is answered, and signs what is to be sent."""

from conformance.pin import UNKNOWN_HASH
from loadtests.calls import Arrival, Call
from loadtests.consistency import HeadWatch
from loadtests.judging import AnswerJudge
from loadtests.sampling import Drawer, Drawn, Live, read_plan
from loadtests.seams import Opened, Source
from loadtests.signing import Sender, open_sender
from loadtests.task import Task

_HEAD = b'{"jsonrpc":"2.0","id":'


def open_mix(task: Task) -> Opened:
    """Open what `loadtests.requests.prepare` has prepared."""
    spec = task.requests
    templates, tables = read_plan(spec)
    drawer = Drawer(templates, tables, spec["skew"], task.seed, spec["batch"])
    watch = HeadWatch()
    sender = open_sender(spec["sender"], task) if spec["sender"] else None
    source = source_of(drawer, watch, sender, spec["clients"], spec["batch"])
    return Opened(source, AnswerJudge(watch, spec["stale_seconds"]), watch)


def source_of(drawer: Drawer, watch: HeadWatch, sender: Sender | None, clients: int, batch: int) -> Source:
    """Return what makes the n-th request; its client is n modulo the count of clients."""
    live = Live(
        seen_head=watch.seen_head,
        sent_hash=(lambda: sender.sent_hash() or UNKNOWN_HASH) if sender else lambda: UNKNOWN_HASH,
        raw_transaction=sender.raw_transaction if sender else str,
    )

    def source(number: int, at_seconds: float) -> Arrival:
        client = number % clients
        first = number * batch + 1
        calls = tuple(_call(each, first + place) for place, each in enumerate(drawer.draw(number, client, live)))
        return Arrival(at_seconds, client, calls, batch > 1)

    return source


def _call(drawn: Drawn, identity: int) -> Call:
    body = b"%b%d%b" % (_HEAD, identity, drawn.tail)
    return Call(drawn.method, body, identity, drawn.is_of_sent, drawn.block)
