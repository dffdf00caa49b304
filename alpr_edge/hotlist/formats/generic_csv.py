"""Delimited text with a header row, as Rekor's and Genetec AutoVu's importers read it, or without one.

The delimiter (``,`` ``;`` ``:`` or tab) is the one under which the header row names columns known here, or the
settings'; it is not guessed from counts. Columns with names of their own are named in the settings, by role; without a
header row they are numbered. A first line ``DATE11/23/2026 09:00`` is the date of the list. Lines are UTF-8 or, where
they are not, Latin-1. Quoted fields may hold delimiters, doubled quotes and line ends; where a line in one is a row by
itself, a quote that was meant as inches has paired with a later line's, and each line is read as a row of its own. A
quote that is never closed refuses the feed, because it would swallow every line behind it.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import ClassVar, Protocol

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.hotlist.formats.base import Feed, FeedContext, FeedFormat, Record, Rejected, text_of
from alpr_edge.hotlist.formats.csv_header import VEHICLE_ROLES, Header, header_of
from alpr_edge.hotlist.formats.line_formats import TRAILER, check_end
from alpr_edge.hotlist.formats.row_builder import Cells, RowBuilder, Traits
from alpr_edge.hotlist.formats.unknown_words import ABSENT_COLUMNS

LINES_A_RECORD_MAX = 20
"""More lines than this in one quoted field is a quote that pairs with a later line's, not a remark."""
_VEHICLE, _REMARKS = Cells._fields.index("vehicle"), Cells._fields.index("remarks")
_NEVER_CLOSED = "end of data", "field larger than field limit"
"""What the reader says of a quote that is never closed, in a short feed and in a long one."""
_DATE = re.compile(r"DATE\s*(\S.*)")
_TRAILERS = frozenset("TtRr")
"""First letters of a trailer, which a spreadsheet saves with as many cells as a row has."""


