"""Text in fixed columns that the settings give, such as ``columns = { plate = "1-8", state = "9-10" }``.

By the settings' default the first line is a head. Where it reads as an entry all the same it is kept as one: a file
without a head would else lose a wanted plate with every import.
"""

from collections.abc import Iterator
from typing import ClassVar

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.hotlist.formats.base import Feed, FeedContext, FeedFormat, Rules
from alpr_edge.hotlist.formats.csv_header import ROLES, VEHICLE_ROLES
from alpr_edge.hotlist.formats.fields import Field, is_state_or_blank
from alpr_edge.hotlist.formats.line_formats import TRAILER, FixedWidth, looks_like_head
from alpr_edge.hotlist.formats.row_builder import Cells, RowBuilder

COLUMNS_MAX = 10_000
HEAD_KEPT = (
    "line 1 reads as an entry and is kept as one; if the file has no head, say so in the settings: header = false"
)
HEAD_PASSED_OVER = "line 1 is passed over as the head; if the file has none, say so in the settings: header = false"
_MEANINGS = {"case": ("remarks", "case")} | dict.fromkeys(VEHICLE_ROLES, ("vehicle", ""))
"""The cell of each role that is none itself, and the text before it there."""


class GenericFixed(FeedFormat):
    """A layout of its own for each source."""

    name: ClassVar[FormatName] = FormatName.FIXED_WIDTH

    def open_text(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the head, if the settings say that there is one."""
        layout = _Layout(_fields(context.rules), has_head=context.rules.header)
        return layout.open_text(lines, context)


class _Layout(FixedWidth):
    name: ClassVar[FormatName] = FormatName.FIXED_WIDTH
    free_remarks = True

    def __init__(self, fields: tuple[Field, ...], *, has_head: bool) -> None:
        self.fields = fields
        self.has_head = has_head

    def is_head(self, text: str, builder: RowBuilder) -> bool:
        """Whether the settings say so, and the line is not an entry or the trailer."""
        if not self.has_head or TRAILER.fullmatch(text.strip()):
            return False
        if self.is_entry(text, builder):
            builder.unknown_words.head = HEAD_KEPT
            return False
        if text.strip() and not (looks_like_head(text) and self.split(text) is None):
            builder.unknown_words.head = HEAD_PASSED_OVER
        return True


def _fields(rules: Rules) -> tuple[Field, ...]:
    """The settings' columns in their order."""
    fields = []
    for role, text in rules.columns.items():
        if role not in ROLES and role not in Cells._fields:
            raise FeedError(f"columns: no role is called {role!r}; known are {', '.join(ROLES)}")
        first, _, last = text.partition("-")
        if not (_is_place(first) and (not last or _is_place(last)) and int(first) <= int(last or first)):
            raise FeedError(f"columns: {role} stands in columns such as 1-8, not {text!r}")
        looks = is_state_or_blank if role == "state" else None
        cell_role, label = _MEANINGS.get(role, (role, ""))
        wrong = "no state code" if looks else ""
        fields.append(Field(cell_role, int(first), int(last or first), looks, wrong, label))
    if not any(field.role == "plate" for field in fields):
        raise FeedError("columns: say where the plate stands, such as plate = '1-8'")
    return tuple(sorted(fields, key=lambda field: field.first))


def _is_place(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= COLUMNS_MAX
