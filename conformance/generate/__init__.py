"""Requests made at random, by hypothesis strategies over the facts of the chain that is asked about."""
