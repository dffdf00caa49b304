"""Checks a feed before it is published, as the units will, and counts what it changes in the list that they have.

The formats, the limits and the signature are those of a unit's import; ``[[feed]]`` of ``department.toml`` says them.
What is published already is read again to compare with, so nothing but the feeds themselves is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from alpr_edge.department.hotlists import PublishedList
from alpr_edge.domain.errors import DepartmentError, FeedClockError, FeedError
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.protocol.items import AcceptedSize, ListChange

if TYPE_CHECKING:
    from alpr_edge.hotlist.formats.base import Rejected
    from alpr_edge.hotlist.index.packed_list import GenerationDraft
    from alpr_edge.hotlist.ingest.feed_reader import FeedReading
    from alpr_edge.hotlist.ingest.validation import FeedTally
    from alpr_edge.settings.lists import FeedSource

LINES_NAMED_MAX = 20
"""Most rejected lines that a check names; it counts all of them."""
STEPS_COMPARED_MAX = 50
"""Most feeds that are read again to compare with; a list of more changes needs a complete feed first."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FeedToPublish:
    """A feed that somebody wants to publish."""

    path: Path
    source: str
    change: ListChange = ListChange.COMPLETE
    accept_shrink: bool = False
    """Whether it may be much smaller than the list in force, here and on the units; likewise the next."""
    accept_growth: bool = False
    signature: bytes | None = None
    """What its maker signed it with; None: it lies beside it as ``NAME.sig``, where the source needs one."""
    progress: Callable[[int, float], None] | None = field(default=None, repr=False, compare=False)
    """Is told how many entries were read, and the share of the file."""

    @property
    def accepted_sizes(self) -> frozenset[AcceptedSize]:
        """What of its size is accepted, as the units are told."""
        sizes = ((self.accept_shrink, AcceptedSize.SHRINK), (self.accept_growth, AcceptedSize.GROWTH))
        return frozenset(size for is_accepted, size in sizes if is_accepted)


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """What a feed holds, and what it changes."""

    source: str
    change: ListChange
    after: int
    """Serial of the newest list that it was compared with; 0: there was none."""
    entries: int
    """Of the list with this feed."""
    added: int
    removed: int
    changed: int
    """Entries that say something else now; of one plate, also of another state, reason or record id."""
    read: int
    """Lines of records."""
    rejected: int
    """Lines that were not understood; :attr:`rejected_lines` names the first."""
    rejected_lines: tuple[Rejected, ...]
    skipped_junk: int
    """Lines whose plate is none."""
    withheld: int
    """Entries whose reason this source may not have."""
    duplicates: int
    unmatched_removals: int
    """Lines of removals that name no entry of the list before."""
    unknown_reasons: int
    """Lines whose words for the reason are not known; :attr:`unknown_wordings` has the first of these."""
    unknown_wordings: tuple[str, ...]
    unread_columns: tuple[str, ...]
    """Names of the columns that nothing is read from."""
    notices: tuple[str, ...]
    """What whoever publishes it should look at, a sentence each."""
    issued: datetime | None
    is_signed: bool
    is_compared: bool
    """Whether the list before could be read; otherwise everything counts as added."""


def check_feed(feed: FeedToPublish, source: FeedSource, steps: Sequence[PublishedList], now: datetime) -> FeedCheck:
    """Check a feed as the units will.

    Args:
        steps: the newest complete list of the source and the changes to it, oldest first; empty: there is none.
        now: the moment, UTC.
    """
    try:
        return _check(feed, source, steps, now)
    except FeedClockError:
        raise DepartmentError(
            f"{feed.source}: refused, nothing is published: the list is dated ahead of this server's clock; "
            "check the clock, then the feed"
        ) from None
    except FeedError as error:
        raise DepartmentError(f"{feed.source}: refused, nothing is published: {error}") from None


def _check(feed: FeedToPublish, source: FeedSource, steps: Sequence[PublishedList], now: datetime) -> FeedCheck:
    # Loaded where it is used: whoever only looks at lists does without numpy.
    from alpr_edge.hotlist.ingest.validation import FeedTally, memory_refusal  # noqa: PLC0415

    tally = FeedTally()
    try:
        return _compare(feed, source, steps, now, tally)
    except MemoryError:
        raise memory_refusal(tally) from None


