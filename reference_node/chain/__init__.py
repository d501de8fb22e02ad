"""Blocks, transactions, receipts and state as values read from a store."""
