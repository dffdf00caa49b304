"""Looks up hits with all that was said of them since: answers, verification, withdrawal, correction.

It asks nobody for permission: :mod:`.hit_board` does.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Select, and_, literal, select, text, tuple_

from alpr_edge.department.db.schema import HIT_ITEMS, alerts, dispositions, hits, items, reads, withdrawals
from alpr_edge.domain.alerting import Level, Tone, level_of
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.dispositions.hit_objection import HitObjection, hit_objection
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.hits import MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.dispositions import PREFIX
from alpr_edge.domain.protocol.items import ItemKind

_Key = tuple[str, str]
"""Unit and hit."""
_NO_MOMENT = Instant("", 0)
"""Of a disposition whose order is known."""
_OF_READ = and_(reads.c.read_id == hits.c.read_id, reads.c.unit_id == hits.c.unit_id)
_OF_ITEM = and_(items.c.item_id == hits.c.hit_id, items.c.unit_id == hits.c.unit_id)
_OF_ALERT = and_(alerts.c.hit_id == hits.c.hit_id, alerts.c.unit_id == hits.c.unit_id)
_OF_ANSWER = and_(
    items.c.item_id == literal(PREFIX) + dispositions.c.disposition_id, items.c.unit_id == dispositions.c.unit_id
)
_HIT_COLUMNS = (
    *("unit_id", "hit_id", "read_id", "plate", "entry_plate", "entry_state", "source", "reason", "record_id"),
    *("list_age_s", "match_kind", "state_match", "vehicle", "remarks", "lat_deg", "lon_deg"),
)
_READ_COLUMNS = ("camera_id", "state", "confidence", "first_seen", "seen_at")


@dataclass(frozen=True, slots=True)
class BoardHit:
    """A hit, and what is known of it now."""

    unit_id: str
    hit_id: str
    read_id: str
    plate: str
    entry_plate: str
    entry_state: str | None
    source: str
    reason: str
    record_id: str
    list_age_s: float | None
    match_kind: str
    state_match: str
    vehicle: str | None
    remarks: str | None
    lat_deg: float | None
    lon_deg: float | None
    camera_id: str | None
    """None, with the next four: its read is not here yet."""
    state: str | None
    confidence: float | None
    first_seen: str | None
    """As the unit's clock said."""
    seen_at: datetime | None
    """In UTC; None where that is not sure."""
    received_at: datetime
    """In UTC, by this server's clock."""
    is_covert: bool
    """Whether it is, or its unit was too old to say that it is not."""
    level: Level
    is_possible: bool
    """Whether its alert sounded as that of a hit that is not certain; an alert of another hit of its read says nothing
    of it."""
    is_withdrawn: bool
    correction: str | None
    """The plate of the later read of the pass that took the place of this one's."""
    said: tuple[Disposition, ...]
    """All that was said of it, the oldest first."""

    @property
    def hit_state(self) -> HitState:
        """What counts of it now."""
        return HitState.of(self.said)

    @property
    def objection(self) -> HitObjection | None:
        return hit_objection(
            self.hit_state,
            is_withdrawn=self.is_withdrawn,
            is_corrected=self.correction is not None,
            is_in_doubt=self.is_possible or self.match_kind != MatchKind.EXACT or self.state_match != StateMatch.SAME,
        )

    @property
    def objects(self) -> tuple[str, str]:
        """The hit and its read, as records name them: two units may use one id."""
        return f"{self.unit_id}/{self.hit_id}", f"{self.unit_id}/{self.read_id}"


def newest_hits(connection: Connection, since: datetime, count: int, *, with_covert: bool) -> list[BoardHit]:
    """The hits that arrived since a moment, the newest first.

    Args:
        since: in UTC, by this server's clock.
        count: how many at most.
    """
    begin = since.astimezone(UTC).replace(tzinfo=None)
    # HIT_ITEMS as it stands in the index: SQLite uses a partial index for nothing else.
    is_new = and_(text(HIT_ITEMS), items.c.received_at >= begin, items.c.kind == ItemKind.HIT.value)
    if not with_covert:
        is_new = and_(is_new, hits.c.covert.is_(False))
    order = items.c.received_at.desc(), items.c.item_id.desc(), items.c.unit_id
    query = _columns().where(is_new).order_by(*order).limit(count)
    return _hits(connection, connection.execute(query).mappings().all())


def one_hit(connection: Connection, unit_id: str, hit_id: str, *, with_covert: bool) -> BoardHit | None:
    """A hit by its unit and id; None: there is none, or it was deleted; a covert one is looked up only if asked for."""
    one = _columns().where(hits.c.unit_id == unit_id, hits.c.hit_id == hit_id)
    if not with_covert:
        one = one.where(hits.c.covert.is_(False))
    return next(iter(_hits(connection, connection.execute(one).mappings().all())), None)


