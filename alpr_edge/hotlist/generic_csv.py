"""Delimited text with a header row, as Rekor's and Genetec AutoVu's importers take it.

The delimiter (``,`` ``;`` ``:`` or tab) is the one under which the header row names columns known here; it is not
guessed from counts. Lines are UTF-8 (a byte order mark is passed over) or, where they are not, Latin-1.
Quoted fields may hold delimiters, doubled quotes and line ends. A quote that is never closed ends the feed's trust:
it would swallow every line behind it.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical
from alpr_edge.hotlist import reasons, states
from alpr_edge.hotlist.feeds import (
    PLATE_RAW_MAX,
    RECORD_ID_MAX,
    REMARKS_MAX,
    VEHICLE_MAX,
    Feed,
    FeedContext,
    FeedFormat,
    FormatName,
    Record,
    Rejected,
    Withheld,
    clean,
    is_partial,
    moment,
    zone,
)

LINES_A_RECORD_MAX = 20
"""More lines than this in one quoted field is a quote that pairs with a later line's, not a remark."""
Times = tuple[datetime | None, datetime | None]
"""When an entry takes effect and when it expires."""
_ABSENT = -1
_DELIMITERS = ",;\t:"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_WORD = re.compile("[^a-z0-9]+")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "plate": ("platenumber", "plate", "licenseplate", "licenseplatenumber"),
    "state": ("stateprovince", "platestate", "state", "province"),
    "reason": ("category", "reason", "description"),
    "remarks": ("remarks", "notes", "comments", "description"),
    "record_id": ("recordid", "id", "ncicnumber", "casenumber"),
    "effective": ("effectivedate", "startdate"),
    "expires": ("expirydate", "expirationdate", "enddate"),
    "year": ("vehicleyear", "year"),
    "make": ("vehiclemake", "make"),
    "model": ("vehiclemodel", "model"),
    "colour": ("vehiclecolor", "vehiclecolour", "color", "colour"),
}
"""What a column is called, lower case without spaces; the first name present is taken."""


