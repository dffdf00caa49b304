"""The FBI's NCIC extract for plate readers (``VEHEXTRT.txt``), fixed width, under a head line.

The first letter of the record number is the file that the entry is of; it is the reason.
"""

from typing import ClassVar

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.fields import Field, is_day, is_letter, is_plate_cell, is_state, is_year
from alpr_edge.hotlist.formats.line_formats import FixedWidth
from alpr_edge.hotlist.formats.row_builder import Codes

CODES: Codes = {
    "A": (Reason.AMBER_ALERT, ""),
    "B": (Reason.OTHER, "stolen boat"),
    "C": (Reason.SUPERVISED_RELEASE, ""),
    "F": (Reason.FELONY_VEHICLE, ""),
    "H": (Reason.PROTECTION_ORDER, ""),
    "K": (Reason.PROTECTIVE_INTEREST, ""),
    "L": (Reason.VIOLENT_PERSON, ""),
    "M": (Reason.MISSING_PERSON, ""),
    "N": (Reason.IMMIGRATION_VIOLATOR, ""),
    "P": (Reason.STOLEN_PLATE, ""),
    "R": (Reason.STOLEN_PLATE, "Canadian plate"),
    # One code for two files: the graver of the two is sounded.
    "T": (Reason.TERRORIST_SCREENING, "or gang member"),
    "V": (Reason.STOLEN_VEHICLE, ""),
    "W": (Reason.WANTED_PERSON, ""),
    "X": (Reason.SEX_OFFENDER, ""),
}
"""First letters of NCIC's record numbers."""


class Ncic(FixedWidth):
    """One table of all files."""

    name: ClassVar[FormatName] = FormatName.NCIC
    codes = CODES
    fields = (
        Field("reason", 1, 1, is_letter, "no code letter"),
        Field("record_id", 1, 10),
        Field("remarks", 11, 19, label="agency"),
        Field("remarks", 20, 27, is_day, "no date", "of"),
        Field("plate", 28, 37, is_plate_cell, "a gap in the plate"),
        Field("state", 38, 39, is_state, "no state code"),
        Field("remarks", 40, 43, is_year, "no year of the plate", "plate of"),
        Field("remarks", 44, 45, label="plate type"),
        Field("vehicle", 46, 49, is_year, "no year of the vehicle"),
        Field("vehicle", 50, 53),
        Field("vehicle", 54, 56),
        Field("vehicle", 57, 58),
        Field("vehicle", 59),
    )
