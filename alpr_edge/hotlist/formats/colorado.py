"""Colorado's crime information center (CCIC), fixed width, under a head line.

The reason is written out and cut to its 22 columns.
"""

from typing import ClassVar

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.fields import Field, is_plate_cell, is_state
from alpr_edge.hotlist.formats.line_formats import FixedWidth
from alpr_edge.hotlist.formats.row_builder import Codes

_CODES: Codes = {
    "ATTEMPT TO LOCATE": (Reason.OTHER, "attempt to locate"),
    "FELONY WARRANT": (Reason.WANTED_PERSON, "felony warrant"),
    "LOCAL WARRANT": (Reason.WANTED_PERSON, "local warrant"),
    "REPORTED LOST": (Reason.STOLEN_PLATE, "reported lost"),
    "SEXUAL OFFENDER": (Reason.SEX_OFFENDER, ""),
    "STOLEN PLATE": (Reason.STOLEN_PLATE, ""),
    "STOLEN VEHICLE": (Reason.STOLEN_VEHICLE, ""),
    "STOLEN/CAR JACKING/CA": (Reason.FELONY_VEHICLE, "stolen, carjacking"),
    "USED IN FELONY OR BY": (Reason.FELONY_VEHICLE, "used in a felony"),
    "USED IN MISDEMEANOR OR": (Reason.OTHER, "used in a misdemeanor"),
}


class Colorado(FixedWidth):
    """One table of all reasons."""

    name: ClassVar[FormatName] = FormatName.COLORADO
    codes = _CODES
    zone = "America/Denver"
    fields = (
        Field("plate", 1, 10, is_plate_cell, "a gap in the plate"),
        Field("state", 11, 12, is_state, "no state code"),
        Field("reason", 13, 34, lambda cell: cell[:1].isupper(), "no reason"),
        Field("vehicle", 35),
    )
