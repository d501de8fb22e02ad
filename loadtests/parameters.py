"""How the parameters of each method are made: which tables they draw from, and what of a chain is in those tables."""

from collections.abc import Iterable, Mapping, Sequence

from conformance.pin import UNKNOWN_HASH
from loadtests.facts import Facts
from loadtests.mix import Parameters
from loadtests.probes import TRACER, Placed, Probed, text_of
from loadtests.sampling import RAW_TRANSACTION, SEEN_HEAD, SENT_HASH, Group, Table

TRANSACTION_METHOD = "eth_sendRawTransaction"
PARAMS: Mapping[str, str] = {
    "debug_traceTransaction": f"[<traced>,{text_of(TRACER)}]",
    "eth_accounts": "[]",
    "eth_blobBaseFee": "[]",
    "eth_blockNumber": "[]",
    "eth_call": "[<call>]",
    "eth_chainId": "[]",
    "eth_estimateGas": "[<estimate>]",
    "eth_feeHistory": '["0x5",<block>,[25,75]]',
    "eth_gasPrice": "[]",
    "eth_getBalance": "[<account>,<state_block>]",
    "eth_getBlockByHash": "[<block_hash>,<full>]",
    "eth_getBlockByNumber": "[<block>,<full>]",
    "eth_getBlockReceipts": "[<block>]",
    "eth_getBlockTransactionCountByHash": "[<block_hash>]",
    "eth_getBlockTransactionCountByNumber": "[<block>]",
    "eth_getCode": "[<contract>,<state_block>]",
    "eth_getLogs": "[<filter>]",
    "eth_getProof": "[<slots>,<proof_block>]",
    "eth_getStorageAt": "[<slot>,<state_block>]",
    "eth_getTransactionByBlockHashAndIndex": "[<hash_and_index>]",
    "eth_getTransactionByBlockNumberAndIndex": "[<number_and_index>]",
    "eth_getTransactionByHash": "[<transaction>]",
    "eth_getTransactionCount": "[<account>,<state_block>]",
    "eth_getTransactionReceipt": "[<receipt>]",
    "eth_maxPriorityFeePerGas": "[]",
    TRANSACTION_METHOD: "[<raw>]",
    "eth_syncing": "[]",
    "net_listening": "[]",
    "net_peerCount": "[]",
    "net_version": "[]",
    "web3_clientVersion": "[]",
}
"""The methods that calls can be made of."""
NUMBERS_MAX = 4096
"""Numbers of blocks in a table; of longer chains, newer blocks are denser in it than older ones."""
SHOWN = f'"{SEEN_HEAD}"'
LATEST = '"latest"'


def make_tables(facts: Facts, found: Probed, parameters: Parameters, *, is_sending: bool) -> dict[str, Table]:
    """Return all tables that `PARAMS` names; one whose entries a chain does not have is empty."""
    numbers = block_numbers(facts)
    places = [text_of([hex(fact.block.number), hex(fact.index)])[1:-1] for fact in facts.transactions]
    by_hash = [text_of([fact.block.hash, hex(fact.index)])[1:-1] for fact in facts.transactions]
    transaction_blocks = [fact.block.number for fact in facts.transactions]
    transactions = [text_of(fact.hash) for fact in facts.transactions]
    own = parameters.own_receipts_share if is_sending else 0.0
    receipts = [Group(1 - own, transactions, transaction_blocks), Group(own, [f'"{SENT_HASH}"'])]
    estimates = list(map(text_of, found.estimates))
    calls = [f"{text_of(call)},{LATEST}" for call in found.calls]
    seen_calls = [f"{text_of(call)},{SHOWN}" for call in found.calls]
    old_calls = [Placed(text_of(each.value)[1:-1], each.block) for each in found.old_calls]
    return {
        "account": [Group(1, list(map(text_of, facts.accounts)))],
        "block": _by_age(parameters, [LATEST], [SHOWN], [Placed(text_of(hex(number)), number) for number in numbers]),
        "block_hash": [Group(1, [text_of(each.hash) for each in facts.blocks], [each.number for each in facts.blocks])],
        "call": _by_age(parameters, calls, seen_calls if facts.has_old_state else [], old_calls),
        "contract": [Group(1, list(map(text_of, facts.contracts or facts.accounts)))],
        "estimate": [Group(1, estimates)],
        "filter": _filters(facts, found, parameters),
        "full": [
            Group(parameters.full_blocks_share, ["true"]),
            Group(1 - parameters.full_blocks_share, ["false"]),
        ],
        "hash_and_index": [Group(1, by_hash, transaction_blocks)],
        "number_and_index": [Group(1, places, transaction_blocks)],
        "proof_block": _state_blocks(parameters, numbers if found.has_old_proofs else ()),
        "raw": [Group(1, [f'"{RAW_TRANSACTION}"'])],
        "receipt": receipts,
        "slot": [Group(1, [text_of(slot)[1:-1] for slot in facts.slots])],
        "slots": [Group(1, [text_of([contract, [key]])[1:-1] for contract, key in facts.slots])],
        "state_block": _state_blocks(parameters, numbers if facts.has_old_state else ()),
        "traced": [Group(1, list(map(text_of, found.traces)))],
        "transaction": [Group(1, transactions, transaction_blocks)],
    }


def block_numbers(facts: Facts) -> list[int]:
    """Return blocks before the head, newest first: all of a short chain; of a longer one, the older the fewer."""
    ages = facts.head - facts.first_block
    if ages <= NUMBERS_MAX:
        return [facts.head - age for age in range(1, ages + 1)] or [facts.head]
    chosen = {round(ages ** (place / (NUMBERS_MAX - 1))) for place in range(NUMBERS_MAX)}
    return [facts.head - age for age in sorted(chosen)]


def _by_age(parameters: Parameters, latest: Sequence[str], shown: Sequence[str], old: Sequence[Placed]) -> list[Group]:
    """Return what is about the newest block, about the newest that a client was shown, and about older ones."""
    old_share = 1 - parameters.latest_share - parameters.seen_head_share
    return [
        Group(parameters.latest_share, latest),
        Group(parameters.seen_head_share, shown),
        Group(old_share, [each.value for each in old], [each.block for each in old]),
    ]


def _state_blocks(parameters: Parameters, numbers: Iterable[int]) -> list[Group]:
    """Return blocks whose state is asked for: only the newest where older state may be gone."""
    old = [Placed(text_of(hex(number)), number) for number in numbers]
    return _by_age(parameters, [LATEST], [SHOWN] if old else [], old) if old else [Group(1, [LATEST])]


def _filters(facts: Facts, found: Probed, parameters: Parameters) -> list[Group]:
    """Return filters of logs: of single new blocks by address, and of older ranges in which there are logs."""
    addresses = list(dict.fromkeys(log.address for log in facts.logs))[:32]
    bare = [{"address": address} for address in addresses] or [{}]
    latest = [text_of({"fromBlock": "latest", "toBlock": "latest"} | each) for each in bare]
    shown = [text_of({"fromBlock": SEEN_HEAD, "toBlock": SEEN_HEAD} | each) for each in bare]
    return _by_age(parameters, latest, shown, [Placed(text_of(each.value), each.block) for each in found.filters])


__all__ = ["PARAMS", "TRANSACTION_METHOD", "UNKNOWN_HASH", "block_numbers", "make_tables"]
