"""Two networks, a car's and a department's, joined by a wire; and the car's way out to the internet by this machine."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from scripts.prove.host import call, until

TURN_S_MAX = 1800.0
LOCK = Path("/run/lock/alpr-edge-proving")
"""Of the whole machine, as the networks' names are: another checkout's proof waits as well."""
CAR, DEPOT = "alpr-car", "alpr-depot"
DEPOT_ADDRESS, CAR_ADDRESS = "10.77.0.1", "10.77.0.2"
OTHER_ADDRESS = "10.77.0.3"
"""The department's side answers there too."""
_GATEWAY, _CAR_OUTSIDE, _OUTSIDE_NET = "10.78.0.1", "10.78.0.2", "10.78.0.0/30"
_NAT = """table ip alpr_proving {
    chain out { type nat hook postrouting priority srcnat; ip saddr %s masquerade; }
}
"""
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@contextmanager
def connect_networks() -> Iterator[None]:
    """Make both networks and join them until the end of a ``with``. Two proofs at once take turns."""
    with ExitStack() as undo:
        lock = undo.enter_context(LOCK.open("w"))
        until(lambda: _try_lock(lock), "another proof on this machine has ended", TURN_S_MAX)
        for network in (CAR, DEPOT):
            # What a proof that was killed left behind.
            call("ip", "netns", "delete", network, check=False)
            call("ip", "netns", "add", network)
            undo.callback(call, "ip", "netns", "delete", network, check=False)
            call("ip", "-n", network, "link", "set", "lo", "up")
        call("ip", "-n", CAR, "link", "add", "depot0", "type", "veth", "peer", "name", "car0", "netns", DEPOT)
        for network, end, addresses in (
            (CAR, "depot0", (CAR_ADDRESS,)),
            (DEPOT, "car0", (DEPOT_ADDRESS, OTHER_ADDRESS)),
        ):
            for address in addresses:
                call("ip", "-n", network, "address", "add", f"{address}/24", "dev", end)
            call("ip", "-n", network, "link", "set", end, "up")
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def internet() -> Iterator[None]:
    """Give the car the network of this machine until the end of a ``with``."""
    with ExitStack() as undo:
        call("ip", "link", "delete", "alpr-wan", check=False)
        call("ip", "link", "add", "alpr-wan", "type", "veth", "peer", "name", "wan0", "netns", CAR)
        undo.callback(call, "ip", "link", "delete", "alpr-wan", check=False)
        call("ip", "address", "add", f"{_GATEWAY}/30", "dev", "alpr-wan")
        call("ip", "link", "set", "alpr-wan", "up")
        call("ip", "-n", CAR, "address", "add", f"{_CAR_OUTSIDE}/30", "dev", "wan0")
        call("ip", "-n", CAR, "link", "set", "wan0", "up")
        call("ip", "-n", CAR, "route", "add", "default", "via", _GATEWAY)
        call("nft", "delete", "table", "ip", "alpr_proving", check=False)
        call("nft", "--file", "-", stdin=(_NAT % _OUTSIDE_NET).encode())
        undo.callback(call, "nft", "delete", "table", "ip", "alpr_proving", check=False)
        before = _FORWARDING.read_text(encoding="ascii")
        undo.callback(_FORWARDING.write_text, before)
        _FORWARDING.write_text("1\n")
        yield


def wire(*, up: bool) -> None:
    """Plug the wire between car and department in or out."""
    call("ip", "-n", CAR, "link", "set", "depot0", "up" if up else "down")
