"""``department.toml`` in the department's folder: what the department calls itself and how long things hold.

Every key may be left out, and so may the file.
"""

import ipaddress
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.domain.collection.department_periods import DepartmentPeriods, department_periods
from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.settings.base import Section
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_security_profile

FILE_NAME = "department.toml"
_DOMAIN = r"^$|^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"


class PeopleTable(Section):
    """[people]: the accounts of the department's people."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f:]*$")] = ""
    """What authenticator apps and browsers show; empty: the department's domain."""
    domain: Annotated[str, Field(max_length=253, pattern=_DOMAIN)] = ""
    """The domain that passkeys are bound to; empty: the server's first name that is no address."""
    address: Annotated[str, Field(pattern=r"^$|^https://[^/\s?#]+$")] = ""
    """Where people reach the page of invitations; empty: the domain, at the port that is served."""
    invitation_hours: Annotated[int, Field(ge=1, le=72)] = 24
    roster_days: Annotated[int, Field(ge=2, le=365)] = 30
    """How long a roster is valid; ``department serve`` publishes the next after half of it."""
    security_profile: Literal["cjis", "nist"] = "cjis"
    """The rules of passwords."""


class RetentionTable(Section):
    """[retention]: how long the department keeps reads (policy 462.5)."""

    state: Literal[*STATE_PERIODS] = "CA"  # type: ignore[valid-type] # the states of the table
    read_days: Annotated[float | None, Field(gt=0, le=36_500)] = None
    """Of reads that were on no list; None: as the state bounds them, else a year; likewise the next."""
    hit_days: Annotated[float | None, Field(gt=0, le=36_500)] = None


class DepartmentFile(Section):
    """The whole file."""

    people: PeopleTable = PeopleTable()
    retention: RetentionTable = RetentionTable()


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
        """The origin of the page of invitations.

        Args:
            port: the port that it is served at.
        """
        host = self.domain or "localhost"
        return self.table.address or (f"https://{host}" if port == 443 else f"https://{host}:{port}")

    def site(self, port: int) -> RelyingParty:
        """The site that passkeys are registered for."""
        return RelyingParty(self.domain, self.name, (self.origin(port),))


def load_people_settings(directory: Path) -> PeopleSettings:
    """Load the settings of a department.

    Args:
        directory: the department's folder, with the certificate of its server.

    Raises:
        DepartmentError: a key is wrong, or there is no department.
    """
    table = _load_file(directory).people
    names = server_names(TlsFiles(directory))
    return PeopleSettings(table, table.domain or next((name for name in names if _is_domain(name)), ""))


def load_periods(directory: Path) -> DepartmentPeriods:
    """Load how long a department keeps reads.

    Args:
        directory: the department's folder.

    Raises:
        DepartmentError: a key is wrong, or against what the state says.
    """
    table = _load_file(directory).retention
    try:
        return department_periods(table.state, table.read_days, table.hit_days)
    except DepartmentError as error:
        raise DepartmentError(f"{directory / FILE_NAME}: retention.{error}") from None


def _load_file(directory: Path) -> DepartmentFile:
    path = directory / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return DepartmentFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise DepartmentError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise DepartmentError(f"{path}: cannot be read: {error}") from None


def _is_domain(name: str) -> bool:
    """Whether a passkey can be bound to a name: browsers take neither addresses nor wildcards."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "*" not in name
    return False
