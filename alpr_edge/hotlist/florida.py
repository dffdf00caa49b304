"""Florida's list: fifteen columns between semicolons, under a head line; the reason is written out in the first.

Read are the agency and its case number (columns 2, 3 and 4), the NCIC number (7), plate (11) and state (13). The time
stamps are not: which is which, no published layout says.
"""

from typing import ClassVar

from alpr_edge.hotlist.cells import Field, is_state_or_blank
from alpr_edge.hotlist.feeds import FormatName
from alpr_edge.hotlist.lines import Delimited


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
        Field("record_id", 7),
        Field("plate", 11),
        Field("state", 13, looks=is_state_or_blank, wrong="no state code"),
    )
