"""What a block must be by itself: its hash, its roots, its links, and what it holds by every way of asking."""

from collections.abc import Iterator

from conformance.answers import Json
from conformance.verify.derive import OPTIONAL, block_size, transaction_json
from conformance.verify.facts import HEADER_KEYS, BlockFacts, read_header
from conformance.verify.request_queues import possible_hashes, queue_requests
from conformance.verify.scene import Scene
from conformance.verify.spot import (
    Malformed,
    Spot,
    Unchecked,
    Wrong,
    disagreements,
    hex_data,
    hex_quantity,
    result_of,
)
from reference_node.chain.roots import EMPTY_UNCLES_HASH, transactions_root, withdrawals_root
from reference_node.chain.types import Header

_KNOWN_KEYS = {*HEADER_KEYS, "hash", "size", "uncles", "transactions", "withdrawals", "totalDifficulty"}


def form(scene: Scene) -> Iterator[Wrong]:
    """Every field has the form of its kind."""
    result_of(scene.full)
    if not isinstance(scene.block_read, BlockFacts):
        raise scene.block_read
    yield from ()


def block_hash(scene: Scene) -> Iterator[Wrong]:
    """The hash is that of the header's fields."""
    yield from header_hash(scene.block())


def header_hash(block: BlockFacts) -> Iterator[Wrong]:
    """Yield where a block's hash is not its header's."""
    yield from header_hash_of(block.spot, block.header)


def header_hash_of(spot: Spot, header: Header) -> Iterator[Wrong]:
    """Yield where the hash in a block's answer is not that of the header read from it."""
    strange = sorted(spot.value.keys() - _KNOWN_KEYS) if isinstance(spot.value, dict) else []
    said = f'"{hex_data(header.hash)}"' + (
        f", unless {', '.join(strange)[:100]} is part of the header" if strange else ""
    )
    if spot.key("hash").value != hex_data(header.hash):
        yield Wrong(spot.key("hash"), said)


def identity(scene: Scene) -> Iterator[Wrong]:
    """The block is the one asked for."""
    yield from disagreements(scene.block().spot.key("number"), hex_quantity(scene.number))


def body(scene: Scene) -> Iterator[Wrong]:
    """The roots of transactions and withdrawals, and the size, are those of the body."""
    yield from body_roots(scene.block())


def body_roots(block: BlockFacts) -> Iterator[Wrong]:
    """Yield where a block's lists are not those of its header."""
    header, spot = block.header, block.spot
    yield from disagreements(spot.key("transactionsRoot"), hex_data(transactions_root(block.transactions)))
    if header.withdrawals_root is None and block.withdrawals is not None:
        yield Wrong(spot.key("withdrawals"), "no value, as there is no withdrawalsRoot")
    elif header.withdrawals_root is not None and block.withdrawals is None:
        yield Wrong(spot.key("withdrawals"), "an array, as there is a withdrawalsRoot")
    elif block.withdrawals is not None:
        yield from disagreements(spot.key("withdrawalsRoot"), hex_data(withdrawals_root(block.withdrawals)))
    if header.uncles_hash == EMPTY_UNCLES_HASH:
        yield from disagreements(spot.key("uncles"), [])
        yield from disagreements(spot.key("size"), hex_quantity(block_size(block)))


def transactions(scene: Scene) -> Iterator[Wrong]:
    """Hash, sender, price and place of every transaction follow from its fields and signature."""
    block = scene.block()
    yield from transaction_list(block)
    chain_id = result_of(scene.chain_id).quantity()
    for spot, transaction in zip(block.transaction_spots, block.transactions, strict=True):
        if transaction.chain_id not in {None, chain_id}:
            yield Wrong(spot.key("chainId"), f'"{hex_quantity(chain_id)}", which eth_chainId answers')


def transaction_list(block: BlockFacts) -> Iterator[Wrong]:
    """Yield where a block's transactions are not what their own fields and signatures say."""
    for index, spot in enumerate(block.transaction_spots):
        if block.senders[index] is None:
            yield Wrong(spot.key("s"), "a signature that some key can have made")
        else:
            yield from disagreements(spot, {**transaction_json(block, index)}, OPTIONAL)


def parent_link(scene: Scene) -> Iterator[Wrong]:
    """The block names the one before as its parent, and is younger."""
    block = scene.block()
    if scene.parent is None:
        return
    parent = read_header(result_of(scene.parent))
    yield from disagreements(block.spot.key("parentHash"), hex_data(parent.hash))
    if block.header.timestamp <= parent.timestamp:
        yield Wrong(block.spot.key("timestamp"), f"more than the parent's {hex_quantity(parent.timestamp)}")


def every_way(scene: Scene) -> Iterator[Wrong]:
    """By hash and by number, with hashes and with transactions, it is one block."""
    block = scene.block()
    shown = block.spot.value
    if not isinstance(shown, dict):
        raise Unchecked("the block is no object")
    short: dict[str, Json] = {**shown, "transactions": [hex_data(item.hash) for item in block.transactions]}
    for answer, expected in ((scene.full_by_hash, shown), (scene.hashes, short), (scene.hashes_by_hash, short)):
        yield from _same_object(result_of(answer), expected)


def counts(scene: Scene) -> Iterator[Wrong]:
    """The counts are those of the body."""
    expected = hex_quantity(len(scene.block().transactions))
    for answer in (scene.count, scene.count_by_hash):
        yield from disagreements(result_of(answer), expected)


def single_transactions(scene: Scene) -> Iterator[Wrong]:
    """A transaction by hash or by place is the one in the block, and behind the last there is none."""
    block = scene.block()
    yield from disagreements(result_of(scene.past_end), None)
    for item in scene.transactions:
        shown = block.transaction_spots[item.index].value
        for answer in (item.by_hash, item.by_block_hash, item.by_block_number):
            if isinstance(shown, dict):
                yield from _same_object(result_of(answer), shown)


def requests(scene: Scene) -> Iterator[Wrong]:
    """The requests hash is that of the deposits in the logs, and of what the system contracts' queues give."""
    block = scene.block()
    stated = block.header.requests_hash
    if stated is None:
        return
    logs = [log for receipt in scene.block_receipts() for log in receipt.logs]
    try:
        taken = [queue_requests(answers, logs) for answers in scene.queues] if scene.queues else [b"", b""]
    except IndexError as error:
        yield Wrong(Spot(scene.queues[0].first, ("result",), scene.queues[0].first.result), str(error))
        return
    except Malformed as malformed:
        yield malformed.wrong
        return
    possible = list(possible_hashes(logs, taken))
    if stated not in possible:
        yield Wrong(block.spot.key("requestsHash"), f'"{hex_data(possible[0])}"')


def _same_object(spot: Spot, expected: dict[str, Json]) -> Iterator[Wrong]:
    """Yield where two answers of one endpoint about one thing are not the same, keys that only one has included."""
    yield from disagreements(spot, expected)
    if isinstance(spot.value, dict):
        for name in spot.value.keys() - expected.keys():
            yield Wrong(spot.key(name), "no such key, as another method shows none")
