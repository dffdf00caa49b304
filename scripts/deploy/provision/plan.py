"""Which steps make a unit, in which order and why in that one."""

from dataclasses import dataclass, field
from pathlib import Path

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.accounts import AS_UNIT, Accounts
from scripts.deploy.provision.base import Overlay, Packages
from scripts.deploy.provision.bundle import ReleaseKey
from scripts.deploy.provision.firewall import Firewall
from scripts.deploy.provision.joining import Enrolment, Invitation, Lists, Models, UnitCheck
from scripts.deploy.provision.keys import Keys
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.release import Release
from scripts.deploy.provision.services import Services
from scripts.deploy.provision.steps import Step
from scripts.deploy.provision.time_keeping import TimeKeeping
from scripts.deploy.provision.unit_settings import UnitSettings, unit_settings

SETTINGS_BYTES_MAX = 1_000_000
RESTART_JOURNAL = ("systemctl", "restart", "systemd-journald.service")


@dataclass(frozen=True, slots=True)
class Request:
    """The options of a provisioning."""

    source: Path
    """The checkout, or a release."""
    unit_id: str = ""
    department: str = ""
    invitation: Invitation = field(default_factory=Invitation)
    settings: Path | None = None
    bundle: Path | None = None
    """A checked copy of one."""
    release_key: Path | None = None
    """Public key of whoever makes releases."""


def plan(request: Request) -> list[Step]:
    """All steps.

    The settings are judged as the unit will read them: by its release, as its user, with its keys. The firewall stands
    before anything is asked of the department, so enrolment and lists prove that it lets through what the daemons need;
    the daemons come last, when nothing is missing any more.

    Raises:
        ProvisioningError: a file that was named cannot be used.
    """
    system = request.source / "config" / "system"
    return [
        Packages(request.bundle),
        Accounts(system),
        *([] if request.release_key is None else [ReleaseKey(request.release_key)]),
        Release(request.source, request.bundle),
        Keys(),
        Overlay("command", system, (str(AS_UNIT).lstrip("/"),)),
        UnitSettings(_settings(request)),
        _devices(system),
        TimeKeeping(system),
        Overlay("journal", system, ("etc/systemd/journald.conf.d/alpr-edge.conf",), after=(RESTART_JOURNAL,)),
        # polkitd sees a new rule by itself; without polkitd the unit may not turn its computer off.
        Overlay("power", system, ("etc/polkit-1/rules.d/50-alpr-edge.rules",)),
        Overlay("upgrades", system, ("etc/apt/apt.conf.d/52alpr-edge-upgrades",), after=(("apt-config", "dump"),)),
        Firewall(system / "etc" / "nftables.conf", request.department, request.invitation.port),
        Enrolment(request.department, request.invitation),
        Models(),
        Lists(),
        Services(request.department),
        UnitCheck(),
    ]


def _devices(system: Path) -> Overlay:
    """Devices that are plugged in get their new names at once; a container has no udevd and no devices to name."""
    kinds = " ".join(f"--subsystem-match={kind}" for kind in ("tty", "video4linux", "sound", "gpio"))
    reload = f"udevadm control --reload && udevadm trigger {kinds}"
    tell = ("sh", "-c", f"! systemctl --quiet is-active systemd-udevd.service || {{ {reload}; }}")
    return Overlay("devices", system, ("etc/udev/rules.d/60-alpr-edge.rules",), after=(tell,))


def _settings(request: Request) -> str:
    """The settings as they shall be; empty when none were named."""
    if request.settings is None:
        return ""
    try:
        with no_follow.opened_folder(request.settings.parent) as folder:
            text = no_follow.read_file(folder, request.settings.name, SETTINGS_BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ProvisioningError(f"{request.settings}: cannot be read: {reason}") from None
    return unit_settings(text, request.unit_id, request.department)
