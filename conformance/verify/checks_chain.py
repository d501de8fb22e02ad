"""What holds between blocks: split ranges against the whole, the head against its block, what nobody knows is null."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from conformance.answers import Json
from conformance.compare import ABSENT
from conformance.verify.ask import Answer, Asker
from conformance.verify.spot import Unchecked, Wrong, disagreements, hex_data, hex_quantity, result_of
from conformance.verify.values import Outcome, check_claim

_UNKNOWN_METHODS = ("eth_getTransactionByHash", "eth_getTransactionReceipt")


@dataclass(frozen=True, slots=True)
class RangeAnswers:
    """Logs of a range of blocks in one, and in two parts, with the hashes of its ends before and after."""

    whole: Answer
    parts: tuple[Answer, Answer]
    ends: tuple[Answer, ...]


def ask_range(asker: Asker, first: int, last: int) -> RangeAnswers:
    """Ask for the logs from a block to a later one, which are two blocks at least."""
    middle = (first + last) // 2

    def logs(begin: int, end: int) -> Answer:
        return asker.ask("eth_getLogs", {"fromBlock": hex_quantity(begin), "toBlock": hex_quantity(end)})

    def end() -> Answer:
        return asker.ask("eth_getBlockByNumber", hex_quantity(last), False)  # noqa: FBT003 - JSON-RPC's parameter

    before = end()
    whole, parts = logs(first, last), (logs(first, middle), logs(middle + 1, last))
    return RangeAnswers(whole, parts, (before, end()))


def split_range(answers: RangeAnswers) -> Iterator[Wrong]:
    """The logs of a range are those of its parts, in their order."""
    before, after = (result_of(answer).key("hash").value for answer in answers.ends)
    if before != after:
        raise Unchecked("the last block of the range became another one while it was asked about")
    expected: list[Json] = [
        item.value for part in answers.parts for item in result_of(part).items() if item.value is not ABSENT
    ]
    yield from disagreements(result_of(answers.whole), expected)


def head(before: Answer, latest: Answer, after: Answer) -> Iterator[Wrong]:
    """The block named latest has the number of the head."""
    first, last = result_of(before).quantity(8), result_of(after).quantity(8)
    spot = result_of(latest).key("number")
    number = spot.quantity(8)
    if not first <= number <= last and first <= last:
        yield Wrong(spot, f"from {hex_quantity(first)} to {hex_quantity(last)}, which eth_blockNumber answered")


def unknown(answers: Iterable[Answer]) -> Iterator[Wrong]:
    """What nobody has made is null."""
    for answer in answers:
        yield from disagreements(result_of(answer), None)


def check_chain(asker: Asker, ranges: Iterable[tuple[int, int]], chance: Random) -> Iterator[Outcome]:
    """Yield what becomes of the claims that are not about one block."""
    reads = [asker.ask("eth_blockNumber"), asker.ask("eth_getBlockByNumber", "latest", False)]  # noqa: FBT003
    reads.append(asker.ask("eth_blockNumber"))
    yield _outcome("head", "latest", "eth_blockNumber", partial(head, *reads))
    nobody = hex_data(chance.randbytes(32))
    nothing = [asker.ask(method, nobody) for method in _UNKNOWN_METHODS]
    nothing.append(asker.ask("eth_getBlockByHash", nobody, False))  # noqa: FBT003
    yield _outcome("unknown", "hash", "eth_getTransactionByHash", partial(unknown, nothing))
    for first, last in ranges:
        answers = ask_range(asker, first, last)
        yield _outcome("logs-split", f"blocks-{first}-{last}", "eth_getLogs", partial(split_range, answers))


def _outcome(claim: str, about: str, method: str, check: "partial[Iterator[Wrong]]") -> Outcome:
    meaning = (check.func.__doc__ or "").strip().rstrip(".")
    return check_claim(claim, about, method, meaning, check)
