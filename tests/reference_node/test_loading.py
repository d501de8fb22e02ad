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
