"""Feeds written by hand, and how tests put them through a format."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.hotlist.formats.base import Feed, FeedContext, FeedFormat, Rejected, Rules, Withheld
from alpr_edge.hotlist.formats.clew import Clew
from alpr_edge.hotlist.formats.generic_csv import GenericCsv
from alpr_edge.hotlist.index.row import entry_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Record = HotlistEntry | Rejected | Withheld
CSV_HEADER = "Plate Number,Description,State/Province"


def csv_text(*rows: str, header: str = CSV_HEADER) -> bytes:
    return "".join(f"{row}\r\n" for row in (header, *rows)).encode()


def clew_text(*lines: str, date: str = "11/23/2026 09:00", total: int | None = None) -> bytes:
    trailer = f"TOTAL RECORD {len(lines) if total is None else total:07d}"
    return "".join(f"{line}\r\n" for line in (f"DATE{date}", *lines, trailer)).encode()


def clew_line(plate: str, state: str = "CA", county: str = "12", loss_date: str = "20190515") -> str:
    return f"{plate:8}{state}{county}{loss_date}"


def open_feed(layout: FeedFormat, text: bytes, name: str = "svs.tbl", rules: Rules | None = None) -> Feed:
    lines = (line for line in re.split(rb"(?<=\n)", text) if line)
    return layout.open(lines, FeedContext("list", name, rules or Rules(), NOW))


def records_of(layout: FeedFormat, text: bytes, rules: Rules | None = None, name: str = "feed.txt") -> list[Record]:
    """Every line's record, rows as entries."""
    records = open_feed(layout, text, name, rules).records
    return [entry_of(record, "list") if isinstance(record, tuple) else record for record in records]


def csv_records(text: bytes, reason: Reason | None = None) -> list[Record]:
    return records_of(GenericCsv(), text, Rules(reason=reason), "list.csv")


def clew_records(text: bytes, name: str = "svs.tbl", reason: Reason | None = None) -> list[Record]:
    return records_of(Clew(), text, Rules(reason=reason), name)


def only_entry(records: Iterable[Record]) -> HotlistEntry:
    (record,) = records
    assert isinstance(record, HotlistEntry)
    return record


def only_rejected(records: Iterable[Record]) -> Rejected:
    (record,) = records
    assert isinstance(record, Rejected)
    return record
