"""Speeds, each printed as a ratio to its peer measured in the same run."""
