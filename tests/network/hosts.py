"""Two hosts and the wire between them: network namespaces joined by a veth pair, with nftables for what goes wrong."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

CAR, DEPARTMENT, MOVED = "10.77.0.1", "10.77.0.2", "10.77.0.3"
"""Addresses of the two ends, and one that the department moves to."""
NAME = "department.test"
PORT = 8443
CONFIGURATION = Path("/etc/netns")
"""``ip netns exec`` lays what is in a folder here over /etc."""
SERVERS = Path(__file__).parent / "servers"
_NUMBERS = itertools.count()


def run_program(*command: str, stdin: str | None = None) -> str:
    """Run a system program; returns what it printed."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Host:
    """A network namespace with one end of the wire."""

    name: str
    address: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with to run here."""
        return ("ip", "netns", "exec", self.name)

    def ip(self, *arguments: str) -> str:
        """Run ``ip`` here."""
        return run_program("ip", "-netns", self.name, *arguments)

    def rule(self, rule: str) -> None:
        """Have what comes in judged by one rule of nftables, in the place of the one before."""
        self.let_all()
        run_program(*self.inside, "nft", "-f", "-", stdin=_TABLE.format(rule=rule))

    def bound_send_buffers(self) -> None:
        """A connection holds little of what is not sent yet: who is not read from notices, whatever the kernel."""
        run_program(*self.inside, "tee", "/proc/sys/net/ipv4/tcp_wmem", stdin="4096 16384 16384\n")

    @contextmanager
    def divert(self, port: int, to_port: int) -> Iterator[None]:
        """New connections to a port of this host end at another, as in a network that asks for a login first."""
        run_program(*self.inside, "nft", "-f", "-", stdin=_DIVERSION.format(port=port, to_port=to_port))
        yield
        self.let_all()

    def let_all(self) -> None:
        """No rule."""
        run_program(*self.inside, "nft", "flush", "ruleset")

    def packet_count(self) -> int:
        """How many packets the rule met: it ends with ``counter`` and a verdict."""
        ruleset = json.loads(run_program(*self.inside, "nft", "-j", "list", "ruleset"))["nftables"]
        counters = [
            part["counter"] for each in ruleset for part in each.get("rule", {}).get("expr", []) if "counter" in part
        ]
        return int(counters[0]["packets"])

    def link(self, state: str) -> None:
        """``up`` or ``down``: the cable of this host."""
        self.ip("link", "set", "wire", state)

    @contextmanager
    def serving(self, script: str, *arguments: str) -> Iterator[None]:
        """A server of :data:`SERVERS` runs here and says when it listens; killed at the end."""
        command = [*self.inside, sys.executable, str(SERVERS / script), *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "listening\n"
                yield
            finally:
                process.send_signal(signal.SIGKILL)


_TABLE = """
table inet fault {{
    chain incoming {{
        type filter hook input priority 0;
        {rule}
    }}
}}
"""
_DIVERSION = """
table ip fault {{
    chain diverted {{
        type nat hook prerouting priority -100;
        tcp dport {port} redirect to :{to_port}
    }}
    chain incoming {{
        type filter hook input priority 0;
        tcp dport {port} reject with tcp reset
    }}
}}
"""
"""Those that stand already are cut."""


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """A car and a department on one wire; the car asks the department's address for names."""
    stem = f"alpr{os.getpid()}-{next(_NUMBERS)}"
    car, department = Host(f"{stem}c", CAR), Host(f"{stem}d", DEPARTMENT)
    with ExitStack() as undo:
        for host in (car, department):
            run_program("ip", "netns", "add", host.name)
            undo.callback(run_program, "ip", "netns", "delete", host.name)
        run_program("ip", "link", "add", "wire", "netns", car.name, "type", "veth",
             "peer", "name", "wire", "netns", department.name)  # fmt: skip
        for host in (car, department):
            host.ip("address", "add", f"{host.address}/24", "dev", "wire")
            host.ip("link", "set", "lo", "up")
            host.link("up")
            host.bound_send_buffers()
        undo.enter_context(_names_from(car, department.address))
        yield car, department


@contextmanager
def _names_from(host: Host, server: str) -> Iterator[None]:
    folder = CONFIGURATION / host.name
    folder.mkdir(parents=True)
    try:
        (folder / "resolv.conf").write_text(f"nameserver {server}\noptions timeout:1 attempts:1\n")
        (folder / "nsswitch.conf").write_text("hosts: files dns\n")
        yield
    finally:
        shutil.rmtree(folder)
