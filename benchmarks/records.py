"""Fills a topic with batches of random content, as a master would publish them."""

import random

from reference_node.log.codec_writebatch import Batch, Chain, encode_batch, encode_epoch, with_epoch
from reference_node.log.open import open_log
from reference_node.writeset import encode_write_batch

BATCHES_AN_APPEND = 16
KEY_BYTES = 32
SEED = 4


def fill_topic(broker: str, topic: str, total_bytes: int, writes_a_batch: int, value_bytes: int) -> int:
    """Write batches until their records are this many bytes; return how many writes they hold."""
    chance = random.Random(SEED)
    log = open_log(broker, create=True)
    written_bytes, count, at = 0, 0, Chain()
    try:
        writer = log.open_writer(topic, 1)
        writer.append([encode_epoch(at, 0, 1)], 0, 0)
        while written_bytes < total_bytes:
            first, records = at.sequence, []
            for _ in range(BATCHES_AN_APPEND):
                writes = [(chance.randbytes(KEY_BYTES), chance.randbytes(value_bytes)) for _ in range(writes_a_batch)]
                found, at = encode_batch(Batch(encode_write_batch(writes), at.sequence, at.sequence, 0), at)
                records += [with_epoch(record, 1) for record in found]
                count += writes_a_batch
            writer.append(records, first, at.sequence)
            written_bytes += sum(len(record.value) for record in records)
        # the log closes its writers
    finally:
        log.close()
    return count