class GenericCsv(FeedFormat):
    """The header row names the columns; ``Plate Number`` alone is needed."""

    name: ClassVar[FormatName] = FormatName.GENERIC_CSV

    def open_text(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the date and the header row, if there are any."""
        first = next(lines, b"")
        date_line = _DATE.fullmatch(text_of(first).strip())
        number = 2 if date_line else 1
        if date_line:
            first = next(lines, b"")
        header = header_of(text_of(first).rstrip("\r\n"), number, context.rules)
        if not context.rules.header:
            number, lines = number - 1, chain([first], lines)
        traits = Traits(header.names, partials=True, ncic_states=False, free_remarks=True)
        builder = RowBuilder(context, traits, header.unread)
        if not context.removals:
            known = {*header.places, "reason"} if context.rules.reason else header.places.keys()
            builder.unknown_words.absent_columns = tuple(role for role in ABSENT_COLUMNS if role not in known)
        issued_at = _issue_date(date_line.group(1), builder) if date_line else None
        builder.begin(issued_at)
        rows = _Rows(header, builder, number, trailer=context.rules.trailer_required)
        return Feed(issued_at, rows.records(lines), builder.unknown_words)


def _issue_date(text: str, builder: RowBuilder) -> datetime:
    issued_at = builder.date(text)
    if issued_at is None:
        raise FeedError("line 1: no date behind DATE; write it as mm/dd/yyyy hh:mm")
    return issued_at


class _CsvReader(Protocol):
    """The reader that :func:`csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


class _Rows:
    """The rows behind the header; line numbers are the file's.

    Args:
        trailer: whether a trailer must be at the end.
    """

    def __init__(self, header: Header, builder: RowBuilder, done: int, *, trailer: bool) -> None:
        self._header = header
        self._builder = builder
        self._done = done
        self._record_count = 0
        self._trailer = trailer

    def records(self, lines: Iterator[bytes]) -> Iterator[Record]:
        """Each row's record, then the check of the trailer."""
        rows = csv.reader(map(text_of, lines), delimiter=self._header.delimiter, strict=True)
        before = self._done
        while True:
            try:
                # A row a turn of the inner loop: entering a try block for each of millions is not free.
                yield from self._well_formed(rows, before)
            except csv.Error as error:
                first = self._done + 1
                if any(fault in str(error) for fault in _NEVER_CLOSED):
                    fault = f"line {first}: a quote is opened here and never closed; download the feed again"
                    raise FeedError(fault) from None
                self._record_count += 1
                span, self._done = rows.line_num + before - self._done, rows.line_num + before
                yield Rejected(first, "-", "its quotes do not pair up", span)
            else:
                return

    def _well_formed(self, rows: "_CsvReader", before: int) -> Iterator[Record]:
        width, places, make = self._header.width, _picker(self._header), self._builder.make
        for row in rows:
            first, self._done = self._done + 1, rows.line_num + before
            if self._done > first and (parts := self._parts(row, first)):
                yield from parts
                self._record_count += len(parts) - 1
            elif len(row) == width and (row[0] or any(row)) and row[0][:1] not in _TRAILERS:
                row.append("")
                yield make(first, places(row))
            elif not any(cell.strip() for cell in row):
                continue
            elif trailer := TRAILER.fullmatch("".join(row).strip()):
                check_end(map("".join, rows), self._record_count, int(trailer.group(1)))
                return
            else:
                yield self._other_row(row, first)
            self._record_count += 1
        if self._trailer:
            raise FeedError(
                f"line {self._done}: the trailer TOTAL RECORD is missing, it was cut short; download it again"
            )

    def _other_row(self, row: list[str], line: int) -> Record:
        """A row of another width, or one that began as a trailer does and is none."""
        width = self._header.width
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            return Rejected(line, "-", f"{len(row)} columns where the header has {width}")
        return self._builder.make(line, self._pick(row))

    def _parts(self, row: list[str], first: int) -> list[Record]:
        """The records of a row over several lines of which one is a row by itself; empty where it is one record.

        What was joined may hold wanted plates, which would be another entry's remark. The first line's entry is kept,
        by its own cells if they are as many as there should be; a later line must look like an entry.
        """
        count, width = self._done - first + 1, self._header.width
        if count > LINES_A_RECORD_MAX:
            return [Rejected(first, "-", "a quoted field runs over too many lines", count)]
        lines = _lines_of(row, self._header.delimiter)
        if not any(_fits(line, width) for line in lines[1:]):
            self._builder.unknown_words.records_over_lines += 1
            return []
        unquoted = [*lines[0][:-1], *_split(lines[0][-1], self._header.delimiter)]
        cut = [cell.partition("\n")[0] for cell in row]
        own = next((cells for cells in (lines[0], unquoted, cut) if _fits(cells, width)), row)
        parts = [self._other_row(own, first)]
        parts += [self._part(cells, line) for line, cells in enumerate(lines[1:], start=first + 1) if any(cells)]
        return parts

    def _part(self, cells: list[str], line: int) -> Record:
        """A line that a quote had joined to the line before."""
        if not (_fits(cells, self._header.width) and self._builder.is_plausible(Cells(*self._pick(cells)))):
            return Rejected(line, "-", "joined to the line before by a quote, and no row by itself")
        self._builder.unknown_words.parted_lines += 1
        return self._builder.make(line, self._pick(cells))

    def _pick(self, row: list[str]) -> tuple[str, ...]:
        return _picker(self._header)([*row[: self._header.width], ""])


def _lines_of(row: list[str], delimiter: str) -> list[list[str]]:
    """The cells of each line of a row with line ends in its quoted cells."""
    lines: list[list[str]] = [[]]
    for cell in row:
        begin, *others = (part.rstrip("\r") for part in cell.split("\n"))
        lines[-1].append(begin)
        lines += [_split(other, delimiter) for other in others]
    return lines


def _split(text: str, delimiter: str) -> list[str]:
    """The cells of a part of a line; the whole part where its quotes do not pair up."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [""])
    except csv.Error:
        return [text]


def _fits(cells: Sequence[str], width: int) -> bool:
    """Whether cells are a row: as many as the header has, others behind them empty, and not all of them empty."""
    return len(cells) >= width and any(cells[:width]) and not any(cell.strip() for cell in cells[width:])


def _picker(header: Header) -> Callable[[list[str]], tuple[str, ...]]:
    """Make the function that orders a row's cells as :class:`Cells` has them.

    Behind the row's own cells stands an empty one, for absent roles.
    """
    plain: Callable[[list[str]], tuple[str, ...]] = itemgetter(
        *(header.places.get(role, header.width) for role in Cells._fields)
    )
    parts = [header.places[role] for role in VEHICLE_ROLES if role in header.places]
    case = header.places.get("case", header.width)
    if not parts and case == header.width:
        return plain

    def join_cells(row: list[str]) -> tuple[str, ...]:
        cells = list(plain(row))
        cells[_VEHICLE] = " ".join([row[part] for part in parts])
        if row[case].strip():
            cells[_REMARKS] = f"case {row[case].strip()}; {cells[_REMARKS]}".rstrip("; ")
        return tuple(cells)

    return join_cells
