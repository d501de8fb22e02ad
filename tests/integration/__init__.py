"""Tests across parts: whole processes, crashes, and the real geth."""
