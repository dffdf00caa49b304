"""California DOJ's CLEW tables: ``svs`` stolen vehicle, ``sfr`` felony vehicle, ``slr`` stolen or lost plate.

Fixed width: a header ``DATE07/02/2018 09:00`` (Pacific time), lines of 20 columns ([0:8] plate, [8:10] state, [10:12]
county, [12:20] date of loss), a trailer ``TOTAL RECORD 0000072`` that counts the lines. A feed without either, or
whose count differs, was cut or tampered with and is refused whole. A line whose fields stand a column beside
their places is reported and left out: shifting it on a guess would put another car on the list.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical
from alpr_edge.hotlist import states
from alpr_edge.hotlist.feeds import (
    Feed,
    FeedContext,
    FeedFormat,
    FormatName,
    Record,
    Rejected,
    is_partial,
    moment,
    zone,
)

_HEADER = re.compile(r"DATE(\d{2}/\d{2}/\d{4} \d{2}:\d{2})")
_TRAILER = re.compile(r"TOTAL RECORDS?\s+(\d{1,10})")
_TABLE = re.compile(r"(?<![a-z])(svs|sfr|slr)(?![a-z])")
_REASONS = {"svs": Reason.STOLEN_VEHICLE, "sfr": Reason.FELONY_VEHICLE, "slr": Reason.STOLEN_PLATE}
_STATE = re.compile(r"[A-Z0]{2}")
_COUNTY = re.compile(r"\d{2}|  ")
_SHIFTED = "the fields stand one column to the {} of the layout"


class Clew(FeedFormat):
    """The three tables; which of them a file is, its name or the importing person says."""

    name: ClassVar[FormatName] = FormatName.CLEW

    def open(self, lines: Iterator[bytes], context: FeedContext) -> Feed:
        """Read the header line."""
        reason = context.reason or _table_of(context.file_name)
        head = _text(next(lines, b""))
        match = _HEADER.fullmatch(head.strip())
        issued = moment(match.group(1), zone("America/Los_Angeles")) if match else None
        if issued is None:
            raise FeedError("line 1: the header DATEmm/dd/yyyy hh:mm is missing or no date; fetch the table again")
        return Feed(issued, _records(lines, context.source, reason))


def _table_of(file_name: str) -> Reason:
    match = _TABLE.search(file_name.lower())
    if match is None:
        raise FeedError(f"{file_name}: neither svs, sfr nor slr is in its name; say what it lists with --reason")
    return _REASONS[match.group(1)]


def _text(line: bytes) -> str:
    return line.decode("latin-1").rstrip("\r\n\x1a")


def _records(lines: Iterator[bytes], source: str, reason: Reason) -> Iterator[Record]:
    """Every line between header and trailer, then the check of the count."""
    counted = 0
    number = 1
    for number, line in enumerate(lines, start=2):
        text = _text(line)
        if trailer := _TRAILER.fullmatch(text.strip()):
            _check_end(lines, counted, int(trailer.group(1)))
            return
        if text.strip():
            counted += 1
            yield _record(text, number, source, reason)
    raise FeedError(f"line {number}: the trailer TOTAL RECORD is missing, the table was cut short; fetch it again")


def _check_end(lines: Iterator[bytes], counted: int, declared: int) -> None:
    if counted != declared:
        raise FeedError(f"the trailer counts {declared} records, the table holds {counted}; fetch it again")
    if any(_text(line).strip() for line in lines):
        raise FeedError("lines follow the trailer; fetch the table again")


def _record(text: str, number: int, source: str, reason: Reason) -> Record:
    fault = _fault(text)
    if fault is not None:
        return Rejected(number, *(_shift(text) or fault))
    plate_raw = text[0:8].strip()
    plate = canonical(plate_raw)
    if is_partial(plate_raw):
        return Rejected(number, "1-8", "a plate with wildcards cannot be matched as it stands")
    assert len(plate) <= PLATE_LENGTH_MAX
    return HotlistEntry(
        source=source,
        plate=plate,
        plate_raw=plate_raw,
        state=states.from_ncic(text[8:10]),
        reason=reason,
        remarks=_remarks(text[10:12], text[12:20]),
    )


def _remarks(county: str, lost: str) -> str:
    parts = []
    if county.strip():
        parts.append(f"county {county}")
    if lost.strip():
        parts.append(f"lost {lost[0:4]}-{lost[4:6]}-{lost[6:8]}")
    return ", ".join(parts)


def _fault(text: str) -> tuple[str, str] | None:
    """Which columns of a line are not what the layout has there, and why; None when all are."""
    text = text.rstrip().ljust(20)
    if not _STATE.fullmatch(text[8:10]):
        return "9-10", "no state code"
    if not _COUNTY.fullmatch(text[10:12]):
        return "11-12", "no county number"
    if not _is_day(text[12:20]):
        return "13-20", "no date of loss"
    if len(text) > 20:
        return "21-", "longer than the layout"
    return None


def _shift(text: str) -> tuple[str, str] | None:
    """Whether a line would fit moved by one column."""
    if text[8:9] == " " and _fault(text[:8] + text[9:]) is None:
        return "1-20", _SHIFTED.format("right")
    if _fault(text[:7] + " " + text[7:]) is None:
        return "1-20", _SHIFTED.format("left")
    return None


def _is_day(text: str) -> bool:
    """Whether eight columns hold YYYYMMDD, or nothing."""
    if not text.strip():
        return True
    if not (text.isascii() and text.isdigit()):
        return False
    try:
        date(int(text[0:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True
