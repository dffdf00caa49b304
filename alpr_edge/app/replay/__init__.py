"""Runs the composition of the capture daemon over a recording."""
