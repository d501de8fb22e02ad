"""Requests made at random from a seed: programs, calls, wrong arguments, slots and proofs, histories of fees."""

import random
from collections.abc import Callable
from typing import Any

PROGRAM = "0x" + "c0de" * 10
"""Where generated programs stand, by an override."""
_OPCODES = (
    *range(0x21), *range(0x30, 0x4C), *range(0x50, 0x60), *range(0x50, 0x60), *range(0xA0, 0xA5), *range(0xF0, 0x100),
)  # fmt: skip
_SIZES = (0, 1, 2, 4, 5, 10, 20, 32, 64, 100, 255, 24_577, 49_153, 300_000)
_LIMITS = (2**32, 2**40, 0x1FFFFFFFE0, 2**64 - 32, 2**64 - 1, 2**256 - 1)
_CALL_GAS = (21_000, 22_000, 25_000, 30_000, 53_000, 60_000, 100_000, 1_000_000, 1 << 24, (1 << 24) + 1, 2**64 - 1, 0)
_LOOP_GAS = 3_000_000
_WRONG: tuple[Any, ...] = (
    None, 1, "", True, [], {}, "0x", "0x0", "0x00", "0xg", "12", "0x" + "1" * 65, "0x" + "1" * 40, [None], [1], 1.5, -1,
)  # fmt: skip
_CALL_FIELDS = (
    "from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce", "data", "input",
    "accessList", "chainId", "maxFeePerBlobGas", "blobVersionedHashes", "authorizationList", "unknown",
)  # fmt: skip
_ACCOUNT_FIELDS = ("nonce", "code", "balance", "state", "stateDiff", "movePrecompileToAddress")
Question = tuple[str, tuple[Any, ...]]


