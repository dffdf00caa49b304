"""The ports that tests and proofs give their servers are free, differ, and are none that a connection may get."""

import socket
from contextlib import ExitStack

import pytest

from scripts.loopback_ports import CONNECTION_PORTS, FIRST, HOST, free_port, free_ports


def test_ports_differ_and_are_none_of_connections() -> None:
    first_of_connections = int(CONNECTION_PORTS.read_text().split()[0])
    ports = free_ports(200)
    assert len(set(ports)) == 200
    assert all(FIRST <= port < first_of_connections for port in ports)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_has_is_not_given(kind: socket.SocketKind) -> None:
    with ExitStack() as stack:
        taken = set()
        for port in free_ports(500):
            endpoint = stack.enter_context(socket.socket(socket.AF_INET, kind))
            endpoint.bind((HOST, port))
            taken.add(port)
        assert taken.isdisjoint(free_ports(2_000))
        assert free_port() not in taken
