"""Ports of the loopback address for the servers that tests, benchmarks and proofs start by themselves."""

import itertools
import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
FIRST = 10_000
"""Below it are ports of known services."""
CONNECTION_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""The first and last port that the kernel gives to connections (ip(7))."""


def free_port() -> int:
    """A port as of :func:`free_ports`."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many ports, TCP and UDP, at which nobody listens now.

    None is of those that the kernel gives to connections: such a port may be a client's by the time that its server
    starts, and a server of many ports, as SeaweedFS, needs only to lose one to give no answer.
    """
    first_of_connections = int(CONNECTION_PORTS.read_text(encoding="ascii").split()[0])
    candidates = range(FIRST, first_of_connections)
    drawn = random.SystemRandom().sample(candidates, len(candidates))
    return list(itertools.islice(filter(_is_free, drawn), count))


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as endpoint:
                endpoint.bind((HOST, port))
    except OSError:
        return False
    return True
