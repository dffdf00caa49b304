"""What somebody asks for when they book evidence out, and what they get."""

from dataclasses import dataclass, field
from pathlib import Path

from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.evidence.booking_texts import booking_note, check_booking_texts
from alpr_edge.store.bookings.register import PackageBooking


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A package that somebody asks for."""

    case: str
    """As somebody typed it; kept as :func:`~alpr_edge.domain.holds.case_numbers.normal_case` writes it."""
    directory: Path
    """An existing folder on the medium."""
    medium: str = ""
    """Media no. in the evidence room's own count."""
    recipient: str = ""
    """To whom it goes; another agency gets a release instead (policy 462.7)."""
    with_scenes: bool = True
    is_redacted: bool = False
    """Whether the plates of other vehicles are covered in scenes; the originals stay as they are."""

    def __post_init__(self) -> None:
        """Bring the case into the form in which its holds have it."""
        object.__setattr__(self, "case", normal_case(self.case))

    def check(self) -> None:
        """Refuse what cannot stand on a booking.

        Raises:
            EvidenceError: a text is too long or cannot be printed, or no case is named.
        """
        check_booking_texts(self.case, self.medium, self.recipient)

    @property
    def note(self) -> str:
        """What stands on record beside the package's id."""
        scenes = "" if self.with_scenes else "without scenes"
        copy = "redacted copy" if self.is_redacted else ""
        return booking_note(self.case, self.medium, self.recipient, scenes, copy)


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A package on a medium."""

    booking: PackageBooking
    path: Path
    passphrase: str = field(repr=False)
    """Shown once, and kept nowhere here."""
    missing_pictures: int = 0
    """Pictures whose files are missing or were changed; the package says which."""
    withheld_hits: int = 0
    """Hits that whoever exports may not see, and which are not in the package."""
    canvasses: int = 0
    """Canvasses of the case whose table and map are in the package."""
    unproved_records: int = 0
    """Records of who looked at the case that were not signed yet, and are not in the package."""
    withheld_canvasses: int = 0
    """Those that whoever exports may not see; their reads are in the package, their tables and maps are not."""
    is_vouched: bool = False
    """Whether the department's word for the signing key, in force now, is in the package."""
