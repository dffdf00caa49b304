"""From a read to its hits: which entries of the live lists a plate text meets, and how surely.

Exact means equal canonical text (O and 0 are one character, nothing else is). Confusable and partial matching
take their place in :func:`meetings` beside the exact look-up; their kinds exist so that tones, wire and store
already tell them apart.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, StateMatch
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import PlateRead


class Entries(Protocol):
    """The live lists, whoever holds them."""

    def exact(self, plate: str) -> Iterable[tuple[HotlistEntry, Generation]]:
        """All entries of one canonical text, over all sources."""


def state_match(read_state: str | None, entry_state: str | None) -> StateMatch:
    """Same, other, or unknown when either side does not say."""
    if not read_state or not entry_state:
        return StateMatch.UNKNOWN
    return StateMatch.SAME if read_state == entry_state else StateMatch.OTHER


@dataclass(frozen=True, slots=True)
class Meeting:
    """A plate text met an entry in force; a :class:`~alpr_edge.domain.hits.Hit` once a read stands behind it."""

    entry: HotlistEntry
    generation: Generation
    kind: MatchKind
    state: StateMatch


def meetings(plate: str, state: str | None, entries: Entries, at: datetime | None) -> Iterator[Meeting]:
    """Every entry in force that a canonical text meets; none for an empty text.

    Args:
        plate: canonical text.
        state: its issuing state; None when it is not known.
        entries: the live lists.
        at: the moment that expiries are judged at, UTC; None when it is not known.
    """
    if not plate:
        return
    for entry, generation in entries.exact(plate):
        if entry.in_force(at):
            yield Meeting(entry, generation, MatchKind.EXACT, state_match(state, entry.state))


def match(read: PlateRead, entries: Entries, at: Instant, new_id: Callable[[], str]) -> list[Hit]:
    """Every hit of a read; none for an empty text. Entries expired or not yet effective do not match.

    Args:
        read: the read.
        entries: the live lists.
        at: the moment that ages and expiries are judged at.
        new_id: gives each hit its id.
    """
    hits = []
    for met in meetings(read.plate, read.state, entries, at.utc):
        age = met.generation.age(at.utc)
        hits.append(
            Hit(
                hit_id=new_id(),
                read_id=read.read_id,
                entry=met.entry,
                generation=met.generation,
                list_age_s=None if age is None else age.total_seconds(),
                kind=met.kind,
                state=met.state,
                matched=at,
            )
        )
    return hits
