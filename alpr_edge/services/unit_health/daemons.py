"""The daemons of a unit and what each wrote of itself last."""

import os
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.runtime.boot import boot_id
from alpr_edge.runtime.health import Health, current_health, read_health
from alpr_edge.settings import Settings

RUN, UPLINK, CONSOLE = "run", "uplink", "console"
HEALTH_AGE_S_MAX = 10.0
"""Greatest age of the health file of the daemon that reads plates: a working unit writes it once a second."""
PAGE_LINK = Path("/etc/systemd/system/alpr-edge.target.wants/alpr-edge-console.service")
"""What systemd makes where the page's service is enabled."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon by the name of its command."""

    name: str
    doing: str
    """What it does, in a word."""
    service: str


DAEMONS = (
    Daemon(RUN, "reading", "alpr-edge"),
    Daemon(UPLINK, "sending", "alpr-edge-uplink"),
    Daemon(CONSOLE, "serving", "alpr-edge-console"),
)


def fresh_health(directory: Path, daemon: str = RUN) -> Health | None:
    """The health of a daemon that runs; of the one that reads plates not older than :data:`HEALTH_AGE_S_MAX`."""
    return current_health(directory, daemon, HEALTH_AGE_S_MAX if daemon == RUN else None)


def due_daemons(settings: Settings, page_link: Path = PAGE_LINK) -> tuple[Daemon, ...]:
    """The daemons that this unit needs: without a department nothing is sent, and not every car has a page."""
    is_due = {RUN: True, UPLINK: bool(settings.uplink.url), CONSOLE: is_page_due(settings, page_link)}
    return tuple(daemon for daemon in DAEMONS if is_due[daemon.name])


def is_page_enabled(certificate: Path, page_link: Path = PAGE_LINK) -> bool:
    """Whether the page's service is enabled and has its certificate, without which it has no page to give."""
    return page_link.is_symlink() and os.path.exists(certificate)  # noqa: PTH110 - false in a closed folder


def is_page_due(settings: Settings, page_link: Path = PAGE_LINK) -> bool:
    """Whether the page is in use: enabled and with a certificate, or started since the boot and not stopped in order.

    A certificate alone says nothing, as every unit of a department with a domain gets one; nor does a service that is
    enabled where the department has no domain, and so no name for the page.
    """
    if is_page_enabled(settings.console.certificate_file, page_link):
        return True
    health = read_health(settings.unit.runtime_directory, CONSOLE)
    return health is not None and health.ready and health.stamp is not None and health.stamp.boot_id == boot_id()


def reports(settings: Settings, page_link: Path = PAGE_LINK) -> dict[str, Health | None]:
    """What each daemon that is due says of itself; None for one that does not run."""
    directory = settings.unit.runtime_directory
    return {daemon.name: fresh_health(directory, daemon.name) for daemon in due_daemons(settings, page_link)}


def is_well(health: Health | None) -> bool:
    """Whether a daemon does its work; of one that reads plates, whether the ready note holds as well."""
    return health is not None and health.ready and health.working is not False and not health.troubles
