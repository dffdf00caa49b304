"""All formats by name. A new one is a file of some thirty lines beside these, and a line here."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import ClassVar, Protocol

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Reason
from alpr_edge.hotlist.formats.base import Feed, FeedContext, FeedFormat, Record, Rejected, Rules, text_of
from alpr_edge.hotlist.formats.csv_header import ROLES, VEHICLE_ROLES, Header, header_of
from alpr_edge.hotlist.formats.fields import Field, is_day, is_number, is_plate_cell, is_state, is_state_or_blank
from alpr_edge.hotlist.formats.line_formats import TRAILER, Delimited, FixedWidth, check_end, looks_like_head
from alpr_edge.hotlist.formats.ncic import Ncic
from alpr_edge.hotlist.formats.new_york import NewYork
from alpr_edge.hotlist.formats.row_builder import Cells, Codes, RowBuilder, Traits
from alpr_edge.hotlist.formats.texas_ncic import TexasNcic
from alpr_edge.hotlist.formats.texas_tcic import TexasTcic

# Text in fixed columns that the settings give, such as ``columns = { plate = "1-8", state = "9-10" }``.
#
# By the settings' default the first line is a head. Where it reads as an entry all the same it is kept as one: a file
# without a head would else lose a wanted plate with every import.

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


# Delimited text with a header row, as Rekor's and Genetec AutoVu's importers read it, or without one.
#
# The delimiter (``,`` ``;`` ``:`` or tab) is the one under which the header row names columns known here, or the
# settings'; it is not guessed from counts. Columns with names of their own are named in the settings, by role; without
# a header row they are numbered. A first line ``DATE11/23/2026 09:00`` is the date of the list. Lines are UTF-8 or,
# where they are not, Latin-1. Quoted fields may hold delimiters, doubled quotes and line ends; where a line in one is a
# row by itself, a quote that was meant as inches has paired with a later line's, and each line is read as a row of its
# own. A quote that is never closed refuses the feed, because it would swallow every line behind it.

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


# Florida's list: fifteen columns between semicolons, under a head line; the reason is written out in the first.
#
# Read is what an open importer of this list (openalpr_hotlist_import) names: the agency and its name (columns 2 and 3),
# its case number (OCA, 4), two more numbers of the record (OAN and PCN, 5 and 6), the NCIC number (7), plate (11) and
# state (13). Its example has a day in column 8 and moments in 10 and 15, a letter in 9, a year in 12 and two letters in
# 14; neither it nor any published layout says what these mean, so they are not read.


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


# Colorado's crime information center (CCIC), fixed width, under a head line.
#
# The reason is written out and cut to its 22 columns.

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


# California DOJ's CLEW tables: ``svs`` stolen vehicle, ``sfr`` felony vehicle, ``slr`` stolen or lost plate.
#
# A header ``DATE07/02/2018 09:00`` (Pacific time), lines of 20 columns, a trailer ``TOTAL RECORD 0000072`` that counts
# the lines. A table without either, or whose count differs, was cut or tampered with and is refused whole.

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


_KNOWN: tuple[FeedFormat, ...] = (
    GenericCsv(),
    GenericFixed(),
    Clew(),
    Ncic(),
    TexasNcic(),
    TexasTcic(),
    Colorado(),
    NewYork(),
    Florida(),
)
FORMATS: dict[FormatName, FeedFormat] = {feed_format.name: feed_format for feed_format in _KNOWN}
