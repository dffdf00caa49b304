"""The unit that this computer is now: perhaps another than the one whose decommissioning began here and did not end."""

from dataclasses import dataclass
from pathlib import Path

from scripts.deploy.decommission.destruction import CREDENTIALS
from scripts.deploy.decommission.record import DecommissionRecord
from scripts.deploy.provision import no_follow
from scripts.deploy.provision.department import TLS_FOLDER
from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.provision.services import CAPTURE, CONSOLE, UPLINK
from scripts.deploy.provision.unit_settings import SETTINGS, installed_settings

CERTIFICATE_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class PresentUnit:
    """What tells the unit of this computer from one that was here before.

    Args:
        settings: its settings.
        tls: the folder of its certificate, which is the unit's user's.
        credentials: the folder of its sealed keys.
        systemctl: the program that tells which services are enabled, and which run.
    """

    settings: Path = SETTINGS
    tls: Path = TLS_FOLDER
    credentials: Path = CREDENTIALS
    systemctl: str | Path = "systemctl"

    @property
    def unit_id(self) -> str:
        """Its id; empty where there is no unit. Raises ProvisioningError."""
        unit_id: str = installed_settings(self.settings).get("unit", {}).get("id", "")
        return unit_id

    @property
    def certificate(self) -> str:
        """The fingerprint of its certificate; empty where there is none. Raises ProvisioningError."""
        try:
            with no_follow.opened_folder(self.tls) as folder:
                pem = no_follow.read_file(folder, "unit.pem", CERTIFICATE_BYTES_MAX)
        except OSError:
            return ""
        fingerprint = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", stdin=pem)
        return fingerprint.partition("=")[2].strip().replace(":", "").lower()

    def is_left_of(self, record: DecommissionRecord) -> bool:
        """Whether all here is what a destruction left that did not end, and nothing was read since it began.

        Without settings there is no unit. A destruction disables the services before anything else, and a key that it
        destroyed comes back with a new unit alone. Raises ProvisioningError.
        """
        if not self.settings.is_file():
            return True
        keys = [Path(key["file"]) for key in record.keys]
        has_new_keys = any(path.parent == self.credentials and path.exists() for path in keys)
        if has_new_keys or self._is_in_service() or self.certificate != record.certificate_sha256:
            return False
        try:
            return self.unit_id == record.unit_id
        except ProvisioningError:
            # The settings were being overwritten.
            return True

    def _is_in_service(self) -> bool:
        units, states = (CAPTURE, UPLINK, CONSOLE), ("is-enabled", "is-active")
        return any(succeeds(self.systemctl, state, "--quiet", unit) for unit in units for state in states)
