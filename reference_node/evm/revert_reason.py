"""What a revert's data say, where they are a Solidity Error(string) or Panic(uint256).

Source: geth v1.17.8, accounts/abi/abi.go (UnpackRevert), unpack.go (lengthPrefixPointsTo).
"""

_WORD_BYTES = 32
_ERROR_SELECTOR = bytes.fromhex("08c379a0")
_PANIC_SELECTOR = bytes.fromhex("4e487b71")
_PANICS = {
    0x00: "generic panic",
    0x01: "assert(false)",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "enum overflow",
    0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array",
    0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory",
    0x51: "uninitialized function",
}


def revert_reason(data: bytes) -> bytes | None:
    """Return the reason as text (any bytes: nobody checks that they are UTF-8), or None where there is none."""
    selector, arguments = data[:4], data[4:]
    if selector == _ERROR_SELECTOR:
        return _string(arguments)
    if selector == _PANIC_SELECTOR and len(arguments) >= _WORD_BYTES:
        code = int.from_bytes(arguments[:_WORD_BYTES], "big")
        return _PANICS.get(code, f"unknown panic code: {code:#x}").encode()
    return None


def _string(arguments: bytes) -> bytes | None:
    if len(arguments) < _WORD_BYTES:
        return None
    start = int.from_bytes(arguments[:_WORD_BYTES], "big") + _WORD_BYTES
    if start > len(arguments):
        return None
    end = start + int.from_bytes(arguments[start - _WORD_BYTES : start], "big")
    return arguments[start:end] if end <= len(arguments) else None
