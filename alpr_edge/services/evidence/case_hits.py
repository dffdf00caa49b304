"""Tells the ids of hits that whoever exports a case may see from those that are withheld from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from alpr_edge.domain.access_log.case_records import ENTRY
from alpr_edge.domain.hits import OWN_SOURCE
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.services.shown_hits import HitRights
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import hits, own_entries

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CaseHits:
    """Ids of hits, as records of the access log name them."""

    shown: frozenset[str]
    """Hits of the case that are shown to whoever exports."""
    withheld: frozenset[str]
    """All that this unit has and withholds from them, of any case, with their alerts and list entries."""
    plain_entries: frozenset[str] | None
    """Officers' entries that are known not to be covert, where no others are shown to them; None: all are."""


def case_hits(database: Database, read_ids: Sequence[str], rights: HitRights) -> CaseHits:
    """The ids of the hits of a case, by what somebody may see.

    Args:
        rights: which hits they may see.
    """
    withheld = _withheld_rows(database, rights)
    named = {name for hit_id, entry_id in withheld for name in _names(hit_id, entry_id)}
    ids = _ids_of_reads(database, sorted(set(read_ids)))
    plain = None if rights.sees_covert else _plain_entries(database)
    return CaseHits(ids - named, frozenset(named), plain)


def _names(hit_id: str, entry_id: str) -> tuple[str, ...]:
    """What a record calls a hit, its items, and the list entry that it is of."""
    return hit_id, *alert_item_ids(hit_id), f"{ENTRY}{entry_id}"


def _withheld_rows(database: Database, rights: HitRights) -> list[tuple[str, str]]:
    """Id and list entry of every hit that is withheld."""
    list_name, covert = hits.c.generation_source, hits.c.covert
    with database.read() as connection:
        kinds = connection.execute(select(list_name, covert).distinct()).all()
    hidden = [kind for kind in kinds if not rights.may_show_list(kind[0], bool(kind[1]))]
    if not hidden:
        return []
    is_hidden = or_(*(and_(list_name == name, covert == value) for name, value in hidden))
    with database.read() as connection:
        return [(row.hit_id, row.record_id) for row in connection.execute(select(hits).where(is_hidden))]


def _plain_entries(database: Database) -> frozenset[str]:
    """What records call the entries that are not covert, by the entries that are kept and by hits of others."""
    kept = select(own_entries.c.entry_id).where(own_entries.c.covert == 0)
    is_own = hits.c.generation_source == OWN_SOURCE
    of_hits = select(hits.c.record_id).where(is_own, hits.c.covert == 0).distinct()
    with database.read() as connection:
        return frozenset(f"{ENTRY}{entry_id}" for entry_id in connection.scalars(kept.union(of_hits)))


def _ids_of_reads(database: Database, read_ids: Sequence[str]) -> frozenset[str]:
    found = set[str]()
    for start in range(0, len(read_ids), _IDS_AT_ONCE):
        query = select(hits.c.hit_id).where(hits.c.read_id.in_(read_ids[start : start + _IDS_AT_ONCE]))
        with database.read() as connection:
            found.update(connection.scalars(query))
    return frozenset(found)
