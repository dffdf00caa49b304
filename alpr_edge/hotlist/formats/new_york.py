"""New York State's list, fixed width, under a head line; the code in column 16 is not NCIC's.

``X`` is a suspended registration here, ``S`` a sex offender. Make and colour run into each other in the feed, and stay
as they are: they are for an officer to compare.
"""

from typing import ClassVar

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.fields import Field, is_letter, is_plate_cell, is_state
from alpr_edge.hotlist.formats.line_formats import FixedWidth
from alpr_edge.hotlist.formats.row_builder import Codes

_CODES: Codes = {
    "M": (Reason.MISSING_PERSON, ""),
    "P": (Reason.STOLEN_PLATE, ""),
    "R": (Reason.STOLEN_PLATE, "Canadian plate"),
    "S": (Reason.SEX_OFFENDER, ""),
    "T": (Reason.TERRORIST_SCREENING, ""),
    "V": (Reason.STOLEN_VEHICLE, ""),
    "W": (Reason.WANTED_PERSON, ""),
    "X": (Reason.OTHER, "suspended registration"),
    "Z": (Reason.OTHER, "suspended licence of the owner"),
}


class NewYork(FixedWidth):
    """One table of all reasons."""

    name: ClassVar[FormatName] = FormatName.NEW_YORK
    codes = _CODES
    zone = "America/New_York"
    fields = (
        Field("plate", 1, 10, is_plate_cell, "a gap in the plate"),
        Field("state", 11, 12, is_state, "no state code"),
        Field("remarks", 13, 15, label="plate type"),
        Field("reason", 16, 16, is_letter, "no code letter"),
        Field("vehicle", 17),
    )
