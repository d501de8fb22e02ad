"""Every hypothesis strategy that more than one test uses."""

from typing import Any

from hypothesis import strategies as st

from reference_node.chain import types

hashes = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20)
uint64s = st.integers(0, 2**64 - 1)
uint256s = st.integers(0, 2**256 - 1)

keys = st.one_of(hashes, st.binary(max_size=45))
writes = st.lists(st.tuples(keys, st.one_of(st.none(), st.binary(max_size=300))), max_size=20)

withdrawals = st.builds(types.Withdrawal, uint64s, uint64s, addresses, uint64s)
logs = st.builds(types.Log, addresses, st.lists(hashes, max_size=4).map(tuple), st.binary(max_size=64))
receipts = st.builds(types.Receipt, st.integers(0, 1), uint64s, st.lists(logs, max_size=3).map(tuple))


@st.composite
def headers(draw: st.DrawFn) -> types.Header:
    """Headers of any fork from before London to Prague."""
    number = uint64s.map(types.from_int)
    blooms, nonces = st.binary(min_size=256, max_size=256), st.binary(min_size=8, max_size=8)
    before_london = [hashes, hashes, addresses, hashes, hashes, hashes, blooms, *[number] * 5]
    before_london += [st.binary(max_size=32), hashes, nonces]
    later = [uint256s.map(types.from_int), hashes, number, number, hashes, hashes]
    fields = [*before_london, *later[: draw(st.integers(0, len(later)))]]
    return types.header_from_item([draw(field) for field in fields])


@st.composite
def raw_transactions(draw: st.DrawFn) -> bytes:
    """Well-formed EIP-2718 bytes of types 0 to 4; their signatures are random numbers."""
    kind = draw(st.integers(0, 4))
    number, target = uint64s.map(types.from_int), addresses if kind >= 3 else st.one_of(addresses, st.just(b""))
    signature = [uint256s.map(types.from_int)] * 2
    call = [number, target, number, st.binary(max_size=80)]
    access = st.lists(st.tuples(addresses, st.lists(hashes, max_size=2)).map(list), max_size=2)
    authorization = st.tuples(number, addresses, number, number, *signature).map(list)
    parity = st.sampled_from([b"", b"\x01"])
    by_type: dict[int, list[st.SearchStrategy[Any]]] = {
        0: [number, number, *call, st.integers(27, 2**40).map(types.from_int), *signature],
        1: [number, number, number, *call, access, parity, *signature],
        2: [number, number, number, number, *call, access, parity, *signature],
        3: [number, number, number, number, *call, access, number, st.lists(hashes, max_size=3), parity, *signature],
        4: [number, number, number, number, *call, access, st.lists(authorization, max_size=2), parity, *signature],
    }
    payload = types.encode_rlp([draw(field) for field in by_type[kind]])
    return payload if kind == 0 else bytes([kind]) + payload


@st.composite
def blocks(draw: st.DrawFn) -> types.Block:
    """Blocks whose roots mean nothing, but whose bytes are well formed."""
    body = types.Body(
        tuple(types.decode_transaction(raw) for raw in draw(st.lists(raw_transactions(), max_size=3))),
        (),
        draw(st.one_of(st.none(), st.lists(withdrawals, max_size=3).map(tuple))),
        0,
    )
    return types.Block(draw(headers()), types.decode_body(types.encode_body(body)))
