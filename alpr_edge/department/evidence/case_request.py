"""What somebody asks for when they book a case out at the department, and what they get."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.department.search.criteria import DepartmentSearch

Tick = Callable[[int, int], None]
"""Receives how much is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class DepartmentExportRequest:
    """A package that somebody asks for, of the case that their purpose names."""

    medium: str = ""
    """Number of the medium in the evidence room's own count."""
    recipient: str = ""
    """To whom it goes; another agency gets a release instead (policy 462.7)."""
    hold_id: str = ""
    """What this hold covers alone; empty: all that is held for the case."""
    search: DepartmentSearch | None = None
    """What this search by plates finds as well; None: none."""
    with_scenes: bool = True


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """Who is told how far a package is."""

    records: Tick
    """Of records of access logs that were looked at."""
    reads: Tick
    """Of reads that were written."""


@dataclass(frozen=True, slots=True)
class BookedCase:
    """A package that was booked out; its passphrase is sealed in the register, and shown to nobody here."""

    package_id: str
    case: str
    path: Path
    package_sha256: str
    size_bytes: int
    units: tuple[str, ...]
    reads: int
    hits: int
    pictures: int
    not_arrived: int
    """Reads that are held for the case and have not arrived from their units."""
    unproved_records: int
    accesses: int
    """Accesses of the list of who looked."""
    left_out: tuple[str, ...]
    """What is not in it, and why, a sentence each."""
    is_vouched: bool
    """Whether the department's authority says whose the signing key is."""
