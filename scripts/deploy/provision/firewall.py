"""The firewall: in comes the car's workstation to the page alone, out goes only what a unit needs, by its settings."""

from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, run, succeeds
from scripts.deploy.provision.unit_settings import installed_settings

RULES = Path("/etc/nftables.conf")
PORTS = Path("/etc/alpr-edge/unit-ports.nft")
PAGE = Path("/etc/alpr-edge/page.nft")
PAGE_ADDRESS, PAGE_PORT = "127.0.0.1", 8447
"""What the settings have for the page where they name nothing else (alpr_edge.settings.ConsoleSettings)."""
TABLE = ("nft", "list", "table", "inet", "alpr_edge")
ENROL_PORT = 8444
"""alpr_edge.domain.protocol.service_ports.ENROL_PORT, which the system's Python cannot import."""
DEFAULT_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}


class FirewallStep:
    """nftables with this unit's rules.

    Args:
        rules: the file ``config/system/etc/nftables.conf``.
        department: the department's address, as given for this run.
        enrol_port: the port on which the department enrolls; 0: the usual one.
    """

    name = "firewall"

    def __init__(self, rules: Path, department: str, enrol_port: int) -> None:
        self._rules = rules
        self._department = department
        self._enrol_port = enrol_port or ENROL_PORT

    def pending(self) -> list[str]:
        """The files and rules that are missing."""
        changes = [f"write {file.target}" for file in self._files() if not file.is_current]
        if not succeeds("systemctl", "is-enabled", "--quiet", "nftables.service"):
            changes.append("enable nftables.service")
        if not changes and not succeeds(*TABLE):
            changes.append("load the rules")
        return changes

    def apply(self, undo: ExitStack) -> None:
        """Write the rules, have nft check them, and load them."""
        undo.callback(self._reload_if_any)
        for file in self._files():
            file.install(undo)
        run("nft", "--check", "--file", RULES)
        run("systemctl", "enable", "--quiet", "nftables.service")
        run("systemctl", "reload-or-restart", "nftables.service")
        for file in self._files():
            file.forget_before()

    def _files(self) -> list[ManagedFile]:
        # Never empty, which nft would not take: a unit enrolls, now or one day.
        ports = sorted({self._enrol_port, *ports_of(installed_settings(), self._department)})
        definition = f"define unit_ports = {{ {', '.join(map(str, ports))} }}\n"
        page = page_rule(installed_settings().get("console", {}))
        # The rules last: they name the others.
        return [
            ManagedFile(PORTS, definition.encode()),
            ManagedFile(PAGE, page.encode()),
            ManagedFile(RULES, self._rules.read_bytes(), 0o755),
        ]

    @staticmethod
    def _reload_if_any() -> None:
        if not succeeds("systemctl", "reload-or-restart", "nftables.service"):
            succeeds("nft", "delete", "table", "inet", "alpr_edge")


def page_rule(console: dict[str, Any]) -> str:
    """The rule that lets the car's workstation to the page; none where the browser runs on the unit.

    What comes for that address by another interface, the modem's say, stays out.

    Args:
        console: the settings' table of the page.

    Raises:
        ProvisioningError: it names no address of one interface, or no port. Settings come from a fleet's file, and
            root obeys the rule.
    """
    address, port = page_address(console), console.get("port", PAGE_PORT)
    if address.is_unspecified:
        raise ProvisioningError(
            f"console.address {address}: name the address of the interface of the car's workstation"
        )
    if type(port) is not int or not 0 < port < 65536:
        raise ProvisioningError(f"console.port {port!r}: a number from 1 to 65535")
    if address.is_loopback:
        return "# The page is for a browser on this computer.\n"
    family = "ip6" if address.version == 6 else "ip"
    return f"{family} daddr {address} fib daddr . iif type local tcp dport {port} accept\n"


def page_address(console: dict[str, Any]) -> IPv4Address | IPv6Address:
    """The address at which the page is served.

    Args:
        console: the settings' table of the page.

    Raises:
        ProvisioningError: it is not an address in numbers alone; the name of an interface behind it may hold anything.
    """
    text = str(console.get("address", PAGE_ADDRESS))
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or "%" in text:
        raise ProvisioningError(f"console.address {text}: write the address in numbers")
    return address


def ports_of(settings: dict[str, Any], department: str = "") -> Iterator[int]:
    """TCP ports that a unit connects to: the department's, list servers', network cameras', the time-stamp authority's.

    Raises:
        ProvisioningError: an address has no usable port.
    """
    addresses = [department or settings.get("uplink", {}).get("url", "")]
    addresses += [source.get("url", "") for source in settings.get("hotlist", {}).get("source", [])]
    addresses += [camera.get("url", "") for camera in settings.get("camera", [])]
    addresses.append(settings.get("evidence", {}).get("time_stamp_url", ""))
    for address in filter(None, addresses):
        try:
            parts = urlsplit(address)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            port = None
        if port is None:
            raise ProvisioningError(f"the settings name an address without a usable port: {parts_shown(address)}")
        yield port


def parts_shown(address: str) -> str:
    """An address without the user and password it may hold."""
    return address.rsplit("@", 1)[-1]
