"""Bounds of the pool of connections, for every engine."""

BUSY_S = 15.0
"""How long a batch waits for the ones before it."""
CONNECTIONS_MAX = 8
