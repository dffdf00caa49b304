"""California DOJ's CLEW tables: ``svs`` stolen vehicle, ``sfr`` felony vehicle, ``slr`` stolen or lost plate.

A header ``DATE07/02/2018 09:00`` (Pacific time), lines of 20 columns, a trailer ``TOTAL RECORD 0000072`` that counts
the lines. A table without either, or whose count differs, was cut or tampered with and is refused whole.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.base import FeedContext
from alpr_edge.hotlist.formats.fields import Field, is_day, is_number, is_plate_cell, is_state
from alpr_edge.hotlist.formats.line_formats import FixedWidth
from alpr_edge.hotlist.formats.row_builder import RowBuilder

_HEADER = re.compile(r"DATE(\d{2}/\d{2}/\d{4} \d{2}:\d{2})")
_TABLE = re.compile(r"(?<![a-z])(svs|sfr|slr)(?![a-z])")
_REASONS = {"svs": Reason.STOLEN_VEHICLE, "sfr": Reason.FELONY_VEHICLE, "slr": Reason.STOLEN_PLATE}


class Clew(FixedWidth):
    """The three tables; the name of the file or the person who imports it says which one it is."""

    name: ClassVar[FormatName] = FormatName.CLEW
    trailer_required = True
    notes: ClassVar[Mapping[Reason, str]] = {Reason.STOLEN_PLATE: "stolen or lost plate"}
    """Only ``slr`` has plates alone, and it does not say which of the two happened to one."""
    fields = (
        Field("plate", 1, 8, is_plate_cell, "a gap in the plate"),
        Field("state", 9, 10, is_state, "no state code"),
        Field("remarks", 11, 12, is_number, "no county number", "county"),
        Field("remarks", 13, 20, is_day, "no date of loss", "lost"),
    )

    def is_head(self, text: str, builder: RowBuilder) -> bool:  # noqa: ARG002 - a table always has one
        """True: the first line must be the header, and is refused when it holds no date."""
        return True

    def issue_date(self, head: str, builder: RowBuilder) -> datetime:
        """The header's date."""
        match = _HEADER.fullmatch(head.strip())
        issued_at = builder.date(match.group(1)) if match else None
        if issued_at is None:
            raise FeedError("line 1: the header DATEmm/dd/yyyy hh:mm is missing or no date; download the table again")
        return issued_at

    def default_reason(self, context: FeedContext) -> Reason:
        """The reason that the table stands for, by its file's name."""
        if context.rules.reason is not None:
            return context.rules.reason
        match = _TABLE.search(context.file_name.lower())
        if match is None:
            raise FeedError(f"{context.file_name}: neither svs, sfr nor slr is in its name; give --reason")
        return _REASONS[match.group(1)]