class Generator:
    """Makes requests about the accounts and blocks of one chain; the same seed makes the same request."""

    def __init__(self, accounts: list[str], block_hashes: list[str], chain_id: int) -> None:
        """Ask about these accounts and blocks (canonical hashes by number)."""
        self.accounts = [*accounts, "0x" + "5e" * 20, *(f"0x{number:040x}" for number in (0, 1, 2, 4))]
        self.block_hashes = block_hashes
        self.chain_id = chain_id

    def question(self, kind: str, seed: int) -> Question:
        """Return the request of a kind (program, call, wrong, state, fees) and a seed."""
        makers: dict[str, Callable[[random.Random], Question]] = {
            "program": self._program_call,
            "call": self._plain_call,
            "wrong": self._wrong_call,
            "state": self._state,
            "fees": self._fees,
        }
        return makers[kind](random.Random(f"{kind} {seed}"))

    def _block(self, r: random.Random) -> Any:
        number = hex(r.randrange(len(self.block_hashes) + 2))
        block_hash = r.choice(self.block_hashes)
        return r.choice(["latest", "latest", number, number, "safe", "earliest", block_hash, {"blockHash": block_hash}])

    def _word(self, r: random.Random) -> int:
        return r.choice([r.choice(_SIZES), r.randrange(12), r.choice(_LIMITS), int(r.choice(self.accounts), 16)])

    def _data(self, r: random.Random) -> str:
        return "0x" + "".join(f"{self._word(r):064x}" for _ in range(r.randrange(5)))

    def _arguments(self, r: random.Random) -> dict[str, Any]:
        optional: dict[str, tuple[float, Any]] = {
            "to": (0.9, r.choice(self.accounts)),
            "from": (0.6, r.choice(self.accounts)),
            r.choice(["input", "data"]): (0.8, self._data(r)),
            "gas": (0.4, hex(r.choice(_CALL_GAS))),
            "value": (0.2, hex(r.choice([0, 1, 10**18, 2**256 - 1]))),
            "gasPrice": (0.1, hex(r.choice([0, 1, 10**9, 10**11, 2**256 - 1]))),
            "maxFeePerGas": (0.1, hex(r.choice([0, 1, 10**9, 10**11]))),
            "maxPriorityFeePerGas": (0.1, hex(r.choice([0, 1, 10**9]))),
            "nonce": (0.1, hex(r.randrange(100))),
            "chainId": (0.1, hex(r.choice([self.chain_id, self.chain_id, 1]))),
            "accessList": (0.1, [{"address": r.choice(self.accounts), "storageKeys": [f"0x{r.randrange(5):064x}"]}]),
            "blobVersionedHashes": (0.05, [f"0x{r.choice([1, 1, 2]):02x}{'11' * 31}"] * r.randrange(8)),
            "maxFeePerBlobGas": (0.05, hex(r.choice([0, 1, 10**9]))),
        }
        return {name: value for name, (share, value) in optional.items() if r.random() < share}

    def _plain_call(self, r: random.Random) -> Question:
        return r.choice(["eth_call", "eth_estimateGas"]), (self._arguments(r), self._block(r))

    def _program_call(self, r: random.Random) -> Question:
        # Little enough gas that an endless loop ends before a replica's time is over.
        gas = r.randrange(21_000, 80_000) if r.random() < 0.4 else _LOOP_GAS
        arguments = {"to": PROGRAM, "input": self._data(r), "gas": hex(gas)}
        accounts = {PROGRAM: {"code": f"0x{self._program(r).hex()}", "balance": hex(r.choice([0, 10**19]))}}
        if r.random() < 0.3:
            changed = {"code": f"0x{self._program(r).hex()}", "nonce": hex(r.choice([0, 5, 2**64 - 1]))}
            accounts[r.choice(self.accounts)] = changed
        return r.choice(["eth_call", "eth_call", "eth_estimateGas"]), (arguments, self._block(r), accounts)

    def _program(self, r: random.Random) -> bytes:
        steps = [self._call_step(r) if r.random() < 0.1 else self._step(r) for _ in range(r.randrange(1, 60))]
        return b"".join(steps) + (b"\x60\x40\x5f\xf3" if r.random() < 0.5 else b"")

    def _step(self, r: random.Random) -> bytes:
        kind = r.random()
        if kind < 0.55:
            value = r.choice(_SIZES) if r.random() < 0.8 else self._word(r)
            size = max(1, (value.bit_length() + 7) // 8)
            return bytes([0x5F + size]) + value.to_bytes(size, "big")
        if kind < 0.7:
            return bytes([r.choice([0x5B, 0x80 + r.randrange(16), 0x90 + r.randrange(16)])])
        return bytes([r.choice(_OPCODES) if kind < 0.98 else r.randrange(256)])

    def _call_step(self, r: random.Random) -> bytes:
        opcode = r.choice([0xF1, 0xF2, 0xF4, 0xFA])
        numbers = [r.choice([0, 32, 64]), r.choice([0, 32]), r.choice([0, 32, 160]), 0]
        numbers += [r.choice([0, 1])] if opcode in (0xF1, 0xF2) else []
        pushes = b"".join(bytes([0x60, number]) for number in numbers)
        target = r.choice([r.choice(self.accounts), f"0x{r.randrange(1, 18):040x}"])
        return pushes + b"\x73" + bytes.fromhex(target[2:]) + b"\x5a" + bytes([opcode])

    def _wrong_call(self, r: random.Random) -> Question:
        params: list[Any] = [{**self._arguments(r), r.choice(_CALL_FIELDS): r.choice(_WRONG)}]
        if r.random() < 0.5:
            field = r.choice(_ACCOUNT_FIELDS)
            overrides: list[Any] = [
                {r.choice(self.accounts): {field: r.choice(_WRONG)}},
                {r.choice(self.accounts): {"stateDiff": {"0x" + "11" * 32: r.choice(_WRONG)}}},
                {"0x12": {}},
                r.choice(_WRONG),
            ]
            params += ["latest", r.choice(overrides)]
        return r.choice(["eth_call", "eth_estimateGas"]), tuple(params)

    def _state(self, r: random.Random) -> Question:
        account, block = r.choice(self.accounts), self._block(r)
        keys = [
            r.choice([hex(self._word(r)), f"0x{self._word(r):064x}", "0x", "zz", "3"]) for _ in range(r.randrange(5))
        ]
        methods: list[Question] = [
            ("eth_getBalance", (account, block)),
            ("eth_getTransactionCount", (account, block)),
            ("eth_getCode", (account, block)),
            ("eth_getStorageAt", (account, keys[0] if keys else "0x0", block)),
            ("eth_getProof", (account, keys, block)),
        ]
        return r.choice(methods)

    def _fees(self, r: random.Random) -> Question:
        percentiles = sorted(r.choice([0, 1, 5, 25, 33.3, 50, 75, 99.9, 100]) for _ in range(r.randrange(5)))
        count = r.choice([hex(r.randrange(90)), r.randrange(90), str(r.randrange(90)), "x"])
        newest = r.choice([hex(r.randrange(len(self.block_hashes) + 2)), "latest", "safe", "earliest"])
        return "eth_feeHistory", (count, newest, percentiles)
