"""The settings of people's accounts: ``[people]`` of ``department.toml``, and what follows where a key is empty."""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.identity_settings import PeopleTable
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_security_profile


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """The settings, with what is derived where a key is empty."""

    table: PeopleTable
    domain: str
    """Empty where the server has no name but addresses: then no passkey can be registered."""

    @property
    def name(self) -> str:
        """What authenticator apps and browsers show."""
        return self.table.name or self.domain or "ALPR"

    @property
    def roster_validity(self) -> timedelta:
        """How long a roster is valid."""
        return timedelta(days=self.table.roster_days)

    @property
    def security(self) -> SecurityProfile:
        """The rules of passwords."""
        return load_security_profile(PolicySettings(security_profile=self.table.security_profile))

    def origin(self, port: int) -> str:
        """The origin of the page of invitations."""
        host = self.domain or "localhost"
        return self.table.address or (f"https://{host}" if port == 443 else f"https://{host}:{port}")

    def site(self, port: int) -> RelyingParty:
        """The site that passkeys are registered for."""
        return RelyingParty(self.domain, self.name, (self.origin(port),))


def load_people_settings(directory: Path) -> PeopleSettings:
    """Load the settings of a department.

    Raises:
        DepartmentError: a key is wrong, or there is no department.
    """
    table = load_department_file(directory).people
    names = server_names(TlsFiles(directory))
    return PeopleSettings(table, table.domain or next((name for name in names if _is_domain(name)), ""))


def _is_domain(name: str) -> bool:
    """Whether a passkey can be bound to a name: browsers take neither addresses nor wildcards."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "*" not in name
    return False
