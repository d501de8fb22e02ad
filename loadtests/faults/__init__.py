"""Faults during a load test: what they are, what does them, and what is measured of them."""
