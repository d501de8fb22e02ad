"""Where write sets come from."""
