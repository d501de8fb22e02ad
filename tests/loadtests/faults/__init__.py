"""Tests of loadtests.faults."""
