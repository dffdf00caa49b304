"""Searches the stored reads of a unit, page by page, each page an access of its own (policy 462.6, CC 1798.90.52).

A page is bounded in what it shows and in what it looks through; it says what is left. Covert hits and hits of sources
that the person has no permission for are left out as in every list of reads (:mod:`alpr_edge.services.reads`). Nor does
a picture tell of a covert hit: the scene of a hit is kept larger and sharper, and is shown as that of any other read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Self

from sqlalchemy import RowMapping

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.areas import area_words
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.services.reads import ShownRead, show_reads
from alpr_edge.services.shown_hits import HitRights, plain_scene
from alpr_edge.settings import HotlistSettings, StoreSettings
from alpr_edge.store.db.row_mapping import instant_of
from alpr_edge.store.reads import queries
from alpr_edge.store.reads import search as statements
from alpr_edge.store.reads.search import Period, ReadFilter, Span
from alpr_edge.store.reads.search_gaps import DeletionCounts, clock_gaps, deletion_counts, oldest_time
from alpr_edge.store.recovery.damaged_databases import waiting
from alpr_edge.store.retention.candidates import Ages
from alpr_edge.store.unit_store import UnitStore

SLICES_MAX = 5
"""Slices that are looked through for a camera without reads; where they do not do, nothing is said of cameras."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """What a search cannot see, as far as the unit knows."""

    gaps: tuple[Period, ...]
    """Times of the period in which the unit was off, or no receiver and no time server confirmed its clock."""
    silent_cameras: tuple[str, ...]
    """Cameras without any read in the period, whatever else was asked for."""
    oldest: datetime | None
    """The time of the oldest read that is stored."""
    deletions: DeletionCounts
    """Reads that were deleted and that the department never acknowledged."""
    has_damaged_database: bool
    """Whether a damaged database waits to be salvaged: its reads are not looked through."""


def search_limits(store: UnitStore, period: Period | None, cameras: Sequence[str]) -> SearchLimits:
    """Collect what a search of a period cannot see.

    Args:
        period: the period; None: any time.
    """
    database = store.database
    span = None if period is None else statements.span_of(database, period)
    return SearchLimits(
        gaps=() if period is None else tuple(clock_gaps(database, period)),
        silent_cameras=() if period is None or span is None else _silent_cameras(store, period, span, cameras),
        oldest=oldest_time(database),
        deletions=deletion_counts(database, period),
        has_damaged_database=bool(waiting(database.path.parent)),
    )


def _silent_cameras(store: UnitStore, period: Period, span: Span, cameras: Sequence[str]) -> tuple[str, ...]:
    """The cameras without a read in a period; none where the span is too long to say."""
    silent = set(cameras)
    slices = list(_slices(span))
    for each in slices[:SLICES_MAX]:
        silent -= statements.cameras_in(store.database, period, each)
        if not silent:
            break
    return tuple(sorted(silent)) if len(slices) <= SLICES_MAX else ()


def _slices(span: Span) -> Iterator[Span]:
    for last in range(span[1], span[0] - 1, -statements.SLICE_ROWS):
        yield max(span[0], last - statements.SLICE_ROWS + 1), last


PAGE_READS = 25
LOOKS_MAX = 5
"""Statements of a page: with :data:`~alpr_edge.store.reads.search.SLICE_ROWS` the reads that it looks through."""
NO_READ = "there is no such read here any more; it may have been deleted for its age"


@dataclass(frozen=True, slots=True)
class ReadSearch:
    """A search of stored reads."""

    wanted: ReadFilter
    is_untimed: bool = False
    """Whether it is for the reads that would fit but whose time is not known, in place of those in the period."""


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """Where the next page of a search begins."""

    spans: tuple[Span, ...]
    """What is left to look through, in this order, each from its end."""
    length: int
    """How many numbers there were to look through when the search began."""
    untimed_count: int = 0
    """Reads among those looked through that would fit but whose time is not known."""

    @classmethod
    def over(cls, *spans: Span) -> Self:
        """The begin of a search of some spans; those that hold nothing are left out."""
        full = tuple(span for span in spans if span[0] <= span[1])
        return cls(full, _length(full))

    @property
    def share(self) -> float:
        """The share of the stored reads that was looked through, 0 to 1."""
        return 1.0 - _length(self.spans) / self.length if self.length else 1.0

    def after(self, rest: Span | None, untimed_count: int) -> "SearchCursor":
        """The cursor once a part of its first span was looked through."""
        left = () if rest is None or rest[0] > rest[1] else (rest,)
        return SearchCursor((*left, *self.spans[1:]), self.length, self.untimed_count + untimed_count)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of what was found."""

    reads: tuple[ShownRead, ...]
    """The newest first."""
    next: SearchCursor | None
    """Where the next page begins; None: everything was looked through."""
    share: float
    """The share of the stored reads that this page and those before looked through, 0 to 1."""
    untimed_count: int
    """Reads among those looked through that would fit but whose time is not known."""
    limits: SearchLimits


