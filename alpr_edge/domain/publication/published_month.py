"""A month as it is published: canonical JSON, which never changes; a correction is another one, which says why."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from alpr_edge.domain.errors import ReportError
from alpr_edge.domain.protocol.items import encode
from alpr_edge.domain.protocol.payload import Payload
from alpr_edge.domain.publication.month_counts import PublicCounts

SCHEMA_VERSION: Literal[1] = 1
RECORD_BYTES_MAX = 1024 * 1024
REASON_CHARACTERS_MAX = 500
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=500)]
Moment = Annotated[str, Field(max_length=40)]


class PublishedFigure(Payload):
    """A count that stands alone."""

    name: Text
    title: Text
    count: Count | None
    """null: it is small and hidden."""


class PublishedRow(Payload):
    """A category of a table."""

    labels: tuple[Text, ...]
    count: Count


class PublishedTable(Payload):
    """A table of counts."""

    name: Text
    title: Text
    heads: tuple[Text, ...]
    rows: tuple[PublishedRow, ...]
    others: Count | None
    """All other categories together, each of them small or none; null: hidden, with all of the table."""
    total: Count | None
    """null: likewise."""


class PublishedLog(Payload):
    """What the department's access log was at the end of the month."""

    note: Annotated[str, Field(max_length=4096)]
    """The signed checkpoint (C2SP signed note with a cosignature)."""
    earlier_size: Count
    """Records of the log that the month published before spoke of; 0: there was none."""
    proof: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=64)]
    """Hashes (base64) that lead from that root to this one: the log only grew (RFC 9162, 2.1.4)."""


class PublishedMonth(Payload):
    """The counts of a month."""

    schema_version: Literal[1] = SCHEMA_VERSION
    department: Text
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    begin: Moment
    """The first moment of the month, and the first behind it; RFC 3339 in UTC."""
    end: Moment
    counted: Moment
    """When it was counted."""
    version: Annotated[int, Field(ge=1, le=1000)]
    """1: as first published; then one more with each correction."""
    correction: Annotated[str, Field(max_length=REASON_CHARACTERS_MAX)]
    """Why it was counted again; empty: it is as first published."""
    small_below: Count
    """Counts below it are hidden."""
    figures: tuple[PublishedFigure, ...]
    tables: tuple[PublishedTable, ...]
    log: PublishedLog | None
    """null: the log had no record yet."""

    @property
    def record(self) -> bytes:
        """Its canonical JSON."""
        return encode(self)

    def table(self, name: str) -> PublishedTable:
        return next(table for table in self.tables if table.name == name)

    @property
    def misread_text(self) -> str:
        """The share of misread ones of the judged reads, in words."""
        table = self.table("judged_reads")
        rows = {row.labels[0]: row.count for row in table.rows}
        if table.total == 0:
            return "no read was judged"
        if table.total is None or "misread" not in rows:
            return "hidden, as a count of it is small"
        return f"{100 * rows['misread'] / table.total:.1f} % of {table.total:,} judged reads"


def published_figures(counts: PublicCounts) -> tuple[tuple[PublishedFigure, ...], tuple[PublishedTable, ...]]:
    figures = tuple(PublishedFigure(name=it.name, title=it.title, count=it.count) for it in counts.figures)
    tables = tuple(
        PublishedTable(
            name=table.name,
            title=table.title,
            heads=table.heads,
            rows=tuple(PublishedRow(labels=row.labels, count=row.count or 0) for row in table.rows),
            others=table.others,
            total=table.total,
        )
        for table in counts.tables
    )
    return figures, tables


def parse_month(record: bytes) -> PublishedMonth:
    """Parse the record of a month.

    Raises:
        ReportError: it is none.
    """
    if len(record) > RECORD_BYTES_MAX:
        raise ReportError("no month as published: it is too long")
    try:
        return PublishedMonth.model_validate_json(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise ReportError(f"no month as published: {field}: {first['msg']}") from None
