"""Validation: which entries of a feed are accepted, and whether the feed as a whole may replace the list in use.

A feed that was cut short, is older than the list in use, or is much smaller would silence alerts. One that is very much
larger is likely another list, or none: it would alert to cars that nobody looks for, and fill the unit's memory. Such a
feed is refused as a whole, and the list in use stays live (FIELD, trap 3). What a format alone can check (header,
trailer, count) it checks itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alpr_edge.domain.errors import FeedClockError, FeedError
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.plates import canonical
from alpr_edge.hotlist.formats.base import Record, Rejected, Withheld
from alpr_edge.hotlist.formats.unknown_words import UnknownWords
from alpr_edge.hotlist.index.row import Row

JUNK_PLATES = frozenset(
    canonical(word)
    for word in (
        "NONE", "UNKNOWN", "UNK", "UNKN", "TEMP", "TEMPTAG", "NOPLATE", "NOPLATES", "NOTAG", "NULL", "NA", "NOTAVAIL",
    )
)  # fmt: skip
"""Words that feeds write where a vehicle has no plate."""
SAMPLES_MAX = 10_000
"""How many rejected lines a report names; all are counted."""
WITHHELD_RISE_MAX = 0.02
"""By how much the share of a complete list's lines that are left out for their reason may be above that of the list
before, without a word to anybody: a feed that words its reasons anew may lose entries that must not be lost."""
BATCH_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class ValidationLimits:
    """The limits beyond which a feed is refused."""

    rejected_share_max: float = 0.02
    """Largest share of its lines that may be rejected."""
    shrink_share_max: float = 0.25
    """Largest share of the entries in use that may be missing from it."""
    shrink_entries_min: int = 10
    """A loss of fewer entries never counts as shrinking (an AMBER list goes from two to one)."""
    growth_share_max: float = 3.0
    """How many times the number of entries in use may be added to them."""
    growth_entries_min: int = 10_000
    """Fewer new entries never count as growth: a new list begins small."""
    issued_ahead_max: timedelta = timedelta(days=1)
    """How far ahead of the unit's clock a header may date: a list from the future would lock out all that follow."""

    issued_required: bool = False
    """Refuse a feed that does not say when it was made."""
    entries_max: int = 20_000_000
    """Most entries of a list: four times the largest list planned for."""


DEFAULT_LIMITS = ValidationLimits()


@dataclass(slots=True)
class FeedTally:
    """The counts of what became of a feed's lines."""

    read: int = 0
    rejected_lines: int = 0
    samples: list[Rejected] = field(default_factory=list)
    skipped_junk: int = 0
    withheld: int = 0
    unmatched_removals: int = 0
    """Lines of removals that name no entry of the list in use."""
    unknown_words: UnknownWords = field(default_factory=UnknownWords)
    """Columns and words that were not understood."""

    @property
    def entry_lines(self) -> int:
        """Lines that are entries, or removals of some."""
        return self.read - self.rejected_lines - self.skipped_junk - self.withheld

    @property
    def withheld_share(self) -> float:
        """Share of the lines that were left out for their reason."""
        return self.withheld / self.read if self.read else 0.0

    def withheld_rise(self, share_before: float | None) -> str:
        """What to tell where many more lines were left out for their reason than of the list before, else nothing.

        Args:
            share_before: that share of the complete list before; None: it is not known.
        """
        if share_before is None or self.withheld_share - share_before <= WITHHELD_RISE_MAX:
            return ""
        share = f"{self.withheld:,} of {self.read:,} lines left out for their reason"
        return f"{share}, of the list before {share_before:.1%}; look at whether their reasons are meant"

    def count(self, record: Rejected | Withheld) -> None:
        """Count a line that is no entry."""
        if isinstance(record, Withheld):
            self.read += 1
            self.withheld += 1
            return
        self.read += record.lines
        self.rejected_lines += record.lines
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(record)


def is_junk(plate: str) -> bool:
    """Whether canonical text is no plate: nothing, zeros only, or a word for none."""
    return not plate.strip("0") or plate in JUNK_PLATES


def admit(records: Iterable[Record], tally: FeedTally, skip: frozenset[str] = frozenset()) -> Iterator[list[Row]]:
    """Yield the rows to keep, in batches; ``tally`` counts them and all other records."""
    junk = JUNK_PLATES | skip
    batch: list[Row] = []
    for record in records:
        if isinstance(record, tuple):
            plate = record[0]
            if plate in junk or not plate.strip("0"):
                tally.skipped_junk += 1
                tally.read += 1
                continue
            batch.append(record)
            if len(batch) == BATCH_ENTRIES:
                tally.read += len(batch)
                yield batch
                batch = []
        else:
            tally.count(record)
    tally.read += len(batch)
    if batch:
        yield batch