class _Fit(Enum):
    YES = auto()
    NO = auto()
    UNTIMED = auto()
    """It fits but for its time, which is not known."""


class ReadSearches:
    """Searches of a unit's reads."""

    def __init__(
        self, store: UnitStore, lists: HotlistSettings, pictures: StoreSettings, cameras: Sequence[str]
    ) -> None:
        self._store = store
        self._lists = lists
        self._pictures = pictures
        self._cameras = tuple(cameras)

    def begin(self, search: ReadSearch) -> SearchCursor:
        """Where a search begins: near its time, then everything else; nothing is shown by that."""
        first, last = statements.all_reads(self._store.database)
        near = self._near(search)
        if near is None:
            return SearchCursor.over((first, last))
        return SearchCursor.over(near, (near[1] + 1, last), (first, near[0] - 1))

    def page(self, authoriser: Authoriser, purpose: Purpose, search: ReadSearch, cursor: SearchCursor) -> SearchPage:
        """A page of what is found.

        Raises:
            AccessError: it is refused.
            StoreError: the database does not answer, or it cannot be put on record.
        """
        with authoriser.access(Operation.SEARCH_READS, purpose, search_subject(search)) as access:
            numbers, left = self._look(search, cursor)
            with self._store.database.read() as connection:
                rows = queries.of_numbers(connection, numbers)
            corrections = self._store.reads.corrections([row.read.read_id for row in rows])
            return SearchPage(
                reads=tuple(show_reads(self._store, access, self._lists, rows, corrections)),
                next=left if left.spans else None,
                share=left.share,
                untimed_count=left.untimed_count,
                limits=search_limits(self._store, search.wanted.period, self._cameras),
            )

    def found_ids(self, search: ReadSearch, limit: int) -> list[str]:
        """The ids of everything that a search finds, to hold it; for a service that puts that on record.

        Args:
            limit: the most reads.

        Raises:
            SearchError: it finds more.
        """
        numbers, ages, left = list[int](), Ages(self._store.database), self.begin(search)
        wanted = _Fit.UNTIMED if search.is_untimed else _Fit.YES
        while left.spans and len(numbers) <= limit:
            found = statements.look(self._store.database, search.wanted, left.spans[0])
            numbers += [row["seq"] for row in found.rows if _fit(row, search.wanted, ages) is wanted]
            left = left.after(found.rest, 0)
        if len(numbers) > limit:
            raise SearchError(f"this search finds more than {limit:,} reads; narrow it")
        with self._store.database.read() as connection:
            return queries.ids_of_numbers(connection, numbers)

    def read(self, authoriser: Authoriser, purpose: Purpose, read_id: str) -> ShownRead:
        """One read that was found.

        Raises:
            AccessError: it is refused.
            SearchError: there is none of that id.
        """
        with authoriser.access(Operation.SHOW_READS, purpose, AccessSubject((read_id,))) as access:
            row = self._store.reads.get(read_id)
            if row is None:
                raise SearchError(NO_READ)
            corrections = self._store.reads.corrections([read_id])
            (shown,) = show_reads(self._store, access, self._lists, [row], corrections)
            return shown

    def picture(self, authoriser: Authoriser, purpose: Purpose, read_id: str, kind: EvidenceKind) -> bytes:
        """A picture of a read that was found, as JPEG; as with a hit, the session does not count as used.

        Raises:
            AccessError: it is refused.
            LostError: its file is missing or was changed.
            SearchError: there is no such read, or no such picture of it.
        """
        subject = AccessSubject((read_id,))
        with authoriser.without_use().access(Operation.SHOW_READS, purpose, subject) as access:
            row = self._store.reads.get(read_id)
            digests = [] if row is None else [image.sha256 for image in row.read.evidence if image.kind is kind]
            if row is None or not digests:
                raise SearchError(f"no {kind.value} picture is kept of this read")
            jpeg = self._store.images.get(digests[0])
            rights = HitRights(access, self._lists, sees_covert=False)  # no search here shows covert hits
            if kind is EvidenceKind.SCENE and rights.is_scene_plain(row.hits):
                jpeg = plain_scene(jpeg, self._pictures)
            access.show((read_id,), byte_count=len(jpeg))
            return jpeg

    def _near(self, search: ReadSearch) -> Span | None:
        """The numbers around the period of a search; None where a plate is the shorter way, or they are not known."""
        wanted = search.wanted
        if wanted.period is None or wanted.pattern is not None:
            return None
        return statements.span_of(self._store.database, wanted.period)

    def _look(self, search: ReadSearch, cursor: SearchCursor) -> tuple[list[int], SearchCursor]:
        """The numbers of the next reads that are found, and what is left: no page goes on beyond the end of a span."""
        ages, left = Ages(self._store.database), cursor
        numbers: list[int] = []
        for _ in range(LOOKS_MAX):
            if not left.spans or len(numbers) == PAGE_READS:
                break
            found = statements.look(self._store.database, search.wanted, left.spans[0])
            rest, untimed_count = found.rest, 0
            for row in found.rows:
                fit = _fit(row, search.wanted, ages)
                untimed_count += fit is _Fit.UNTIMED
                if fit is (_Fit.UNTIMED if search.is_untimed else _Fit.YES):
                    numbers.append(row["seq"])
                if len(numbers) == PAGE_READS:
                    rest = (left.spans[0][0], row["seq"] - 1)
                    break
            left = left.after(rest, untimed_count)
            if len(left.spans) < len(cursor.spans):
                break
        return numbers, left


