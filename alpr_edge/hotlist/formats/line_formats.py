"""The base of every format with a record a line: fields in fixed places or between delimiters.

A format says where its fields are and what they look like. A line that does not look so is rejected, with the column at
fault. With a fixed layout the rejection also says when the rest of the line is shifted by one column. Such a line is
never corrected: that might put another car on the list.

Of a head line that is no record only the date is read. No publisher says what stands in its head line, so a first line
is one where its words are those of heads and it holds nothing like a plate; any other counts as a record, or as a
rejected one. A trailer that counts the records must be right.
"""

import csv
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any, ClassVar

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.base import PACIFIC, Feed, FeedContext, FeedFormat, Record, Rejected, text_of
from alpr_edge.hotlist.formats.csv_header import ROLES
from alpr_edge.hotlist.formats.fields import Field, gather_cells
from alpr_edge.hotlist.formats.row_builder import Cells, Codes, RowBuilder, Traits

SHIFTS_TRIED_MAX = 1000
"""Most faulty lines of a feed that are examined for a shift; a feed with more is mostly refused in any case."""
TRAILER = re.compile(r"(?:TOTAL RECORDS?|RECORD COUNT|TRAILER)\W*(\d{1,10})", re.IGNORECASE)
HEAD_WORDS = frozenset(
    (
        "alpr", "bureau", "ccic", "center", "county", "created", "crime", "date", "department", "export", "extract",
        "extracted", "fdle", "file", "generated", "hdr", "head", "header", "hotlist", "information", "issued", "list",
        "lpr", "make", "model", "name", "ncic", "number", "nysp", "ori", "police", "produced", "published", "reason",
        "report", "sheriff", "type", "version",
    )
)  # fmt: skip
"""Words of head lines: who made a file, what it is called and when it was made, and names of columns. None is a reason,
nor a word that reasons have ("plate")."""
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(
    r"(?<!\d)("
    r"\d{2}/\d{2}/\d{4}(?: \d{2}:\d{2}(?::\d{2})?)?|\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|\d{8}"
    r")(?!\d)"
)


