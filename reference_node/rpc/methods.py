"""The table of all methods: importing a module of methods registers them."""

from reference_node.rpc import eth_blocks, eth_call, eth_fees, eth_logs, eth_send, eth_state, eth_transactions, net_web3
from reference_node.rpc.registry import METHODS

MODULES = (eth_blocks, eth_call, eth_fees, eth_logs, eth_send, eth_state, eth_transactions, net_web3)

__all__ = ["METHODS", "MODULES"]
