"""Availability models of whole clusters."""