def hits_of_plate(
    connection: Connection, plate: str, count: int, is_listed: ColumnElement[bool], *, with_covert: bool
) -> list[BoardHit]:
    """The hits of the reads of one plate, the newest first.

    Args:
        count: how many at most.
    """
    query = _columns().where(reads.c.plate == plate, is_listed)
    if not with_covert:
        query = query.where(hits.c.covert.is_(False))
    order = items.c.received_at.desc(), items.c.item_id.desc(), items.c.unit_id
    return _hits(connection, connection.execute(query.order_by(*order).limit(count)).mappings().all())


def _columns() -> Select[Any]:
    columns = [hits.c[name] for name in (*_HIT_COLUMNS, "covert", "level")]
    joined = select(*columns, *(reads.c[name] for name in _READ_COLUMNS), items.c.received_at, alerts.c.tone)
    return joined.select_from(hits).join(items, _OF_ITEM).outerjoin(reads, _OF_READ).outerjoin(alerts, _OF_ALERT)


def _hits(connection: Connection, rows: Sequence[RowMapping]) -> list[BoardHit]:
    keys: list[_Key] = [(row["unit_id"], row["hit_id"]) for row in rows]
    withdrawn, said = _withdrawn(connection, keys), _answers(connection, keys)
    corrections = _corrections(connection, [(row["unit_id"], row["read_id"]) for row in rows])
    return [
        BoardHit(
            **{name: row[name] for name in (*_HIT_COLUMNS, *_READ_COLUMNS) if name != "seen_at"},
            seen_at=_utc(row["seen_at"]),
            received_at=row["received_at"].replace(tzinfo=UTC),
            is_covert=row["covert"] is not False,
            level=_level(row["level"], row["reason"]),
            is_possible=row["tone"] == Tone.POSSIBLE,
            is_withdrawn=key in withdrawn,
            correction=corrections.get((row["unit_id"], row["read_id"])),
            said=tuple(said.get(key, ())),
        )
        for key, row in zip(keys, rows, strict=True)
    ]


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _level(name: str | None, reason: str) -> Level:
    """The level that the unit said, or that of the reason."""
    if name is not None and name.upper() in Level.__members__:
        return Level[name.upper()]
    return level_of(reason_of(reason))


def reason_of(text_of_reason: str) -> Reason:
    """A reason as its unit wrote it; one that this release does not know is another."""
    try:
        return Reason(text_of_reason)
    except ValueError:
        return Reason.OTHER


def _withdrawn(connection: Connection, keys: Sequence[_Key]) -> set[_Key]:
    query = select(withdrawals.c.unit_id, withdrawals.c.hit_id)
    rows = connection.execute(query.where(withdrawals.c.hit_id.in_([hit_id for _, hit_id in keys])))
    return {(row.unit_id, row.hit_id) for row in rows}


def _corrections(connection: Connection, identities: Sequence[_Key]) -> dict[_Key, str]:
    """The plates of the reads that took the place of others; of several of one the last by its id."""
    query = select(reads.c.unit_id, reads.c.supersedes, reads.c.plate).order_by(reads.c.read_id)
    rows = connection.execute(query.where(reads.c.supersedes.in_([read_id for _, read_id in identities])))
    return {(row.unit_id, row.supersedes): row.plate for row in rows}


def _answers(connection: Connection, keys: Sequence[_Key]) -> dict[_Key, list[Disposition]]:
    """What was said of hits, in the order in which it was: as it arrived, and of one delivery as its ids are."""
    if not keys:
        return {}
    of_hits = tuple_(dispositions.c.unit_id, dispositions.c.hit_id).in_(keys)
    query = select(dispositions).outerjoin(items, _OF_ANSWER)
    query = query.where(of_hits, dispositions.c.part.in_(list(DispositionPart)))
    order = items.c.received_at, dispositions.c.made, dispositions.c.disposition_id
    said = defaultdict[_Key, list[Disposition]](list)
    for row in connection.execute(query.order_by(*order)):
        said[row.unit_id, row.hit_id].append(_disposition(row))
    return said


def _disposition(row: Row[Any]) -> Disposition:
    words = DispositionText(row.reason, row.number, row.name)
    about = (row.disposition_id, row.hit_id, DispositionPart(row.part), row.answer, words, row.undoes)
    return Disposition(*about, row.person_id, row.person, "", _NO_MOMENT)
