"""Lists hits in rows, those of one vehicle and entry together; the plates that a session sees first go on record."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.domain.vehicle_alerts import EntryKey, key_of
from alpr_edge.services.hits.hit_views import HitCard, HitViews, is_waiting
from alpr_edge.services.hits.quiets import EntryQuiet
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.hit_queries import HitGlance, RowFacts, SeenHit, row_facts, seen_hits

ROWS_MAX = 40
"""Rows of a page: hits that wait, the gravest first, then others."""
WAITING_MAX = 300
"""Most waiting hits that are grouped into rows."""
NOTE = "row of hits: plate, reason and picture of the plate"


@dataclass(frozen=True, slots=True)
class HitRow:
    """A row of hits: those of one entry and text, or a single one that the viewer may only glance at."""

    glances: tuple[HitGlance, ...]
    """Its hits, the newest first: all of one level, all certain or all possible, all waiting or none."""
    key: tuple[EntryKey, str] | None = None
    """Entry and canonical text; None: nothing but the glance may be shown."""
    reason: Reason | None = None
    listed: str = ""
    facts: RowFacts | None = None

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(each.hit_id for each in self.glances)

    @property
    def differs(self) -> bool:
        """Whether the listed text is another than the one that was read."""
        return self.facts is not None and canonical(self.facts.text) != canonical(self.listed)


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """The rows of the vehicle and entry of the hit that a page shows large."""

    count: int
    alike: tuple[HitGlance, ...]
    """Its other hits that wait, the newest first."""
    quiet: EntryQuiet


def group_of(rows: Sequence[HitRow], card: HitCard, quiets: Mapping[EntryKey, EntryQuiet]) -> ShownGroup | None:
    """Return the group of the hit of a card, which may have no row any more; None if it is covert."""
    hit_id, key = card.hit.hit_id, (key_of(card.hit.entry), card.read.read.plate)
    if card.hit.entry.covert:
        return None
    glances = [each for row in rows if row.key == key for each in row.glances]
    alike = [each for each in glances if is_waiting(each) and each.hit_id != hit_id]
    alike.sort(key=lambda each: each.seq, reverse=True)
    return ShownGroup(len(glances), tuple(alike), quiets.get(key[0], EntryQuiet()))


class HitRows:
    """The rows of hits of a unit."""

    def __init__(self, database: Database, lists: HotlistSettings, views: HitViews) -> None:
        self._database = database
        self._lists = lists
        self._views = views

    def rows(self, authoriser: Authoriser, sources: Collection[SourcePermission]) -> list[HitRow]:
        """Return the rows that a person may see, waiting ones first, the gravest first.

        A hit of a list that they have no permission for, a covert one, and one whose purpose the profile bars is a row
        of its own without plate (policy 462.4(e)).

        Args:
            sources: whose data they may see.

        Raises:
            AccessError: it is refused.
            StoreError: it cannot be put on record.
        """
        with_covert = authoriser.may_see_covert()
        with self._database.read() as connection:
            seen = seen_hits(connection, self._lists, ROWS_MAX, WAITING_MAX, with_covert=with_covert)
        barred = authoriser.policy.profile.barred
        seen.sort(key=lambda each: (not is_waiting(each.glance), -each.glance.level))
        groups = defaultdict[object, list[SeenHit]](list)
        for each in seen:
            is_shown = self._lists.permission_of(each.glance.source) in sources and not each.entry.covert
            is_open = is_shown and purpose_of_hit(each.entry.reason).code not in barred
            status = is_waiting(each.glance), each.glance.is_withdrawn, each.glance.level, each.glance.is_possible
            groups[(key_of(each.entry), each.plate, status) if is_open else each.glance.hit_id].append(each)
        shown = dict(list(groups.items())[:ROWS_MAX])
        return self._with_plates(authoriser, [(isinstance(name, tuple), hits) for name, hits in shown.items()])

    def _with_plates(self, authoriser: Authoriser, groups: Sequence[tuple[bool, list[SeenHit]]]) -> list[HitRow]:
        by_purpose = defaultdict[Purpose, list[str]](list)
        for is_open, hits in groups:
            if is_open:
                by_purpose[purpose_of_hit(hits[0].entry.reason)] += [each.glance.hit_id for each in hits]
        with ExitStack() as stack:
            for purpose, ids in by_purpose.items():
                self._views.shown.access(stack, authoriser, purpose, AccessSubject(note=NOTE), ids)
            with self._database.read() as connection:
                facts = row_facts(connection, [hits[0].read_id for _, hits in groups])
            rows = [_row(hits, facts, is_open=is_open) for is_open, hits in groups]
        if by_purpose:
            shown = [hit_id for ids in by_purpose.values() for hit_id in ids]
            self._views.shown.add(token_digest(authoriser.caller.token), shown)
        return rows


def _row(hits: Sequence[SeenHit], facts: Mapping[str, RowFacts], *, is_open: bool) -> HitRow:
    first, glances = hits[0], tuple(each.glance for each in hits)
    if not is_open or first.read_id not in facts:
        return HitRow(glances)
    key, listed = (key_of(first.entry), first.plate), first.entry.text
    return HitRow(glances, key, first.entry.reason, listed, facts[first.read_id])
