"""eth_sendRawTransaction: hands a signed transaction to whatever takes transactions to a node."""

from reference_node.backend import SERVER_ERROR, Backend
from reference_node.rpc.params import decode_bytes
from reference_node.rpc.registry import Param, RpcError, method

NO_WAY_OUT = "transactions are not taken here: this node has no transaction topic (--kafka.tx.topic)"


@method("eth_sendRawTransaction", Param(decode_bytes), slow=True)
def send_raw_transaction(backend: Backend, raw: bytes) -> str:
    """Send a signed transaction on, and return its hash."""
    if backend.node.send_transaction is None:
        raise RpcError(SERVER_ERROR, NO_WAY_OUT)
    return "0x" + backend.node.send_transaction(backend, raw).hex()