class LineFormat(FeedFormat):
    """A record a line."""

    fields: tuple[Field, ...]
    """The fields in their order in the line."""
    codes: ClassVar[Codes] = {}
    """Meaning of the codes in its reason cells."""
    notes: ClassVar[Mapping[Reason, str]] = {}
    """What the remarks say of lines that name no reason, by the reason that they are given."""
    free_remarks: ClassVar[bool] = False
    """Whether its remarks are free text of the feed's maker, not agencies, numbers and dates."""
    zone: ClassVar[str] = PACIFIC
    has_head: bool = True
    """Whether a first line may be a head."""
    trailer_required: ClassVar[bool] = False

    def open_text(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the head, if there is one."""
        builder = RowBuilder(context, self._traits(context))
        first = next(lines, b"")
        text = _line_text(first)
        if self.is_head(text, builder):
            issued_at = self.issue_date(text, builder)
            number = 2
        else:
            issued_at = None
            number, lines = 1, chain([first], lines)
        builder.begin(issued_at)
        needs_trailer = self.trailer_required or context.rules.trailer_required
        records = self._records(lines, number, builder, needs_trailer=needs_trailer)
        return Feed(issued_at, records, builder.unknown_words)

    def is_head(self, text: str, builder: RowBuilder) -> bool:
        """Whether a first line is a head."""
        return self.has_head and looks_like_head(text) and not self.is_entry(text, builder)

    def is_entry(self, text: str, builder: RowBuilder) -> bool:
        """Whether a first line is an entry; a head's words may by chance stand where its fields would."""
        texts = self.split(text)
        if texts is None:
            return False
        cells = self.cells(texts)
        words = cells.plate.lower().split()
        is_name = words[:1] and (words[0] in HEAD_WORDS or "".join(words) in ROLES["plate"])
        return builder.is_plausible(cells) and (not is_name or builder.knows_reason(cells.reason))

    def issue_date(self, head: str, builder: RowBuilder) -> datetime | None:
        """The date in a head; None where it holds none, or may be a record with one."""
        match = _DATE.search(head)
        return builder.date(match.group(1)) if match and looks_like_head(head) else None

    def default_reason(self, _: FeedContext) -> Reason | None:
        """The reason of lines that name none, where the settings give none."""
        return None

    @abstractmethod
    def split(self, text: str) -> Sequence[str] | None:
        """The cells of a line, one a field; None when it does not look like a record."""

    @abstractmethod
    def fault(self, text: str, *, closely: bool) -> tuple[str, str]:
        """Column and reason of a line that does not look like a record; ``closely``: say also whether it is shifted."""

    def cells(self, texts: Sequence[str]) -> Cells:
        """The cells of a line by their meaning."""
        return gather_cells(self.fields, texts)

    def _traits(self, context: FeedContext) -> Traits:
        names = dict.fromkeys(Cells._fields, "-") | {field.role: field.place for field in reversed(self.fields)}
        return Traits(
            names, self.codes, self.default_reason(context), self.notes, self.zone, free_remarks=self.free_remarks
        )

    def _records(
        self, lines: Iterator[bytes], number: int, builder: RowBuilder, *, needs_trailer: bool
    ) -> Iterator[Record]:
        """Every line up to the trailer, then the check of its count."""
        record_count = faults = 0
        for number, line in enumerate(lines, start=number):  # noqa: B020, PLR1704 - the number goes on
            text = _line_text(line)
            if not text or text.isspace():
                continue
            # First: in wide fields a trailer looks like a record.
            if trailer := TRAILER.fullmatch(text.strip()):
                check_end(map(_line_text, lines), record_count, int(trailer.group(1)))
                return
            texts = self.split(text)
            if texts is not None:
                yield builder.make(number, self.cells(texts))
            else:
                faults += 1
                yield Rejected(number, *self.fault(text, closely=faults <= SHIFTS_TRIED_MAX))
            record_count += 1
        if needs_trailer:
            raise FeedError(f"line {number}: the trailer TOTAL RECORD is missing, it was cut short; download it again")


class FixedWidth(LineFormat):
    """Fields in fixed columns; what lies between them is not read."""

    def split(self, text: str) -> Sequence[str] | None:
        """The cells, if each looks as it should."""
        text = text.rstrip().ljust(self._width)
        cells: tuple[str, ...] = self._cut_cells(text)
        if len(text) > self._width and not self._is_open:
            return None
        return cells if all(looks(cells[place]) for place, looks in self._checks) else None

    def fault(self, text: str, *, closely: bool) -> tuple[str, str]:
        """The first field that does not look as it should, or how the line is shifted."""
        direction = self._shift(text) if closely else None
        if direction:
            return f"1-{self._width}", f"the fields stand one column to the {direction} of the layout"
        text = text.rstrip().ljust(self._width)
        for field, cell in zip(self.fields, self._cut_cells(text), strict=True):
            if field.looks is not None and not field.looks(cell):
                return field.place, field.wrong
        return f"{self._width + 1}-", "longer than the layout"

    def _shift(self, text: str) -> str | None:
        """The direction to which a part of the line stands one column off; None where that does not explain it."""
        for start in self._shiftable:
            if text[start : start + 1] == " " and self.split(text[:start] + text[start + 1 :]) is not None:
                return "right"
            if self.split(f"{text[: start - 1]} {text[start - 1 :]}") is not None:
                return "left"
        return None

    @cached_property
    def _width(self) -> int:
        return max(field.last or field.first for field in self.fields)

    @cached_property
    def _is_open(self) -> bool:
        return not all(field.last for field in self.fields)

    @cached_property
    def _cut_cells(self) -> Any:  # noqa: ANN401 - itemgetter has no useful type
        slices = [slice(field.first - 1, field.last or None) for field in self.fields]
        # One slice alone would give text, not a row of cells.
        return itemgetter(*slices) if len(slices) > 1 else lambda text: (text[slices[0]],)

    @cached_property
    def _shiftable(self) -> list[int]:
        """The starts of fields with two checked fields behind them: one alone would explain any fault as a shift."""
        checked_places = [field.first for field in self.fields if field.looks is not None]
        starts = [field.first for field in self.fields[1:]]
        return [start - 1 for start in starts if sum(first >= start for first in checked_places) > 1]

    @cached_property
    def _checks(self) -> list[Any]:
        return [(place, field.looks) for place, field in enumerate(self.fields) if field.looks is not None]


class Delimited(LineFormat):
    """Cells between delimiters, always as many; no row names them."""

    delimiter: ClassVar[str] = ","
    width: ClassVar[int]
    """Cells of a line."""

    def split(self, text: str) -> Sequence[str] | None:
        """The cells of the fields, if there are as many as there should be and each looks as it should."""
        cells = self._row(text)
        if len(cells) != self.width:
            return None
        texts = [cells[field.first - 1].strip() for field in self.fields]
        fine = all(field.looks is None or field.looks(cell) for field, cell in zip(self.fields, texts, strict=True))
        return texts if fine else None

    def issue_date(self, head: str, builder: RowBuilder) -> datetime | None:
        """The date in a head; None of one with as many cells as a record: it names columns."""
        return None if len(self._row(head)) == self.width else super().issue_date(head, builder)

    def fault(self, text: str, *, closely: bool) -> tuple[str, str]:  # noqa: ARG002 - cells between delimiters do not shift
        """Too many or few cells, or the first that does not look as it should."""
        cells = self._row(text)
        if len(cells) != self.width:
            return "-", f"{len(cells)} columns where the layout has {self.width}"
        for field in self.fields:
            if field.looks is not None and not field.looks(cells[field.first - 1].strip()):
                return field.place, field.wrong
        return "-", "no record of this layout"

    def _row(self, text: str) -> list[str]:
        try:
            return next(csv.reader([text], delimiter=self.delimiter), [])
        except csv.Error:
            return []


def looks_like_head(text: str) -> bool:
    """Whether a line has a word of heads, or is a date alone, and holds no letters beside digits, as plates do.

    A record at fault must not pass for a head: it would be lost and not be counted, and its date be the list's.
    """
    if TRAILER.fullmatch(text.strip()):
        return False
    words = [word.lower() for word in _WORD.findall(_DATE.sub(" ", text))]
    if not all(word.isalpha() or word.isdecimal() for word in words):
        return False
    return (
        not HEAD_WORDS.isdisjoint(words) if words else any("/" in date or "-" in date for date in _DATE.findall(text))
    )


def check_end(rest: Iterator[str], record_count: int, trailer_count: int) -> None:
    """Compare a trailer with what was counted."""
    if record_count != trailer_count:
        raise FeedError(
            f"the trailer counts {trailer_count} records, the table holds {record_count}; download it again"
        )
    if any(text.strip() for text in rest):
        raise FeedError("lines follow the trailer; download the feed again")


def _line_text(line: bytes) -> str:
    return text_of(line).rstrip("\r\n\x1a")
