"""Execution by py-evm, with the forks it lacks."""