def _compare(
    feed: FeedToPublish, source: FeedSource, steps: Sequence[PublishedList], now: datetime, tally: FeedTally
) -> FeedCheck:
    from alpr_edge.hotlist.index.packed_list import common  # noqa: PLC0415 - see above
    from alpr_edge.hotlist.ingest.feed_reader import check_entries, pack_feed  # noqa: PLC0415

    reading = _reading(feed, source)
    before, current, share = _list_before(source, steps, must_be_read=feed.change is not ListChange.COMPLETE)
    marks_before = None if before is None else before.marks
    base = None if before is None or feed.change is ListChange.COMPLETE else before.packed_list
    del before  # its entries need not stand in memory beside those of a complete list
    draft, issued = pack_feed(reading, current, base, now, tally, feed.progress)
    count = len(draft.packed_list)
    check_entries(reading, count, current, tally)
    common_count, changed = (0, 0) if marks_before is None else common(draft.marks, marks_before)
    removed = 0 if current is None else current.entries - common_count
    after = steps[-1].serial if steps else 0
    is_compared = marks_before is not None or not steps
    rise = tally.withheld_rise(share) if feed.change is ListChange.COMPLETE else ""
    differences = _Differences(after, count, count - common_count, removed, changed, is_compared, rise)
    return _result(feed, reading, tally, differences, draft.duplicates, issued)


@dataclass(frozen=True, slots=True)
class _Differences:
    """How a list differs from the one before."""

    after: int
    entries: int
    added: int
    removed: int
    changed: int
    is_compared: bool
    withheld_rise: str
    """How many more lines were left out for their reason, in words; empty: not many."""


def _result(
    feed: FeedToPublish,
    reading: FeedReading,
    tally: FeedTally,
    differences: _Differences,
    duplicates: int,
    issued: datetime | None,
) -> FeedCheck:
    return FeedCheck(
        source=feed.source,
        change=feed.change,
        after=differences.after,
        entries=differences.entries,
        added=differences.added,
        removed=differences.removed,
        changed=differences.changed,
        read=tally.read,
        rejected=tally.rejected_lines,
        rejected_lines=tuple(tally.samples[:LINES_NAMED_MAX]),
        skipped_junk=tally.skipped_junk,
        withheld=tally.withheld,
        duplicates=duplicates,
        unmatched_removals=tally.unmatched_removals,
        unknown_reasons=tally.unknown_words.reason_lines,
        unknown_wordings=tuple(tally.unknown_words.wordings),
        unread_columns=tally.unknown_words.columns,
        notices=(*tally.unknown_words.notices, *filter(None, (differences.withheld_rise,))),
        issued=issued,
        is_signed=reading.signing_key is not None,
        is_compared=differences.is_compared,
    )


def _reading(feed: FeedToPublish, source: FeedSource) -> FeedReading:
    from alpr_edge.hotlist.ingest.feed_reader import FeedReading  # noqa: PLC0415 - see above
    from alpr_edge.hotlist.ingest.source_feed import reading_of  # noqa: PLC0415

    return replace(
        reading_of(FeedReading, source, feed.path, feed.change),
        accept_shrink=feed.accept_shrink,
        accept_growth=feed.accept_growth,
        signature=feed.signature,
        reason=source.reason,
    )


_ListBefore = tuple["GenerationDraft | None", Generation | None, float | None]
"""The list before, which generation it is, and the share of its complete list's lines left out for their reason."""


def _list_before(source: FeedSource, steps: Sequence[PublishedList], *, must_be_read: bool) -> _ListBefore:
    """What the units have, by reading again what was published; None: there is nothing, or it cannot be read."""
    try:
        return _read_again(source, steps)
    except FeedError as error:
        if must_be_read:
            raise FeedError("the list that it changes cannot be read again; publish a complete list") from None
        log.warning("department.list_not_compared", source=source.name, reason=str(error))
        return None, None, None


def _read_again(source: FeedSource, steps: Sequence[PublishedList]) -> _ListBefore:
    from alpr_edge.hotlist.ingest.feed_reader import FeedReading, pack_feed  # noqa: PLC0415 - see above
    from alpr_edge.hotlist.ingest.source_feed import reading_of  # noqa: PLC0415
    from alpr_edge.hotlist.ingest.validation import FeedTally, memory_refusal  # noqa: PLC0415

    if len(steps) > STEPS_COMPARED_MAX:
        raise FeedError(f"over {STEPS_COMPARED_MAX} changes since the last complete list")
    draft: GenerationDraft | None = None
    current: Generation | None = None
    share: float | None = None
    for step in steps:
        reading = replace(reading_of(FeedReading, source, step.path, step.change), signing_key=None)
        base = None if draft is None else draft.packed_list
        tally = FeedTally()
        try:
            draft, issued = pack_feed(reading, current, base, None, tally)
        except MemoryError:
            raise memory_refusal(tally) from None
        current = Generation(source.name, step.serial, issued, step.published_at, len(draft.packed_list))
        share = tally.withheld_share if step.change is ListChange.COMPLETE else share
    return draft, current, share
