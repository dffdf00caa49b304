"""Reads a feed through its format and the checks into a packed list; it keeps nothing and knows no store.

The unit imports by it, and the department checks by it what it is about to publish.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.hits import Generation, Reason
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.formats.base import DEFAULT_RULES, Feed, FeedContext, Rules
from alpr_edge.hotlist.formats.registry import FORMATS
from alpr_edge.hotlist.index import delta
from alpr_edge.hotlist.index.packed_list import GenerationDraft, PackedList
from alpr_edge.hotlist.ingest import validation
from alpr_edge.hotlist.ingest.feed_file import FeedFile
from alpr_edge.hotlist.ingest.signature import check_signature
from alpr_edge.hotlist.ingest.validation import DEFAULT_LIMITS, FeedTally, ValidationLimits

Progress = Callable[[int, float], None]
"""Receives the entries read and the share of the file, 0 to 1."""


@dataclass(frozen=True, slots=True)
class FeedReading:
    """A feed to read, and how."""

    path: Path
    """The file of the feed; text, gzip or zip."""
    source: str
    """The source whose list it renews."""
    format: FormatName
    reason: Reason | None = None
    """Reason of lines that name none; a CLEW table's kind where its file name does not tell it."""
    accept_shrink: bool = False
    """Whether to accept a feed much smaller than the list in use."""
    accept_growth: bool = False
    """Whether to accept a feed much larger than the list in use."""
    limits: ValidationLimits = DEFAULT_LIMITS
    change: ListChange = ListChange.COMPLETE
    """Its effect on the list."""
    rules: Rules = DEFAULT_RULES
    """The rules by which the source is read."""
    password: bytes | None = None
    """The password of a zip that has one."""
    signing_key: Path | None = None
    """Public key that the feed must be signed with; None: it need not be."""
    signature: bytes | None = None
    """Content of the signature file where it came with the feed; None: it lies beside it as ``NAME.sig``."""


def pack_feed(
    reading: FeedReading,
    current: Generation | None,
    base: PackedList | None,
    now: datetime | None,
    tally: FeedTally,
    progress: Progress | None = None,
) -> tuple[GenerationDraft, datetime | None]:
    """Read a whole feed; its entries packed, and its date of issue (else that of the list it changes).

    Args:
        current: the list in use; None: there is none.
        now: the moment, UTC; None where the clock is not confirmed.

    Raises:
        FeedError: the feed cannot be read, is not signed as it must be, or is older than the list in use.
        FeedClockError: it is from the future.
    """
    change, count = reading.change, 0
    packer = delta.packer_for(change, base)
    with FeedFile(reading.path, reading.password) as file:
        feed = _open_feed(reading, file, now, None if current is None else current.issued_at)
        tally.unknown_words = feed.unknown_words
        validation.check_issued(feed.issued_at, current, now, reading.limits)
        for batch in validation.admit(feed.records, tally, reading.rules.skip_plates):
            count += len(batch)
            validation.check_count(count, reading.limits)
            packer.extend(batch)
            if progress is not None:
                progress(count, file.share_read)
    keeps_date = current is not None and change is not ListChange.COMPLETE
    draft = packer.pack()
    tally.unmatched_removals = draft.unmatched
    return draft, feed.issued_at or (current.issued_at if current and keeps_date else None)


def check_entries(reading: FeedReading, entry_count: int, current: Generation | None, tally: FeedTally) -> None:
    """Refuse a feed of which too much was not understood, or that makes a list too small or too large.

    Raises:
        FeedError: it is one.
    """
    validation.check_lines(tally, reading.limits)
    # Removals may empty a list: the last AMBER entry is cancelled.
    if reading.change is ListChange.REMOVALS:
        validation.check_removals(tally)
    else:
        validation.check_not_empty(entry_count)
    if not reading.accept_shrink:
        validation.check_shrink(entry_count, current, reading.limits)
    if not reading.accept_growth:
        validation.check_growth(entry_count, current, reading.limits)


def _open_feed(reading: FeedReading, file: FeedFile, now: datetime | None, in_use: datetime | None) -> Feed:
    """The feed, its signature checked and its head read."""
    if reading.signing_key is not None:
        check_signature(reading.path, reading.signing_key, reading.signature)
    rules = replace(reading.rules, reason=reading.reason) if reading.reason else reading.rules
    removals = reading.change is ListChange.REMOVALS
    context = FeedContext(reading.source, file.inner_name, rules, now, in_use, removals)
    return FORMATS[reading.format].open(file.lines(), context)
