"""Builds how a feed is read from the settings of its source, a unit's or the department's."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.formats.base import REASONS_ALLOWED, Rules
from alpr_edge.hotlist.ingest.feed_reader import FeedReading
from alpr_edge.hotlist.ingest.validation import ValidationLimits
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings.lists import FeedSource

PASSWORD_BYTES_MAX = 1024
ReadingT = TypeVar("ReadingT", bound=FeedReading)


def reading_of(
    kind: type[ReadingT], source: FeedSource, path: Path, change: ListChange = ListChange.COMPLETE
) -> ReadingT:
    """How a source's settings have a feed read.

    Raises:
        FeedError: they name no format known, or the password cannot be read.
    """
    return kind(
        path=path,
        source=source.name,
        format=format_of(source),
        change=change,
        limits=limits_of(source),
        rules=rules_of(source),
        password=None if source.password_file is None else read_password(source.password_file),
        signing_key=source.signing_key_file,
    )


def format_of(source: FeedSource) -> FormatName:
    """The format that the source's settings name.

    Raises:
        FeedError: none is called so.
    """
    if fault := format_fault(source):
        raise FeedError(f"{source.name}: {fault}")
    return next(name for name in FormatName if name == source.format)


def format_fault(source: FeedSource) -> str:
    """Return what is wrong with the format that the settings name; empty: it is known."""
    if source.format in set(FormatName):
        return ""
    return f"no format is called {source.format!r}; known are {', '.join(FormatName)}"


def rules_of(source: FeedSource) -> Rules:
    return Rules(
        reason=source.reason,
        reasons=frozenset(source.reasons) or REASONS_ALLOWED,
        codes=source.codes,
        covert=source.covert,
        zone=source.zone,
        skip_plates=frozenset(map(canonical, source.skip_plates)),
        entries_expire=timedelta(hours=source.entries_expire_h) if source.entries_expire_h else None,
        trailer_required=source.trailer_required,
        columns=source.columns,
        delimiter=source.delimiter,
        header=source.header,
    )


def limits_of(source: FeedSource) -> ValidationLimits:
    """The limits beyond which a feed of it is refused."""
    return dataclasses.replace(
        ValidationLimits(),
        rejected_share_max=source.rejected_share_max,
        shrink_share_max=source.shrink_share_max,
        shrink_entries_min=source.shrink_entries_min,
        growth_share_max=source.growth_share_max,
        growth_entries_min=source.growth_entries_min,
        issued_ahead_max=timedelta(hours=source.issued_ahead_h_max),
        issued_required=source.issued_required,
    )


def read_password(path: Path) -> bytes:
    """The first line of a password file.

    Raises:
        FeedError: it cannot be read or is empty.
    """
    with io_errors(f"{path}: the password cannot be read", FeedError), path.open("rb") as file:
        password = file.readline(PASSWORD_BYTES_MAX).rstrip(b"\r\n")
    if not password:
        raise FeedError(f"{path}: holds no password on its first line")
    return password
