"""Shows hits to officers: a card for one of them, with all that a stop depends on, and glances of many."""

from collections.abc import Sequence
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.shown_hits import ShownHits
from alpr_edge.domain.alerting import AlertRecord, Level, ListAge, level_of_hit
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart
from alpr_edge.domain.dispositions.hit_objection import HitObjection, hit_objection
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.dispositions.plate_comparison import CharacterPair, compare_plates
from alpr_edge.domain.errors import DispositionError
from alpr_edge.domain.hits import Hit, Reason, StateMatch
from alpr_edge.domain.list_ages import list_age
from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.domain.timeline import Placement
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.dispositions import dispositions_of
from alpr_edge.store.reads.hit_queries import (
    HitGlance,
    count_of_waiting,
    crop_of_hit,
    hit_glances,
    read_ids_of_hits,
    read_of_hit,
)
from alpr_edge.store.reads.possible_hits import is_possible
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore

NO_HIT = "there is no such hit here any more; it may have been deleted for its age"


@dataclass(frozen=True, slots=True)
class HitCard:
    """A hit as somebody may see it who has a permission for its source."""

    hit: Hit
    level: Level
    """How grave the hit is, whatever sounded for its read: what glances tell of it as well."""
    read: StoredRead
    alert: AlertRecord | None
    """Its own alert, or the gravest of its read where an earlier release stored it."""
    comparison: tuple[CharacterPair, ...]
    """Read and listed text, character by character."""
    seen: Placement
    """When the plate was seen that matched, by all that the unit knows of its clock; later looks do not move it."""
    list_age: ListAge
    state: HitState
    said: tuple[Disposition, ...]
    """All that was said of it, the oldest first: what counts no more among it."""
    superseded_by: str | None
    """The later read of the pass that corrected this one."""
    is_possible: bool
    """Whether it is not certain, and sounds so."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether its alert was taken back."""
        return self.alert is not None and self.alert.withdrawn_at is not None

    @property
    def next_step(self) -> DispositionPart | None:
        """The question to answer next; None once the hit is done."""
        return None if self.is_withdrawn else self.state.next_step

    @property
    def objection(self) -> HitObjection | None:
        return hit_objection(
            self.state,
            is_withdrawn=self.is_withdrawn,
            is_corrected=self.superseded_by is not None,
            is_in_doubt=self.is_possible or self.hit.state_match is not StateMatch.SAME,
        )


@dataclass(frozen=True, slots=True)
class WithheldCard:
    """All that is told of a hit to somebody without a permission for its source (policy 462.4(e))."""

    hit_id: str
    source: str
    level: Level
    is_possible: bool = False
    """As of a glance."""


