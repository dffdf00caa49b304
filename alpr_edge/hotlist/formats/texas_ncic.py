"""Texas' extract of NCIC: eleven columns between commas, no head line; the record number's first letter is the code."""

from collections.abc import Sequence
from typing import ClassVar

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.hotlist.formats.fields import Field, is_day, is_state_or_blank, is_year
from alpr_edge.hotlist.formats.line_formats import Delimited
from alpr_edge.hotlist.formats.ncic import CODES
from alpr_edge.hotlist.formats.row_builder import Cells


class TexasNcic(Delimited):
    """Record number, agency, date, plate, state, its year, then the vehicle's year, make, model, body and colour."""

    name: ClassVar[FormatName] = FormatName.TEXAS_NCIC
    codes = CODES
    has_head = False
    zone = "America/Chicago"
    width = 11
    fields = (
        Field("record_id", 1, looks=lambda cell: cell[:1].isalpha(), wrong="no record number with a code letter"),
        Field("remarks", 2, label="agency"),
        Field("remarks", 3, looks=is_day, wrong="no date", label="of"),
        Field("plate", 4),
        Field("state", 5, looks=is_state_or_blank, wrong="no state code"),
        Field("remarks", 6, looks=is_year, wrong="no year of the plate", label="plate of"),
        Field("vehicle", 7, looks=is_year, wrong="no year of the vehicle"),
        *(Field("vehicle", number) for number in (8, 9, 10, 11)),
    )

    def cells(self, texts: Sequence[str]) -> Cells:
        """The code is the record number's first letter."""
        cells = super().cells(texts)
        return cells._replace(reason=cells.record_id[:1])
