"""Load tests of balanced replicas that measure what a client would feel."""
