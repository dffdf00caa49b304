"""Counts what arrives of hits, by a bounded look at the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, func, or_, select, text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import HIT_ITEMS, dispositions, hits, items
from alpr_edge.domain.protocol.dispositions import PREFIX
from alpr_edge.domain.protocol.hits import WITHDRAWAL_PREFIX
from alpr_edge.domain.protocol.items import ItemKind

ITEMS_AT_ONCE = 1_000
"""Most items that one look finds; where there are more, the next look finds the rest."""
OVERLAP = timedelta(seconds=30)
"""How far each look goes back behind the last: what was received earlier may be committed later."""
KNOWN_MAX = 20_000
_ID_OF_WITHDRAWN = func.substr(items.c.item_id, len(WITHDRAWAL_PREFIX) + 1)
_ID_OF_ANSWER = func.substr(items.c.item_id, len(PREFIX) + 1)
_IS_PLAIN = hits.c.covert.is_(False) & (hits.c.unit_id == items.c.unit_id)
"""What is not known to be plain counts as covert: a hit of an early release, an answer whose hit is not here yet."""
_IS_OF_ANSWER = (dispositions.c.unit_id == items.c.unit_id) & (dispositions.c.disposition_id == _ID_OF_ANSWER)
_IS_OF_PLAIN = or_(
    exists().where(_IS_PLAIN, hits.c.hit_id == items.c.item_id),
    exists().where(_IS_PLAIN, hits.c.hit_id == _ID_OF_WITHDRAWN, items.c.kind == ItemKind.WITHDRAWAL.value),
    exists().where(_IS_PLAIN, hits.c.hit_id == dispositions.c.hit_id, _IS_OF_ANSWER),
)


@dataclass(frozen=True, slots=True)
class ArrivalCounts:
    """Numbers that grow whenever hits, answers or withdrawals arrive."""

    all: int = 0
    plain: int = 0
    """Those of hits that are not covert: all that may be known to whoever is not cleared for the others."""

    def seen_by(self, *, sees_covert: bool) -> int:
        """The number for a person."""
        return self.all if sees_covert else self.plain


class HitArrivals:
    """Counts what arrived of hits, whichever server of the department took it in; one thread asks it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database
        self._until = datetime.now(UTC).replace(tzinfo=None) - OVERLAP
        self._known = dict[tuple[str, str], datetime]()
        self.counts = ArrivalCounts()
        """As the last look found them; any thread may read it."""

    def current(self) -> ArrivalCounts:
        """Look what arrived since the last look."""
        key = (items.c.received_at, items.c.unit_id, items.c.item_id)
        query = select(*key, _IS_OF_PLAIN.label("is_plain"))
        query = query.where(text(HIT_ITEMS), items.c.received_at >= self._until - OVERLAP)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(*key).limit(ITEMS_AT_ONCE)).all()
        new = [row for row in rows if (row.unit_id, row.item_id) not in self._known]
        counts = self.counts
        self.counts = ArrivalCounts(counts.all + bool(new), counts.plain + any(row.is_plain for row in new))
        if rows:  # not this server's clock, which may be another than that of the server that took it in
            is_full = len(rows) == ITEMS_AT_ONCE
            self._until = max(self._until, rows[-1].received_at + (OVERLAP if is_full else timedelta()))
        self._known |= {(row.unit_id, row.item_id): row.received_at for row in rows}
        if len(self._known) > KNOWN_MAX:
            edge = self._until - OVERLAP
            self._known = {name: at for name, at in self._known.items() if at >= edge}
        return self.counts