def check_issued(
    issued_at: datetime | None, current: Generation | None, now: datetime | None, limits: ValidationLimits
) -> None:
    """Refuse a list older than the one in use, or from the future.

    Args:
        now: the moment, UTC; None where the clock is not confirmed: then no list is from the future.
        limits: the limits, among them how far ahead of the clock the list may be.
    """
    if issued_at is None:
        if limits.issued_required:
            raise FeedError("the feed does not say when it was made; use one with a header date")
        return
    if _is_ahead(issued_at, now, limits):
        raise FeedClockError(
            f"the list is dated {rfc3339(issued_at)}, ahead of this unit's clock; check the clock, then the feed"
        )
    if current is None or current.issued_at is None or _is_ahead(current.issued_at, now, limits):
        return
    if issued_at < current.issued_at:
        raise FeedError(
            f"the list is of {rfc3339(issued_at)}, older than the one in use ({rfc3339(current.issued_at)}); "
            "download the newest"
        )


def _is_ahead(issued_at: datetime, now: datetime | None, limits: ValidationLimits) -> bool:
    return now is not None and issued_at > now + limits.issued_ahead_max


def check_lines(tally: FeedTally, limits: ValidationLimits) -> None:
    """Refuse a feed of which too many lines were not understood."""
    if tally.rejected_lines > limits.rejected_share_max * tally.read:
        first = tally.samples[0]
        raise FeedError(
            f"{tally.rejected_lines} of {tally.read} lines were rejected, "
            f"the first: line {first.line}, column {first.column}: {first.reason}"
        )


def check_removals(tally: FeedTally) -> None:
    """Refuse removals of which none names an entry of the list in use: cars that were recovered would stay on it."""
    if tally.unmatched_removals and tally.unmatched_removals == tally.entry_lines:
        raise FeedError(
            f"none of its removals ({tally.entry_lines}) names an entry of the list in use; "
            "compare plate, state, reason and record id with the list"
        )


def memory_refusal(tally: FeedTally) -> FeedError:
    """The refusal of a feed that needs more memory than its process may take."""
    return FeedError(f"it needs more memory than an import may take, at {tally.read} lines; split it by source")


def check_count(count: int, limits: ValidationLimits) -> None:
    """Refuse a feed of more entries than a unit accepts."""
    if count > limits.entries_max:
        raise FeedError(f"over {limits.entries_max} entries; split the feed by source")


def check_not_empty(entry_count: int) -> None:
    """Refuse an empty feed."""
    if entry_count == 0:
        raise FeedError("the feed holds no entry; an empty list would silence every alert of the one in use")


def size_difference(entry_count: int, current: Generation | None, limits: ValidationLimits) -> str:
    """How far a list is beyond the limits in size of the one in use, in words; empty where it is within them."""
    if current is None or not (_is_shrunk(entry_count, current, limits) or _is_grown(entry_count, current, limits)):
        return ""
    return f"the new list holds {entry_count} entries, the list before {current.entries}"


def check_shrink(entry_count: int, current: Generation | None, limits: ValidationLimits) -> None:
    """Refuse a feed that makes a list much smaller than the one in use."""
    if current is not None and _is_shrunk(entry_count, current, limits):
        raise FeedError(
            f"the new list holds {entry_count} entries, the list in use {current.entries}; "
            "if that is right, --accept-shrink"
        )


def check_growth(entry_count: int, current: Generation | None, limits: ValidationLimits) -> None:
    """Refuse a feed much larger than the list in use."""
    if current is not None and _is_grown(entry_count, current, limits):
        raise FeedError(
            f"the feed holds {entry_count} entries, the list in use {current.entries}; "
            "if that is right, --accept-growth"
        )


def _is_shrunk(entry_count: int, current: Generation, limits: ValidationLimits) -> bool:
    loss = current.entries - entry_count
    return loss > limits.shrink_entries_min and loss > limits.shrink_share_max * current.entries


def _is_grown(entry_count: int, current: Generation, limits: ValidationLimits) -> bool:
    growth = entry_count - current.entries
    return growth > limits.growth_entries_min and growth > limits.growth_share_max * current.entries
