"""Load on balanced replicas."""
