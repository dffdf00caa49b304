"""Known formats of hotlist feeds."""

from enum import StrEnum
from typing import Self

from alpr_edge.domain.people.person import SourcePermission


class FormatName(StrEnum):
    """Name of a format, and the permission that its hits need unless the settings of a list give another one."""

    permission: SourcePermission

    def __new__(cls, name: str, permission: SourcePermission) -> Self:
        """Make a member; one without a permission is a TypeError (policy 462.4(e))."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.permission = permission
        return member

    GENERIC_CSV = "generic-csv", SourcePermission.DEPARTMENT
    FIXED_WIDTH = "fixed-width", SourcePermission.DEPARTMENT
    CLEW = "clew", SourcePermission.STATE
    NCIC = "ncic", SourcePermission.FEDERAL
    TEXAS_NCIC = "texas-ncic", SourcePermission.FEDERAL
    TEXAS_TCIC = "texas-tcic", SourcePermission.STATE
    COLORADO = "colorado", SourcePermission.STATE
    NEW_YORK = "new-york", SourcePermission.STATE
    FLORIDA = "florida", SourcePermission.STATE