class HitViews:
    """The hits of a unit, as officers see them."""

    def __init__(self, store: UnitStore, lists: HotlistSettings) -> None:
        self._store = store
        self._lists = lists
        self.shown = ShownHits()
        """Hits of which each session was shown the plate."""

    def glances(self, limit: int, authoriser: Authoriser | None = None) -> list[HitGlance]:
        """Hits without plate and picture, those that wait before others: what a tone tells everybody in the car.

        Args:
            limit: how many at most.
        """
        with_covert = authoriser is not None and authoriser.may_see_covert()
        with self._store.database.read() as connection:
            return hit_glances(connection, self._lists, limit, with_covert=with_covert)

    def waiting_count(self) -> int:
        """How many hits wait for an answer, also those for which the row of a page has no room."""
        with self._store.database.read() as connection:
            return count_of_waiting(connection)

    def card(self, authoriser: Authoriser, hit_id: str) -> HitCard | WithheldCard:
        """One hit, for the purpose of the reason for which its plate is listed.

        Raises:
            AccessError: it is refused.
            DispositionError: there is no such hit.
        """
        stored, hit = self._find(authoriser, hit_id)
        subject = AccessSubject((hit_id, hit.read_id), is_covert=hit.entry.covert)
        with authoriser.access(Operation.SHOW_HIT, purpose_of_hit(hit.entry.reason), subject) as access:
            if not access.may_see(self._lists.permission_of(hit.generation.source)):
                possible = self._is_possible(stored, hit)
                return WithheldCard(hit_id, hit.generation.source, level_of_hit(hit), possible)
            access.show((hit_id, hit.read_id))
            card = self._card(stored, hit)
        if not hit.entry.covert:
            self.shown.add(token_digest(authoriser.caller.token), (hit_id,))
        return card

    def picture(self, authoriser: Authoriser, hit_id: str, kind: EvidenceKind) -> bytes:
        """A picture of a hit's read, as JPEG; the page asks for it, so that the session does not count as used.

        Raises:
            AccessError: it is refused.
            DispositionError: there is no such hit, or no such picture of it.
            LostError: its file is missing or was changed.
        """
        stored, hit = self._find(authoriser, hit_id)
        with authoriser.without_use().access(Operation.SHOW_HIT, *self._subject_of(hit)) as access:
            jpeg = self._jpeg(stored, kind)
            access.show((hit_id,), byte_count=len(jpeg))
            return jpeg

    def thumbnail(self, authoriser: Authoriser, hit_id: str) -> bytes:
        """The picture of the plate for a row, on record with the row that the session was shown; raises as above."""
        if self.shown.new_of(token_digest(authoriser.caller.token), (hit_id,)) == []:
            with self._store.database.read() as connection:
                found = crop_of_hit(connection, hit_id)
            caller = authoriser.without_use()
            if found and caller.decide(Operation.SHOW_HIT, *self._subject_of(found[0])).is_allowed:
                return self._store.images.get(found[1])
        return self.picture(authoriser, hit_id, EvidenceKind.CROP)

    def subject(self, authoriser: Authoriser, hit_id: str) -> tuple[Purpose, AccessSubject]:
        """What a hit is looked at for, and whose data it is.

        Raises:
            DispositionError: there is no such hit.
        """
        return self._subject_of(self._find(authoriser, hit_id)[1])

    def _jpeg(self, stored: StoredRead, kind: EvidenceKind) -> bytes:
        digests = [image.sha256 for image in stored.read.evidence if image.kind is kind]
        if not digests:
            raise DispositionError(f"no {kind.value} picture was kept of this read")
        return self._store.images.get(digests[0])

    def _subject_of(self, hit: Hit) -> tuple[Purpose, AccessSubject]:
        source, objects = self._lists.permission_of(hit.generation.source), (hit.hit_id, hit.read_id)
        return purpose_of_hit(hit.entry.reason), AccessSubject(objects, source=source, is_covert=hit.entry.covert)

    def _find(self, authoriser: Authoriser, hit_id: str) -> tuple[StoredRead, Hit]:
        """A hit; for whoever is not cleared a covert one is none, and a try is on record as of any that is not here."""
        sees_covert = authoriser.may_see_covert()
        with self._store.database.read() as connection:
            is_there = sees_covert or read_ids_of_hits(connection, [hit_id])
            stored = read_of_hit(connection, hit_id) if is_there else None
        hit = None if stored is None else _hit_of(stored.hits, hit_id)
        if stored is not None and hit is not None:
            return stored, hit
        authoriser.refuse_unknown(Operation.SHOW_HIT, purpose_of_hit(Reason.OTHER), AccessSubject((hit_id,)))
        raise DispositionError(NO_HIT)

    def _card(self, stored: StoredRead, hit: Hit) -> HitCard:
        read = stored.read
        with self._store.database.read() as connection:
            said = tuple(dispositions_of(connection, [hit.hit_id]).get(hit.hit_id, []))
        timeline = clock_pairs.timelines(self._store.database, [hit.matched_at.boot_id])[hit.matched_at.boot_id]
        return HitCard(
            hit=hit,
            level=level_of_hit(hit),
            read=stored,
            alert=stored.alert_of(hit.hit_id),
            comparison=compare_plates(read.text, hit.entry.text),
            seen=timeline.place(hit.matched_at),
            list_age=list_age(hit.list_age_s, *self._lists.ages_of(hit.generation.source)),
            state=HitState.of(said),
            said=said,
            superseded_by=self._store.reads.corrections([read.read_id]).get(read.read_id),
            is_possible=self._is_possible(stored, hit),
        )

    def _is_possible(self, stored: StoredRead, hit: Hit) -> bool:
        return is_possible(
            hit, self._lists, is_read_certain=stored.read.certain, is_amended=bool(stored.read.earlier_texts)
        )


def is_waiting(glance: HitGlance) -> bool:
    """Whether a hit waits for an officer's answer; a covert one waits for nobody in the car."""
    return not (glance.next_step is None or glance.is_withdrawn or glance.is_covert)


def grave_count(glances: Sequence[HitGlance]) -> int:
    """How many of some hits are grave and wait."""
    return sum(glance.level >= Level.HIGH and is_waiting(glance) for glance in glances)


def gravest_first(glances: Sequence[HitGlance]) -> list[HitGlance]:
    """Hits in the order in which they want to be looked at: waiting before done, the gravest, then the newest.

    Args:
        glances: the newest first.
    """
    return sorted(glances, key=lambda glance: (not is_waiting(glance), -glance.level))


def _hit_of(hits: Sequence[Hit], hit_id: str) -> Hit | None:
    return next((hit for hit in hits if hit.hit_id == hit_id), None)
