"""A chain of everyday transactions, long enough to time; made once by the real geth and kept in the cache."""

import json
import shutil
import tempfile
from pathlib import Path

from eth_hash.auto import keccak

from fixtures.chain_files import ChainFiles
from fixtures.engine import Attributes, build
from fixtures.geth import cache_folder, find_geth, initialise, running
from fixtures.make_chain import genesis
from fixtures.make_chain.plan import words
from fixtures.make_chain.wallet import ACCOUNTS, GWEI, Wallet, address
from reference_node.chain.config import Fork
from reference_node.chain.files import ForkChoice
from reference_node.chain.types import Block, encode_block

BLOCKS = 60
TRANSACTIONS_A_BLOCK = 71
"""As many as the block that geth's own speed was measured with."""
VERSION = 1
"""Raised when the content changes, so that an old cached chain is not taken for it."""


def bench_chain() -> ChainFiles:
    """Return the chain's files, making them if the cache lacks them (about half a minute)."""
    folder = cache_folder() / f"bench-chain-{VERSION}"
    files = ChainFiles("bench", folder)
    if not files.forkchoice.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder.parent))
        _make(ChainFiles("bench", staging))
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    return files


def transaction_count() -> int:
    """Return how many transactions the chain holds."""
    return BLOCKS * TRANSACTIONS_A_BLOCK


def _make(files: ChainFiles) -> None:
    content = genesis.genesis()
    for fork in (Fork.SHANGHAI, Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA, Fork.BPO1):
        content["config"][f"{fork.name.lower()}Time"] = 0
    files.genesis.write_text(json.dumps(content))
    wallet = Wallet()
    blocks: list[Block] = []
    with tempfile.TemporaryDirectory() as datadir:
        program = find_geth()
        initialise(program, files, Path(datadir))
        with running(program, Path(datadir)) as geth:
            head = first = bytes.fromhex(geth.rpc.call("eth_getHeaderByNumber", "0x0")["hash"][2:])
            for number in range(1, BLOCKS + 1):
                attributes = Attributes(
                    timestamp=genesis.timestamp(number),
                    fee_recipient=keccak(b"coinbase")[:20],
                    prev_randao=keccak(b"randao %d" % number),
                    withdrawals=(),
                    parent_beacon_block_root=keccak(b"beacon root %d" % number),
                    with_requests=True,
                )
                built = build(geth.rpc, head, attributes, _transactions(number, wallet))
                geth.engine.accept(built)
                head = built.block.header.hash
                geth.engine.choose(ForkChoice(head, first, first))
                blocks.append(built.block)
    files.chain.write_bytes(b"".join(encode_block(block) for block in blocks))
    names = {name: "0x" + head.hex() for name in ("head", "safe", "finalized")}
    files.forkchoice.write_text(json.dumps(names))


def _transactions(number: int, wallet: Wallet) -> list[bytes]:
    """Half plain transfers, a third token transfers, the rest storage writes."""
    sent = []
    for place in range(TRANSACTIONS_A_BLOCK):
        sender = (number + place) % ACCOUNTS
        if place % 6 < 3:
            fresh = keccak(b"%d %d" % (number, place))[:20]
            sent.append(wallet.dynamic(sender, fresh, value=1 + place, gas=21000, tip=GWEI))
        elif place % 6 < 5:
            data = words(address((sender + 1) % ACCOUNTS), place)
            sent.append(wallet.dynamic(sender, genesis.contract("TOKEN"), data=data, gas=100_000))
        else:
            data = words(number * 1000 + place, place)
            sent.append(wallet.dynamic(sender, genesis.contract("STORE"), data=data, gas=60_000))
    return sent