class GenericCsv(FeedFormat):
    """The header row names the columns; ``Plate Number`` alone is needed."""

    name: ClassVar[FormatName] = FormatName.GENERIC_CSV

    def open(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the header row."""
        head = next(lines, b"")
        if head.startswith(_UTF16):
            raise FeedError("line 1: the file is UTF-16; save it as UTF-8")
        header = _text(head.removeprefix(b"\xef\xbb\xbf")).rstrip("\r\n")
        delimiter, names = _sniffed(header)
        table = _Table(names, _places(names), context, zone("America/Los_Angeles"))
        return Feed(None, _records(lines, delimiter, table))


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _key(name: str) -> str:
    return _NOT_WORD.sub("", name.lower())


def _sniffed(header: str) -> tuple[str, list[str]]:
    """The delimiter and the column names of the header row."""
    best: tuple[int, str, list[str]] = (0, "", [])
    for delimiter in _DELIMITERS:
        names = next(csv.reader([header], delimiter=delimiter), [])
        known = sum(any(_key(name) in role for role in _COLUMNS.values()) for name in names)
        if known > best[0]:
            best = (known, delimiter, names)
    known, delimiter, names = best
    if not any(_key(name) in _COLUMNS["plate"] for name in names):
        raise FeedError("line 1: no header row with a plate column; name it Plate Number")
    return delimiter, names


def _places(names: Sequence[str]) -> dict[str, int]:
    """Which column each role is read from; :data:`_ABSENT` for roles the header does not have."""
    keys = [_key(name) for name in names]
    places = dict.fromkeys(_COLUMNS, _ABSENT)
    for role, known in _COLUMNS.items():
        name = next((name for name in known if name in keys), None)
        if name is None:
            continue
        if keys.count(name) > 1:
            raise FeedError(f"line 1: two columns are called {names[keys.index(name)].strip()!r}; rename one")
        # A description that gives the reason already is no remark as well.
        if keys.index(name) not in places.values():
            places[role] = keys.index(name)
    return places


def _records(lines: Iterator[bytes], delimiter: str, table: "_Table") -> Iterator[Record]:
    """The rows behind the header; line numbers are the file's."""
    rows = csv.reader((_text(line) for line in lines), delimiter=delimiter, strict=True)
    done = 1
    while True:
        first = done + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                raise FeedError(
                    f"line {first}: a quote is opened here and never closed; fetch the feed again"
                ) from None
            yield Rejected(first, "-", "its quotes do not pair up", rows.line_num + 1 - done)
        else:
            span = rows.line_num + 1 - done
            if span > LINES_A_RECORD_MAX:
                yield Rejected(first, "-", "a quoted field runs over too many lines", span)
            elif any(cell.strip() for cell in row):
                yield table.record(row, first)
        done = rows.line_num + 1


@dataclass(frozen=True, slots=True)
class _Table:
    """Turns rows into entries."""

    names: Sequence[str]
    places: dict[str, int]
    context: FeedContext
    zone: ZoneInfo

    def record(self, row: list[str], line: int) -> Record:
        """The entry of one row, or what became of it."""
        width = len(self.names)
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            return Rejected(line, "-", f"{len(row)} columns where the header has {width}")
        cells = _Cells(self.places, [*row[:width], ""])
        plate_raw = clean(cells.of("plate"), PLATE_RAW_MAX)
        plate = canonical(cells.of("plate"))
        if len(plate) > PLATE_LENGTH_MAX:
            return Rejected(line, self._name("plate"), f"longer than {PLATE_LENGTH_MAX} characters")
        if is_partial(plate_raw):
            return Rejected(line, self._name("plate"), "a plate with wildcards cannot be matched as it stands")
        if reasons.is_withheld(cells.of("reason")):
            return Withheld(line)
        times = self._times(cells, line)
        return times if isinstance(times, Rejected) else self._entry(cells, plate, plate_raw, times)

    def _entry(self, cells: "_Cells", plate: str, plate_raw: str, times: Times) -> HotlistEntry:
        state, state_understood = states.from_text(cells.of("state"))
        reason = self._reason(cells.of("reason"))
        remarks = [cells.of("remarks")]
        if reason is Reason.OTHER:
            remarks.insert(0, cells.of("reason"))
        if not state_understood:
            remarks.append(f"state: {cells.of('state').strip()}")
        vehicle = " ".join((cells.of("year"), cells.of("make"), cells.of("model"), cells.of("colour")))
        return HotlistEntry(
            source=self.context.source,
            plate=plate,
            plate_raw=plate_raw,
            state=state,
            reason=reason,
            record_id=clean(cells.of("record_id"), RECORD_ID_MAX),
            vehicle=clean(vehicle, VEHICLE_MAX),
            remarks=clean("; ".join(text for text in remarks if text.strip()), REMARKS_MAX),
            effective=times[0],
            expires=times[1],
        )

    def _reason(self, text: str) -> Reason:
        if not text.strip() and self.context.reason is not None:
            return self.context.reason
        return reasons.from_text(text)

    def _times(self, cells: "_Cells", line: int) -> Times | Rejected:
        """When the row takes effect and expires; a date that cannot be read is no "never"."""
        found: list[datetime | None] = []
        for role in ("effective", "expires"):
            text = cells.of(role).strip()
            when = moment(text, self.zone, end_of_day=role == "expires") if text else None
            if text and when is None:
                return Rejected(line, self._name(role), "no date")
            found.append(when)
        effective, expires = found
        if effective is not None and expires is not None and expires <= effective:
            return Rejected(line, self._name("expires"), "before the day it takes effect")
        return effective, expires

    def _name(self, role: str) -> str:
        return self.names[self.places[role]].strip()


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row by role; behind its columns stands an empty cell, which absent roles read."""

    places: dict[str, int]
    cells: list[str]

    def of(self, role: str) -> str:
        """The role's cell as it stands."""
        return self.cells[self.places[role]]
