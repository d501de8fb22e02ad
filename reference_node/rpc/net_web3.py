"""Methods about the node itself.

Source: geth v1.17.8, internal/ethapi/api.go (NetAPI), node/api.go (web3API).
"""

from eth_hash.auto import keccak

from reference_node.backend import Backend
from reference_node.rpc.encoding import hex_data
from reference_node.rpc.params import decode_bytes
from reference_node.rpc.registry import Param, method


@method("net_version")
def net_version(backend: Backend) -> str:
    """Return the network id, which is the chain id unless a network was made otherwise."""
    return str(backend.node.config.chain_id)


@method("net_listening")
def net_listening(_backend: Backend) -> bool:
    """Return true, as geth always does."""
    return True


@method("net_peerCount")
def net_peer_count(_backend: Backend) -> str:
    """Return no peers: a replica follows a log, not a network."""
    return "0x0"


@method("web3_clientVersion")
def web3_client_version(backend: Backend) -> str:
    """Return what this node is."""
    return backend.node.client_version


@method("web3_sha3", Param(decode_bytes))
def web3_sha3(_backend: Backend, data: bytes) -> str:
    """Return the keccak hash of data."""
    return hex_data(keccak(data))
