"""``department.toml`` in the department's folder: people's accounts, how long reads are kept, where they lie, backups.

Every key may be left out, and so may the file.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from alpr_edge.domain.collection.department_periods import DepartmentPeriods, department_periods
from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.settings.base import Section

FILE_NAME = "department.toml"
_DOMAIN = r"^$|^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"

_ABSOLUTE = r"^$|^/[^\x00-\x1f\x7f]*$"


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


class DatabaseTable(Section):
    """[database]: where reads, hits and people are kept."""

    url: Annotated[str, Field(max_length=500)] = ""
    """A PostgreSQL database (:mod:`~alpr_edge.department.db.engines.location`); empty: SQLite in the folder."""


class BackupTable(Section):
    """[backup]: where backups go, and how long they stay."""

    target: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The folder of the backups, on another disk; empty: it is said with each command."""
    keys: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The folder that the keys are copied to, apart from the backups; empty: somebody keeps them by hand."""
    keep_days: Annotated[int, Field(ge=2, le=365)] = 35
    """After so many days a backup is removed: what was deleted here is in none that is older."""
    programs: Annotated[str, Field(max_length=500, pattern=_ABSOLUTE)] = ""
    """The folder of PostgreSQL's programs; empty: where Debian and Red Hat put those of the server's release."""


class DepartmentFile(Section):
    """The whole file."""

    people: PeopleTable = PeopleTable()
    database: DatabaseTable = DatabaseTable()
    retention: RetentionTable = RetentionTable()
    backup: BackupTable = BackupTable()


def load_department_file(directory: Path) -> DepartmentFile:
    """Load the settings of a department.

    Args:
        directory: the department's folder.

    Raises:
        DepartmentError: a key is wrong, or the file cannot be read.
    """
    path = directory / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return DepartmentFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise DepartmentError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise DepartmentError(f"{path}: cannot be read: {error}") from None


def load_periods(directory: Path) -> DepartmentPeriods:
    """Load how long a department keeps reads.

    Raises:
        DepartmentError: a key is wrong, or against what the state says.
    """
    table = load_department_file(directory).retention
    try:
        return department_periods(table.state, table.read_days, table.hit_days)
    except DepartmentError as error:
        raise DepartmentError(f"{directory / FILE_NAME}: retention.{error}") from None