def _length(spans: tuple[Span, ...]) -> int:
    return sum(last - first + 1 for first, last in spans)


def _fit(row: RowMapping, wanted: ReadFilter, ages: Ages) -> _Fit:
    """Whether a read fits the place and the period exactly."""
    if wanted.area is not None:
        position = Position(row["lat_deg"], row["lon_deg"], 0.0, None, "") if row["lat_deg"] is not None else None
        if position is None or not wanted.area.contains(position):
            return _Fit.NO
    if wanted.period is None:
        return _Fit.YES
    first, last = (ages.seen_utc(instant_of(row, name)) for name in ("first_seen", "last_seen"))
    if first is None or last is None:
        return _Fit.UNTIMED
    return _Fit.YES if first <= wanted.period.end and last >= wanted.period.begin else _Fit.NO


def search_subject(search: ReadSearch) -> AccessSubject:
    """What a search is about, as it stands on record."""
    return AccessSubject(query=search.wanted.pattern or "", note=search_note(search))


def search_note(search: ReadSearch) -> str:
    """What is asked for beside the plate, as it stands on record."""
    wanted = search.wanted
    period = wanted.period and f"seen {rfc3339(wanted.period.begin)} to {rfc3339(wanted.period.end)}"
    parts = (
        period,
        wanted.camera_id and f"camera {wanted.camera_id}",
        wanted.state and f"state {wanted.state} or not read",
        "those without a time" if search.is_untimed else "",
        wanted.area and area_words(wanted.area),
    )
    return ", ".join(part for part in parts if part)
