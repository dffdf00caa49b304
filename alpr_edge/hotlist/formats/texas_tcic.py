"""Texas' own crime information center (TCIC): eight columns between commas, no head line.

The second letter of the record number is the code, and codes are not NCIC's: ``E`` is a violent person, ``O`` a
protection order, ``T`` a threat against a peace officer.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.fields import Field, is_state_or_blank, is_year
from alpr_edge.hotlist.formats.line_formats import Delimited
from alpr_edge.hotlist.formats.row_builder import Cells, Codes

_RECORD_NUMBER = re.compile(r"[A-Za-z]{2}\d", re.ASCII)
_CODES: Codes = {
    "E": (Reason.VIOLENT_PERSON, ""),
    "M": (Reason.MISSING_PERSON, ""),
    "O": (Reason.PROTECTION_ORDER, ""),
    "P": (Reason.STOLEN_PLATE, ""),
    "T": (Reason.VIOLENT_PERSON, "threat against a peace officer"),
    "V": (Reason.STOLEN_VEHICLE, ""),
    "W": (Reason.WANTED_PERSON, ""),
    "X": (Reason.SEX_OFFENDER, ""),
    "Y": (Reason.OTHER, "child safety check"),
}


class TexasTcic(Delimited):
    """Record number, plate, state, then the vehicle's year, make, model, body and colour."""

    name: ClassVar[FormatName] = FormatName.TEXAS_TCIC
    codes = _CODES
    has_head = False
    zone = "America/Chicago"
    width = 8
    fields = (
        Field(
            "record_id",
            1,
            looks=lambda cell: _RECORD_NUMBER.match(cell) is not None,
            wrong="no record number with a code letter",
        ),
        Field("plate", 2),
        Field("state", 3, looks=is_state_or_blank, wrong="no state code"),
        Field("vehicle", 4, looks=is_year, wrong="no year of the vehicle"),
        *(Field("vehicle", number) for number in (5, 6, 7, 8)),
    )

    def cells(self, texts: Sequence[str]) -> Cells:
        """The code is the record number's second letter."""
        cells = super().cells(texts)
        return cells._replace(reason=cells.record_id[1:2])
