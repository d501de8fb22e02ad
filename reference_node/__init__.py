"""Reference master, replica and txrelay of an EtherCattle cluster."""

import os

# pysha3 hashes six times as fast as the default backend (0.9 µs against 5.8 µs for 100 bytes).
# The choice is made when eth_hash is first imported, so it has to be named before that.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
