"""What a node loads before it is ready: the EVM is more than half of all, and is left for the first call."""

import subprocess
import sys

PROGRAM = """
import sys
import reference_node.cli
import reference_node.roles.replica
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_replica_is_ready_without_the_evm_and_without_logs_it_does_not_use() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert {"click", "plyvel", "uvicorn"} <= loaded
    assert not loaded & {"eth", "py_ecc", "ckzg", "confluent_kafka", "prometheus_client"}


FIRST_CALLS = """
import sys, threading
from reference_node.roles import sender
from reference_node.rpc import eth_call
from reference_node.rpc.registry import RpcError

sys.setswitchinterval(0.00005)
barrier, wrong = threading.Barrier(6), []

class Node:
    config = None

class Backend:
    node, view = Node(), None

def take(first_call):
    barrier.wait()
    try:
        first_call()
    except (AttributeError, TypeError, ValueError, RpcError):  # the call itself is none
        pass
    except Exception as error:
        wrong.append(repr(error))

sending = object.__new__(sender.TransactionSender)
first_calls = [lambda: eth_call._arguments({}), lambda: eth_call.call(Backend()), lambda: sending.send(Backend(), b"")]
threads = [threading.Thread(target=take, args=(first_call,)) for first_call in first_calls * 2]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(wrong)
"""


def test_first_calls_from_several_threads_find_the_evm_whole() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_CALLS], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]", done.stdout
