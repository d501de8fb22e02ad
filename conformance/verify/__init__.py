"""Verify a node's answers without a reference: by hashes, roots, proofs, signatures, and against each other."""
