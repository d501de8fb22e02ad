"""What a block's receipts and logs must be: their root, their filters, their sums, and the same by every way."""

from collections.abc import Iterator, Sequence

from conformance.compare import ABSENT
from conformance.verify.derive import BLOB_GAS, OPTIONAL, created_contract, logs_json, receipt_json
from conformance.verify.facts import BlockFacts
from conformance.verify.scene import FilterAnswer, Scene
from conformance.verify.spot import Malformed, Spot, Wrong, disagreements, hex_data, hex_quantity, result_of
from reference_node.chain.roots import logs_bloom, receipts_root
from reference_node.chain.types import Log, Receipt


def form(scene: Scene) -> Iterator[Wrong]:
    """There is one receipt for each transaction, and every field has the form of its kind."""
    result = result_of(scene.receipts)
    if not isinstance(scene.receipts_read, tuple):
        raise scene.receipts_read
    count = len(scene.block().transactions)
    if len(scene.receipts_read) != count:
        yield Wrong(result, f"an array of {count} receipts")


def root(scene: Scene) -> Iterator[Wrong]:
    """The root of receipts is that of the receipts."""
    block, receipts = scene.block(), scene.block_receipts()
    yield from disagreements(block.spot.key("receiptsRoot"), hex_data(receipts_root(block.transactions, receipts)))


def blooms(scene: Scene) -> Iterator[Wrong]:
    """Every bloom filter is that of its logs, the block's too."""
    for spot, receipt in zip(result_of(scene.receipts).items(), scene.block_receipts(), strict=True):
        yield from disagreements(spot.key("logsBloom"), hex_data(logs_bloom(receipt.logs)))
    logs = [log for receipt in scene.block_receipts() for log in receipt.logs]
    yield from disagreements(scene.block().spot.key("logsBloom"), hex_data(logs_bloom(logs)))


def gas(scene: Scene) -> Iterator[Wrong]:
    """Gas adds up to the block's, and blob gas too."""
    block, receipts = scene.block(), scene.block_receipts()
    used = receipts[-1].cumulative_gas_used if receipts else 0
    yield from disagreements(block.spot.key("gasUsed"), hex_quantity(used))
    if block.header.blob_gas_used is not None:
        blobs = sum(len(transaction.blob_versioned_hashes or ()) for transaction in block.transactions)
        yield from disagreements(block.spot.key("blobGasUsed"), hex_quantity(blobs * BLOB_GAS))
    before = 0
    for spot, receipt in zip(result_of(scene.receipts).items(), receipts, strict=True):
        if receipt.cumulative_gas_used <= before:
            yield Wrong(spot.key("cumulativeGasUsed"), f"more than {hex_quantity(before)}, that of the one before")
        before = receipt.cumulative_gas_used


def fields(scene: Scene) -> Iterator[Wrong]:
    """Gas, price, place, contract address and logs of every receipt follow from its block and transaction."""
    block, receipts = scene.block(), scene.block_receipts()
    for index, spot in enumerate(result_of(scene.receipts).items()):
        yield from receipt_fields(block, receipts, index, spot)
    yield from _one_blob_price(result_of(scene.receipts).items())


def receipt_fields(block: BlockFacts, receipts: Sequence[Receipt], index: int, spot: Spot) -> Iterator[Wrong]:
    """Yield where a receipt is not what its block and transaction make it."""
    yield from disagreements(spot, {**receipt_json(block, receipts, index)}, OPTIONAL)
    created = created_contract(block, index)
    contract = spot.key("contractAddress")
    failed_without = receipts[index].status == 0 and contract.value is None
    if created is None and contract.value is not ABSENT:
        yield from disagreements(contract, None)
    elif created is not None and not failed_without:  # some clients name a contract that failed, others don't
        yield from disagreements(contract, hex_data(created))
    yield from _blob_price(block, index, spot)


