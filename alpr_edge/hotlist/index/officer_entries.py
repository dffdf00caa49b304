"""Officers' own entries beside the lists: matched together, each a list of one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import HotlistEntry
from alpr_edge.domain.matching import Entries, Listed
from alpr_edge.domain.patterns import PatternSet, is_partial
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import OwnEntry

log = structlog.get_logger(__name__)


class OwnIndex:
    """Own entries to look plates up in; implements :class:`~alpr_edge.domain.matching.Entries`. Immutable."""

    def __init__(self, entries: Sequence[OwnEntry] = ()) -> None:
        self.entries = tuple(entries)
        by_plate: defaultdict[str, list[Listed]] = defaultdict(list)
        for own in entries:
            by_plate[own.entry.plate].append((_with_case(own), own.generation))
        self._by_plate = dict(by_plate)
        self._patterns = PatternSet([plate for plate in self._by_plate if is_partial(plate)])

    def exact(self, plate: str) -> Iterator[Listed]:
        """The entries of one canonical text."""
        yield from self._by_plate.get(plate, ())

    def partial(self, plate: str, clear: str | None = None) -> Iterator[Listed]:
        """The entries whose wildcards a canonical text, or the clear characters of one, fits."""
        for pattern in self._patterns.matches_of(plate, clear):
            yield from self._by_plate[pattern]


def _with_case(own: OwnEntry) -> HotlistEntry:
    """The entry as a hit of it is shown: its case before its remarks, as lists have it."""
    parts = (f"case {own.case_number}" if own.case_number else "", own.entry.remarks)
    return replace(own.entry, remarks="; ".join(part for part in parts if part))


@dataclass(frozen=True, slots=True, eq=False)
class CombinedIndex:
    """The lists and the own entries as one; implements :class:`~alpr_edge.domain.matching.Entries`."""

    lists: Entries
    own: Entries
    passed: datetime | None = None
    """A moment, UTC, that has passed for certain: what ended by then is left out. None: none is known, or all is
    wanted."""

    def exact(self, plate: str) -> Iterator[Listed]:
        """The entries of one canonical text."""
        return self._not_ended(self.own.exact(plate), self.lists.exact(plate))

    def partial(self, plate: str, clear: str | None = None) -> Iterator[Listed]:
        """The entries whose wildcards a canonical text, or the clear characters of one, fits."""
        return self._not_ended(self.own.partial(plate, clear), self.lists.partial(plate, clear))

    def _not_ended(self, *listed: Iterable[Listed]) -> Iterator[Listed]:
        return (each for each in chain.from_iterable(listed) if not each[0].has_ended(self.passed))


@dataclass(slots=True, eq=False)
class OfficerEntryLoader:
    """Keeps the own entries up to date while the unit runs: one thread refreshes, any number look up."""

    database: Database
    index: OwnIndex = field(default_factory=OwnIndex)
    passed: datetime | None = None
    """A moment, UTC, that had passed for certain when the database was read; None: none is known."""
    _data_version: int | None = None

    def refresh(self, now: datetime | None) -> bool:
        """Read the entries again when anything was committed; whether they changed.

        Raises:
            StoreError: the database does not answer; the entries stay.
        """
        version = self.database.data_version()
        if version == self._data_version:
            return False
        if now is not None:
            self._shorten(now)
        self.passed = clock_pairs.passed_utc(self.database, now)
        entries = tuple(officer_entries.entries_in_force(self.database, self.passed))
        self._data_version = version
        if entries == self.index.entries:
            return False
        self.index = OwnIndex(entries)
        return True

    def _shorten(self, now: datetime) -> None:
        """Bound entries that were made without a clock; where that cannot be stored they stay, and are watched for."""
        try:
            for entry_id in officer_entries.shorten(self.database, now):
                log.warning("hotlist.entry_shortened", entry=entry_id)
        except StoreError as error:
            log.error("hotlist.entries_not_shortened", failure=str(error))
