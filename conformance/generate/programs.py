"""Programs of the EVM made at random of steps that often make sense together, so that many run for a while."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance.generate.facts import Facts
from conformance.generate.values import PRECOMPILES, some_of

NUMBERS = (0, 1, 2, 4, 5, 10, 20, 32, 64, 100, 160, 255, 24_577, 49_153, 300_000)
LIMITS = (2**32, 2**40, 0x1FFFFFFFE0, 2**64 - 32, 2**64 - 1, 2**255, 2**256 - 1)
_OPCODES = (*range(0x21), *range(0x30, 0x4C), *range(0x50, 0x60), *range(0xA0, 0xA5), *range(0xF0, 0x100))
_MEMORY_AND_CONTROL = range(0x50, 0x60)
_JUMPDEST, _DUP, _SWAP = b"\x5b", range(0x80, 0x90), range(0x90, 0xA0)
_CALL, _CALLCODE, _DELEGATECALL, _STATICCALL = 0xF1, 0xF2, 0xF4, 0xFA
_PUSH0, _PUSH20, _GAS = 0x5F, 0x73, 0x5A
_RETURN_MEMORY = b"\x60\x40\x5f\xf3"
"""Returns the first 64 bytes of memory."""
_STORE_AND_RETURN = b"\x5f\x52\x60\x20\x5f\xf3"
"""Returns what is on top of the stack."""


def programs(facts: Facts) -> SearchStrategy[str]:
    """Return a strategy of programs as hexadecimal data."""
    step = st.sampled_from(_steps(facts))
    steps = st.one_of(st.lists(step, max_size=10), st.lists(step, min_size=10, max_size=40))
    ending = st.sampled_from((_RETURN_MEMORY, _STORE_AND_RETURN, b"", b"\xfd", b"\xfe"))
    return st.tuples(steps, ending).map(lambda drawn: f"0x{b''.join(drawn[0]).hex()}{drawn[1].hex()}")


def push(number: int) -> bytes:
    """Return the shortest step that puts a number on the stack."""
    size = (number.bit_length() + 7) // 8
    return bytes([_PUSH0 + size]) + number.to_bytes(size, "big")


def _steps(facts: Facts) -> tuple[bytes, ...]:
    """Return all steps: half are numbers, as most steps take some from the stack."""
    accounts = [int(account, 16) for account in (*some_of(facts.contracts, 24), *some_of(facts.accounts, 8))]
    slots = [int(slot, 16) for _, slot in some_of(facts.slots, 8)]
    one_byte = [bytes([code]) for code in (*_OPCODES, *_MEMORY_AND_CONTROL, *_DUP, *_SWAP)]
    pushes = [push(number) for number in (*NUMBERS * 5, *LIMITS, *accounts, *slots, *range(1, 0x13), facts.head.number)]
    calls = _calls([*accounts, *(int(account, 16) for account in PRECOMPILES)])
    odd = [bytes([code]) for code in range(256) if code not in _OPCODES]
    return (*pushes, *one_byte, *[_JUMPDEST] * 8, *calls, *some_of(odd, 8), b"\x60")


def _calls(targets: Sequence[int]) -> list[bytes]:
    """Return steps that call an account, with a little memory for what goes in and comes out."""
    found = []
    for place, target in enumerate(targets):
        opcode = (_CALL, _STATICCALL, _DELEGATECALL, _CALLCODE)[place % 4]
        numbers = [32, 0, 64 if place % 3 else 160, 0]
        numbers += [place % 2] if opcode in (_CALL, _CALLCODE) else []
        found.append(b"".join(map(push, numbers)) + bytes([_PUSH20]) + target.to_bytes(20, "big"))
        found[-1] += bytes([_GAS, opcode])
    return found
