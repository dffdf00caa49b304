"""What stands in the register of a package that was made for a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class LeftOut(StrEnum):
    """Why something that the search of an approved request finds, or nearly finds, is not in the package."""

    TIME_NOT_SURE = "time_not_sure"
    """Reads of the plates whose time is not sure: nobody can say that they are of the approved time."""
    PLACE_NOT_KNOWN = "place_not_known"
    """Reads of the approved time without a place, where an area was approved."""
    CORRECTED = "corrected"
    """Reads whose text was corrected to a plate that was not approved."""
    RECORD_LOST = "record_lost"
    """Reads whose record was deleted meanwhile, or is damaged."""
    PICTURES_LOST = "pictures_lost"
    """Pictures that cannot be read any more; their reads are in the package."""


@dataclass(frozen=True, slots=True)
class ReleasePackage:
    """A package as it was made."""

    package_id: str
    file_name: str
    size_bytes: int
    reads: int
    pictures: int
    left_out: Mapping[str, int]
    """How many by :class:`LeftOut`."""
