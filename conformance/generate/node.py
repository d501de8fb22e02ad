"""Strategies of the methods about the node itself, and of transactions that no node may take."""

from collections.abc import Mapping

from hypothesis import strategies as st

from conformance.generate.facts import Facts
from conformance.generate.values import Params, choose, flat, mixed, near_data, params, some_of


def strategies(facts: Facts) -> Mapping[str, Params]:
    """Return a strategy of parameters for each method."""
    data = st.one_of(
        st.binary(max_size=200).map(lambda content: "0x" + content.hex()),
        choose(mixed(facts.raw_transactions or ("0x",), ("0x", "0x0", "", "0xABCD", *near_data("0xabcd")))),
    )
    return {
        "eth_chainId": params(),
        "eth_syncing": params(),
        "eth_accounts": params(),
        "net_version": params(),
        "net_listening": params(),
        "net_peerCount": params(),
        "web3_clientVersion": params(),
        "web3_sha3": params(data),
        "eth_sendRawTransaction": _sending(facts),
    }


def _sending(facts: Facts) -> Params:
    """Return the strategy of eth_sendRawTransaction: transactions that are in the chain already, and broken ones.

    None of them can ever be taken, so that asking changes nothing.
    """
    known = facts.raw_transactions or ("0x",)
    broken = [*flat(_broken, some_of(known, 8)), "0x", "0x00", "0x02", "0x03c0", "0xc0", "0xff", "0x02c0", "0x7f01"]
    return params(st.one_of(choose(mixed(known, broken)), choose(mixed(broken))))


def _broken(raw: str) -> tuple[str, ...]:
    """Return transactions that are cut, too long, or of another type or list."""
    return (raw[:-2], raw[: len(raw) // 2 // 2 * 2], raw + "00", "0x05" + raw[4:], "0x" + raw[4:], "0xff" + raw[2:])
