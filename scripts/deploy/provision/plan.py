"""Which steps make a unit, in which order and why in that one."""

from dataclasses import dataclass, field
from pathlib import Path

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.accounts import AS_UNIT, AccountsStep
from scripts.deploy.provision.administrator import Administrator, AdministratorStep
from scripts.deploy.provision.base import OverlayStep, PackagesStep
from scripts.deploy.provision.bundle import ReleaseKeyStep
from scripts.deploy.provision.clock import ClockStep, TimeZoneStep
from scripts.deploy.provision.department import EnrolmentStep, Invitation, ListsStep, ModelsStep, UnitCheckStep
from scripts.deploy.provision.firewall import FirewallStep
from scripts.deploy.provision.keys import KeysStep, key_names
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.page import PageCertificateStep
from scripts.deploy.provision.release import ReleaseStep
from scripts.deploy.provision.services import ServicesStep
from scripts.deploy.provision.speech import SpeechStep
from scripts.deploy.provision.steps import Step
from scripts.deploy.provision.unit_settings import SETTINGS, SettingsStep, unit_identity, unit_settings

SETTINGS_BYTES_MAX = 1_000_000
RESTART_JOURNAL = ("systemctl", "restart", "systemd-journald.service")


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
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
    administrator: Administrator | None = None
    """Who manages people first, on a unit without a department."""
    time_zone: str = ""
    """Zone in which people read and type times; empty: the computer's stays."""


def plan(request: ProvisionRequest) -> list[Step]:
    """All steps.

    The settings are judged as the unit will read them: by its release, as its user, with its keys. The firewall stands
    before anything is asked of the department, so enrollment and lists prove that it lets the daemons through;
    the daemons come last, when nothing is missing any more.

    Raises:
        ProvisioningError: a file that was named cannot be used.
    """
    system = request.source / "config" / "system"
    return [
        PackagesStep(request.bundle),
        AccountsStep(system),
        *([] if request.release_key is None else [ReleaseKeyStep(request.release_key)]),
        ReleaseStep(request.source, request.bundle),
        KeysStep(names=key_names(request.source)),
        OverlayStep("command", system, (str(AS_UNIT).lstrip("/"),)),
        SettingsStep(_settings(request)),
        _devices(system),
        ClockStep(system),
        TimeZoneStep(request.time_zone),
        OverlayStep("journal", system, ("etc/systemd/journald.conf.d/alpr-edge.conf",), after=(RESTART_JOURNAL,)),
        # polkitd sees a new rule by itself; without polkitd the unit may not turn its computer off.
        OverlayStep(
            "power",
            system,
            ("etc/polkit-1/rules.d/50-alpr-edge.rules", "usr/lib/systemd/system-shutdown/alpr-edge"),
        ),
        OverlayStep("upgrades", system, ("etc/apt/apt.conf.d/52alpr-edge-upgrades",), after=(("apt-config", "dump"),)),
        FirewallStep(system / "etc" / "nftables.conf", request.department, request.invitation.port),
        EnrolmentStep(request.department, request.invitation),
        AdministratorStep(request.administrator),
        PageCertificateStep(request.department),
        ModelsStep(),
        SpeechStep(),
        ListsStep(),
        ServicesStep(request.department),
        UnitCheckStep(),
    ]


def _devices(system: Path) -> OverlayStep:
    """Devices that are plugged in get their new names at once; a container has no udevd and no devices to name."""
    kinds = " ".join(f"--subsystem-match={kind}" for kind in ("tty", "video4linux", "sound", "gpio"))
    reload = f"udevadm control --reload && udevadm trigger {kinds}"
    tell = ("sh", "-c", f"! systemctl --quiet is-active systemd-udevd.service || {{ {reload}; }}")
    return OverlayStep("devices", system, ("etc/udev/rules.d/60-alpr-edge.rules",), after=(tell,))


def _settings(request: ProvisionRequest, installed: Path = SETTINGS) -> str:
    """The settings as they shall be; empty when none were named.

    Args:
        request: what was asked for.
        installed: this machine's settings, whose id and department stay where none are given.
    """
    if request.settings is None:
        return ""
    try:
        with no_follow.opened_folder(request.settings.parent) as folder:
            text = no_follow.read_file(folder, request.settings.name, SETTINGS_BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ProvisioningError(f"{request.settings}: cannot be read: {reason}") from None
    return unit_settings(text, *unit_identity(text, request.unit_id, request.department, installed))