def _blob_price(block: BlockFacts, index: int, spot: Spot) -> Iterator[Wrong]:
    """Yield where the price of blob gas can't be: what it is exactly depends on the chain's configuration."""
    transaction = block.transactions[index]
    price = spot.given("blobGasPrice")
    if transaction.blob_versioned_hashes is None:
        for name in ("blobGasPrice", "blobGasUsed"):
            found = spot.given(name)
            if found is not None:
                yield Wrong(found, "no value, as the transaction has no blobs")
        return
    if price is None:
        raise Malformed(spot.key("blobGasPrice"), "a quantity, as the transaction has blobs")
    if block.header.excess_blob_gas == 0:
        yield from disagreements(price, hex_quantity(1))
    if not 1 <= price.quantity() <= (transaction.max_fee_per_blob_gas or 0):
        yield Wrong(price, f"from 0x1 to {hex_quantity(transaction.max_fee_per_blob_gas or 0)}, the most it may be")


def _first(items: Spot) -> Spot:
    found = items.items()
    if not found:
        raise Malformed(items, "an array that is not empty")
    return found[0]


def _one_blob_price(receipts: Sequence[Spot]) -> Iterator[Wrong]:
    prices = [price for spot in receipts if (price := spot.given("blobGasPrice")) is not None]
    for price in prices[1:]:
        yield from disagreements(price, hex_quantity(prices[0].quantity()))


def fees(scene: Scene) -> Iterator[Wrong]:
    """The history of fees has the block's base fee, and the price of blobs that its receipts have."""
    header, history = scene.block().header, result_of(scene.fees)
    yield from disagreements(history.key("oldestBlock"), hex_quantity(header.number))
    if header.base_fee_per_gas is not None:
        yield from disagreements(_first(history.key("baseFeePerGas")), hex_quantity(header.base_fee_per_gas))
    prices = [price for spot in result_of(scene.receipts).items() if (price := spot.given("blobGasPrice")) is not None]
    for price in prices[:1]:
        yield from disagreements(_first(history.key("baseFeePerBlobGas")), hex_quantity(price.quantity()))


def every_way(scene: Scene) -> Iterator[Wrong]:
    """Receipts by the block's hash, and each by its transaction's, are those by number."""
    shown = result_of(scene.receipts)
    items = shown.items()
    by_hash = result_of(scene.receipts_by_hash)
    expected = [item.value for item in items if item.value is not ABSENT]
    yield from disagreements(by_hash, expected)
    for transaction in scene.transactions:
        if transaction.index < len(expected):
            yield from disagreements(result_of(transaction.receipt), expected[transaction.index])


def logs(scene: Scene) -> Iterator[Wrong]:
    """The logs by the block's hash and by its number are those of the receipts."""
    expected = logs_json(scene.block(), scene.block_receipts())
    for answer in (scene.logs_by_hash, scene.logs):
        yield from disagreements(result_of(answer), expected, OPTIONAL)


def filters(scene: Scene) -> Iterator[Wrong]:
    """Filters by address and topics let through just the logs that have them."""
    receipts = scene.block_receipts()
    every = [log for receipt in receipts for log in receipt.logs]
    for asked, expected in zip(scene.filters, logs_through(scene.filters, every), strict=True):
        shown = logs_json(scene.block(), receipts)
        yield from disagreements(result_of(asked.answer), [shown[place] for place in expected], OPTIONAL)


def logs_through(asked: Sequence[FilterAnswer], every: Sequence[Log]) -> list[list[int]]:
    """Return for each filter the places of the logs that it lets through."""
    return [[place for place, log in enumerate(every) if is_let_through(log, one.address, one.topics)] for one in asked]


def is_let_through(log: Log, address: str | None, topics: Sequence[str | None]) -> bool:
    """Say whether a log has an address, and topics in their places; None stands for any."""
    if address is not None and hex_data(log.address) != address:
        return False
    if len(log.topics) < len(topics):
        return False
    return all(topic is None or hex_data(log.topics[place]) == topic for place, topic in enumerate(topics))
