"""Stores one batch inside its transaction: a few statements a batch, whatever the number of its items.

What a batch finds in the database is asked for once, before the first item is judged. The items are then judged in
their order, each as if those before it were stored already; what is new is inserted table by table, and read back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import structlog
from sqlalchemy import Column, Connection, Select, Table, bindparam, select

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.db.day_keys.day_keys import keys_of
from alpr_edge.department.db.day_keys.item_bodies import BODY_COLUMNS, BodySealer, open_bodies, replace_bodies
from alpr_edge.department.db.retention_schema import read_pictures
from alpr_edge.department.db.schema import items, read_times, reads
from alpr_edge.department.db.statements import insert_many, is_one_of, list_parameter
from alpr_edge.department.holds.unit_holds import take_in_hold_items
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.ingest.ownership import Owners, find_owners
from alpr_edge.department.ingest.part_checks import PartError
from alpr_edge.department.ingest.records import ItemRecord
from alpr_edge.department.people.activity import note_activity
from alpr_edge.department.search.upkeep import note_plates, note_times
from alpr_edge.department.unit_logs.log_repository import LogRepository
from alpr_edge.department.unit_logs.trees import LogIdentity
from alpr_edge.domain.protocol.access_log import place_in
from alpr_edge.domain.protocol.items import ItemAnswerPayload, ItemKind, Outcome, digest

ASKED_AT_ONCE = 500
"""Most ids that one query names."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Batch:
    """A batch of one unit, in the transaction that stores it."""

    connection: Connection
    unit_id: str
    images: DepartmentImages
    logs: LogRepository
    _digests: dict[str, str] = field(default_factory=dict)
    """The stated digest of each item that is stored, of this batch too."""
    _new: list[ItemRecord] = field(default_factory=list)
    _known: BodySealer | None = None

    def store(self, results: Sequence[ItemRecord | ItemAnswerPayload]) -> list[ItemAnswerPayload]:
        """Store the records among results; answers all in their order.

        Args:
            results: a record for each part that may be stored, an answer for each that may not.
        """
        records = [each for each in results if isinstance(each, ItemRecord)]
        self._digests = self._stored_digests({record.item_id for record in records})
        owners = find_owners(self.connection, (each for record in records for each in record.references))
        judged = [each if isinstance(each, ItemAnswerPayload) else self._judge(each, owners) for each in results]
        self._insert()
        present = self._present_digests([each for each in judged if isinstance(each, ItemRecord)])
        return [
            each if isinstance(each, ItemAnswerPayload) else _receipt(each, present.get(each.item_id))
            for each in judged
        ]

    def _judge(self, record: ItemRecord, owners: Owners) -> ItemRecord | ItemAnswerPayload:
        """The record if it is stored or will be; else the answer to it."""
        place, earlier = place_in(record.item_id), self._digests.get(record.item_id)
        if place is not None and place.log_id == self.logs.own_log_id:
            return self._refuse(record, "log_id", "the department's own")
        if record.is_of_other_unit:
            return self._refuse(record, "unit_id", "of another unit")
        if earlier is None:
            for reference in record.references:
                if owners.are_foreign(self.unit_id, reference):
                    return self._refuse(record, reference.field, "of another unit")
            self._digests[record.item_id] = record.sha256
            owners.add(self.unit_id, record.kind, record.item_id)
            self._new.append(record)
        elif earlier != record.sha256:
            if record.kind is ItemKind.ACCESS_RECORD and place is not None:
                self.logs.note_conflict(self.connection, self.unit_id, place)
            return PartError(409, "id: stored before with other content").answer(record.item_id)
        return record

    def _refuse(self, record: ItemRecord, field: str, words: str) -> ItemAnswerPayload:
        """The answer to a record that speaks of what is not its unit's; that it came is told here."""
        log.warning("department.reference_refused", unit=self.unit_id, kind=record.kind, field=field)
        if (place := place_in(record.item_id)) is not None:
            self.logs.note_foreign_log(self.connection, LogIdentity(self.unit_id, place.log_id), words)
        return PartError(422, f"{field}: {words}").answer(record.item_id)

    def _insert(self) -> None:
        if not self._new:
            return
        now, sealer = naive_utc_now(), self._sealer()
        rows: defaultdict[Table, list[dict[str, Any]]] = defaultdict(list)
        for record in self._new:
            rows[items].append(_item_row(record, self.unit_id, now, sealer))
            if record.table is not None and record.row is not None:
                rows[record.table].append(record.row)
            names = {"read_id": record.item_id, "unit_id": self.unit_id}
            rows[read_pictures] += [names | {"sha256": sha256} for sha256 in record.pictures]
        for table, some in rows.items():
            insert_many(self.connection, table, some)
        note_plates(self.connection, (row["plate"] for row in rows[reads]))
        note_times(self.connection, self.unit_id, (row["read_id"] for row in (*rows[reads], *rows[read_times])))
        take_in_hold_items(self.connection, self.unit_id, [(record.kind, record.body) for record in self._new])
        of_log = [record for record in self._new if record.kind is ItemKind.ACCESS_RECORD]
        note_activity(self.connection, [record.body for record in of_log], datetime.now(UTC))
        for record in self._new:
            if record.kind is ItemKind.CHECKPOINT and (place := place_in(record.item_id)) is not None:
                self.logs.note_checkpoint(self.connection, self.unit_id, place, record.item_id)

    def _sealer(self) -> BodySealer:
        """What encrypts the bodies of now; the key is there before any row of the batch, so that none waits for it."""
        if self._known is None:
            key = keys_of(self.connection).key_for(self.connection, naive_utc_now().date())
            self._known = BodySealer(key)
        return self._known

    def _stored_digests(self, item_ids: Iterable[str]) -> dict[str, str]:
        return {row.item_id: row.sha256 for row in self._rows((items.c.item_id, items.c.sha256), item_ids)}

    def _present_digests(self, records: Sequence[ItemRecord]) -> Mapping[str, str | None]:
        """Digest by id of what is stored now."""
        bodies = {record.item_id: record for record in records if record.kind is not ItemKind.IMAGE}
        present: dict[str, str | None] = self._body_digests(bodies)
        damaged = [record for record in bodies.values() if present.get(record.item_id) != record.sha256]
        if damaged:
            # The stored copy is damaged and its original came again: store that. (An image was replaced before.)
            self._replace_bodies(damaged)
            present |= self._body_digests(record.item_id for record in damaged)
        images = {record.item_id: record.sha256 for record in records if record.kind is ItemKind.IMAGE}
        digests = self.images.settle(self.connection, list(dict.fromkeys(images.values()))) if images else {}
        return present | {item_id: digests[sha256] for item_id, sha256 in images.items()}

    def _body_digests(self, item_ids: Iterable[str]) -> dict[str, str | None]:
        rows = self._rows(BODY_COLUMNS, item_ids)
        bodies = open_bodies(self.connection, rows, self._known)
        return {row.item_id: None if body is None else digest(body) for row, body in zip(rows, bodies, strict=True)}

    def _replace_bodies(self, records: Sequence[ItemRecord]) -> None:
        sealer = self._sealer()
        replace_bodies(self.connection, ((self.unit_id, each.item_id, each.body, sealer) for each in records))

    def _rows(self, columns: tuple[Column[Any], ...], item_ids: Iterable[str]) -> list[Any]:
        """Columns of some of the unit's items."""
        engine, ids, found = self.connection.dialect.name, list(item_ids), list[Any]()
        for start in range(0, len(ids), ASKED_AT_ONCE):
            values = {"ids": list_parameter(engine, ids[start : start + ASKED_AT_ONCE]), "unit": self.unit_id}
            found += self.connection.execute(_of_items(engine, columns), values).all()
        return found


@cache
def _of_items(engine: str, columns: tuple[Column[Any], ...]) -> Select[Any]:
    """What asks for columns of some items of a unit."""
    is_asked = is_one_of(engine, items.c.item_id, "ids") & (items.c.unit_id == bindparam("unit"))
    return select(*columns).where(is_asked)


def _item_row(record: ItemRecord, unit_id: str, now: datetime, sealer: BodySealer) -> dict[str, Any]:
    is_image = record.kind is ItemKind.IMAGE
    return {
        "item_id": record.item_id,
        "unit_id": unit_id,
        "kind": record.kind.value,
        "sha256": record.sha256,
        "length": len(record.body),
        "body": None if is_image else sealer.seal(record.body, unit_id, record.item_id),
        "received_at": now,
        "key_id": None if is_image else sealer.key_id,
    }


def _receipt(record: ItemRecord, present: str | None) -> ItemAnswerPayload:
    return ItemAnswerPayload(item_id=record.item_id, outcome=Outcome.RECEIPT, status=200, sha256=present)
