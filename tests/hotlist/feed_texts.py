"""Feeds written by hand, and how tests put them through a format."""

from collections.abc import Iterable
from datetime import UTC, datetime

from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.hotlist.clew import Clew
from alpr_edge.hotlist.feeds import Feed, FeedContext, FeedFormat, Record, Rejected
from alpr_edge.hotlist.generic_csv import GenericCsv

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CSV_HEADER = "Plate Number,Description,State/Province"


def csv_text(*rows: str, header: str = CSV_HEADER) -> bytes:
    return "".join(f"{row}\r\n" for row in (header, *rows)).encode()


def clew_text(*lines: str, date: str = "11/23/2026 09:00", total: int | None = None) -> bytes:
    trailer = f"TOTAL RECORD {len(lines) if total is None else total:07d}"
    return "".join(f"{line}\r\n" for line in (f"DATE{date}", *lines, trailer)).encode()


def clew_line(plate: str, state: str = "CA", county: str = "12", lost: str = "20190515") -> str:
    return f"{plate:8}{state}{county}{lost}"


def opened(layout: FeedFormat, text: bytes, name: str = "svs.tbl", reason: Reason | None = None) -> Feed:
    return layout.open(iter(text.splitlines(keepends=True)), FeedContext("list", name, reason))


def csv_records(text: bytes, reason: Reason | None = None) -> list[Record]:
    return list(opened(GenericCsv(), text, "list.csv", reason).records)


def clew_records(text: bytes, name: str = "svs.tbl", reason: Reason | None = None) -> list[Record]:
    return list(opened(Clew(), text, name, reason).records)


def only_entry(records: Iterable[Record]) -> HotlistEntry:
    (record,) = records
    assert isinstance(record, HotlistEntry)
    return record


def only_rejected(records: Iterable[Record]) -> Rejected:
    (record,) = records
    assert isinstance(record, Rejected)
    return record
