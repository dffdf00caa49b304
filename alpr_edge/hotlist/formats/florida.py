"""Florida's list: fifteen columns between semicolons, under a head line; the reason is written out in the first.

Read is what an open importer of this list (openalpr_hotlist_import) names: the agency and its name (columns 2 and 3),
its case number (OCA, 4), two more numbers of the record (OAN and PCN, 5 and 6), the NCIC number (7), plate (11) and
state (13). Its example has a day in column 8 and moments in 10 and 15, a letter in 9, a year in 12 and two letters in
14; neither it nor any published layout says what these mean, so they are not read.
"""

from typing import ClassVar

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.hotlist.formats.fields import Field, is_state_or_blank
from alpr_edge.hotlist.formats.line_formats import Delimited


class Florida(Delimited):
    """One table of all reasons."""

    name: ClassVar[FormatName] = FormatName.FLORIDA
    zone = "America/New_York"
    delimiter = ";"
    width = 15
    fields = (
        Field("reason", 1, looks=lambda cell: cell[:1].isalpha(), wrong="no reason"),
        Field("remarks", 2, label="agency"),
        Field("remarks", 3),
        Field("remarks", 4, label="case"),
        Field("remarks", 5, label="OAN"),
        Field("remarks", 6, label="PCN"),
        Field("record_id", 7),
        Field("plate", 11),
        Field("state", 13, looks=is_state_or_blank, wrong="no state code"),
    )
