"""Finds which entries of the live lists its text matches, and how surely.

Exact means equal canonical text (O and 0 are one character, nothing else is). Confusable means that the entry's text
is one that the reader considered, with a probability of at least :data:`CONFUSABLE_MIN` by the vote over its slots.
No table of look-alikes is used: an entry with a B matches no 8 in which the reader saw no B. Partial means that the
text as read fits an entry's wildcards, or that the clear characters of a plate that may hide others do
(:func:`~alpr_edge.domain.patterns.fits_partial`). Make, model and color are shown for an officer to compare, never
matched.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from alpr_edge.domain.alerting import level_of
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, HotlistEntry, MatchKind, StateMatch
from alpr_edge.domain.plates import is_readable
from alpr_edge.domain.reads import Alternative, PlateRead

CONFUSABLE_MIN = 0.01
"""Least probability at which another text than the one read is looked up."""
CONFUSABLES_MAX = 4
"""Most texts looked up beside the one read, the likeliest first: as many as the vote gives."""
_KINDS = (MatchKind.EXACT, MatchKind.CONFUSABLE, MatchKind.PARTIAL)
_STATES = (StateMatch.SAME, StateMatch.UNKNOWN, StateMatch.OTHER)

_TWO_MEANINGS = frozenset({"NE", "NB"})
"""NCIC writes NB for Nebraska, the post NE, and NB for New Brunswick: a list may follow either."""

Listed = tuple[HotlistEntry, Generation]


class Entries(Protocol):
    """The entries of all live lists, wherever they are kept."""

    def exact(self, plate: str) -> Iterable[Listed]:
        """All entries of one canonical text, over all sources."""

    def partial(self, plate: str, clear: str | None = None) -> Iterable[Listed]:
        """All entries whose wildcards a canonical text fits, over all sources.

        Args:
            clear: the clear characters of a plate that may hide others; entries that these fit are among them.
        """


def state_match(read_state: str | None, entry_state: str | None) -> StateMatch:
    """Same, other, or unknown when either side does not say, or says what may mean both."""
    if not read_state or not entry_state or {read_state, entry_state} == _TWO_MEANINGS:
        return StateMatch.UNKNOWN
    return StateMatch.SAME if read_state == entry_state else StateMatch.OTHER


@dataclass(frozen=True, slots=True)
class Match:
    """An entry in force whose plate a text matches; a :class:`~alpr_edge.domain.hits.Hit` once it has a read."""

    entry: HotlistEntry
    generation: Generation
    kind: MatchKind
    state_match: StateMatch


@dataclass(frozen=True, slots=True)
class MatchQuery:
    """A plate text, and the circumstances, to look up in the lists."""

    plate: str
    """Canonical text."""
    state: str | None = None
    """Its issuing state; None when it is not known."""
    at: datetime | None = None
    """The moment by which expiries and hours are judged, UTC; None when it is not known."""
    position: Position | None = None
    """The place by which areas are judged; None when it is not known."""
    alternatives: Sequence[Alternative] = ()
    """Other texts that the reader considered, the likeliest first."""
    clear: str | None = None
    """The clear characters where others may be hidden; None: nothing is known to be."""

    @classmethod
    def of(cls, read: PlateRead, at: datetime | None = None) -> Self:
        """Make the query for a read, at a moment (UTC)."""
        return cls(read.plate, read.state, at, read.position, read.alternatives, read.clear)


def find_matches(query: MatchQuery, entries: Entries) -> list[Match]:
    """Find every entry in force that a text matches; none for an unreadable text.

    Exact ones come first, then confusable, then partial ones; in each kind the gravest reason first, then entries of
    the read's own state.
    """
    if not is_readable(query.plate):
        return []
    entry_matches = [
        Match(entry, generation, kind, state_match(query.state, entry.state))
        for kind, (entry, generation) in _candidates(query, entries)
        if entry.in_force(query.at, query.position)
    ]
    return sorted(entry_matches, key=_rank) if len(entry_matches) > 1 else entry_matches


def _candidates(query: MatchQuery, entries: Entries) -> Iterator[tuple[MatchKind, Listed]]:
    for candidate in entries.exact(query.plate):
        yield MatchKind.EXACT, candidate
    for text in other_texts(query.plate, query.alternatives):
        for candidate in entries.exact(text):
            yield MatchKind.CONFUSABLE, candidate
    for candidate in entries.partial(query.plate, query.clear):
        yield MatchKind.PARTIAL, candidate


def other_texts(plate: str, alternatives: Sequence[Alternative]) -> list[str]:
    """Return the texts that are looked up in addition to the one read."""
    likely = [other for other in alternatives[:CONFUSABLES_MAX] if other.confidence >= CONFUSABLE_MIN]
    return [other.plate for other in likely if other.plate != plate]


def _rank(entry_match: Match) -> tuple[int, int, int]:
    return _KINDS.index(entry_match.kind), -level_of(entry_match.entry.reason), _STATES.index(entry_match.state_match)
