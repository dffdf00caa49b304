"""A department with reads of known age, and what is left of it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.collection.deletion_runs import DeletionRun
from alpr_edge.domain.instants import UtcSource, rfc3339
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.hits import (
    alert_item_id,
    alert_payload,
    hit_payload,
    late_tone_item_id,
    late_tone_payload,
    withdrawal_item_id,
    withdrawal_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.protocol.time_corrections import PlacedPayload, TimePayload, time_item_id
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef
from tests.department.engines import query
from tests.store.records import alert, disposition, hit, instant, late_tone, plate_read
from tests.uplink.items import item, jpeg

UNIT = "unit-1"
TODAY = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TABLES = (
    *("items", "reads", "hits", "alerts", "late_tones", "withdrawals", "dispositions"),
    *("read_times", "read_pictures"),
)


class Office:
    """A department's folder, filled and looked at."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.storage = Storage(directory)
        self._execute(
            "INSERT INTO certificates (fingerprint, serial, unit_id, key_sha256, pem, origin, issued_at, not_after)"
            f" VALUES ('f', '1', '{UNIT}', 'k', '', 'added', '2023-01-01', '2030-01-01')"
        )

    def deliver(self, *items: OutboxItem, days_ago: float, unit_id: str = UNIT) -> None:
        """Store items as if they had arrived so many days before :data:`TODAY`."""
        parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items]
        assert {answer.status for answer in self.storage.store(unit_id, parts)} == {200}
        self.date([each.item_id for each in items], TODAY - timedelta(days=days_ago))

    def date(self, item_ids: Sequence[str], at: datetime) -> None:
        """Say that items arrived at a moment."""
        text = at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", timespec="microseconds")
        names = ", ".join(f"'{item_id}'" for item_id in item_ids)
        self._execute(f"UPDATE items SET received_at = '{text}' WHERE item_id IN ({names})")

    def purge(self, now: datetime = TODAY) -> DeletionRun:
        """Delete what is due at a moment that somebody says is right."""
        return self.storage.open_purge(lambda: now, is_clock_trusted=True).run("login:ana")

    def reads(self) -> list[str]:
        """Ids of the reads that are left."""
        return [row[0] for row in self._execute("SELECT read_id FROM reads ORDER BY read_id")]

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        return {table: self._execute(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}

    def files(self) -> set[str]:
        """Digests of the pictures on the disk."""
        return {path.stem for path in (self.directory / "images").rglob("*.jpg")}

    def settings(self, text: str) -> None:
        """Add to the department's settings."""
        with (self.directory / "department.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}")

    def execute(self, statement: str) -> None:
        """Change the database behind the department's back."""
        self._execute(statement)

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        return query(self.directory, statement.replace(":", r"\:"))  # a colon begins no parameter


def pictures_of(read_id: str) -> list[OutboxItem]:
    """The crop and the scene of a read."""
    bodies = [jpeg(f"{kind} of {read_id}") for kind in ("crop", "scene")]
    return [item(digest(body), ItemKind.IMAGE, body) for body in bodies]


def read_item(
    read_id: str,
    supersedes: str | None = None,
    pictures: Sequence[OutboxItem] | None = None,
    seen: datetime | None = None,
    source: UtcSource = UtcSource.GNSS,
) -> OutboxItem:
    """A read that names its pictures; None: seen in May. The source is of the time at which it was seen."""
    pictures = pictures_of(read_id) if pictures is None else pictures
    kinds = (EvidenceKind.CROP, EvidenceKind.SCENE)
    refs = tuple(EvidenceRef(kind, each.sha256, len(each.body)) for kind, each in zip(kinds, pictures, strict=False))
    read = replace(plate_read(read_id, supersedes=supersedes), evidence=refs)
    if seen is not None:
        first, last = (replace(each, utc=seen, utc_source=source) for each in (read.first_seen, read.last_seen))
        read = replace(read, first_seen=first, last_seen=last)
    return item(read_id, ItemKind.READ, encode(read_payload(read)))


def hit_items(read_id: str) -> list[OutboxItem]:
    """A hit with its alert, withdrawal and answer."""
    hit_id = f"hit-of-{read_id}"
    made = disposition(1, disposition_id=f"answer-to-{read_id}", hit_id=hit_id)
    told = alert(hit_id, read_id)
    return [
        item(hit_id, ItemKind.HIT, encode(hit_payload(hit(hit_id, read_id), plate_read(read_id)))),
        item(alert_item_id(hit_id), ItemKind.ALERT, encode(alert_payload(told, instant(), UNIT))),
        item(withdrawal_item_id(hit_id), ItemKind.WITHDRAWAL, encode(withdrawal_payload(told, instant(), UNIT))),
        item(
            disposition_item_id(made.disposition_id),
            ItemKind.DISPOSITION,
            encode(disposition_payload(made, read_id, UNIT)),
        ),
    ]


def late_tone_item(read_id: str) -> OutboxItem:
    """That the alert of a read's hit sounded after it had stayed quiet."""
    payload = late_tone_payload(late_tone(f"hit-of-{read_id}", read_id), UNIT)
    return item(late_tone_item_id(payload.hit_id), ItemKind.LATE_TONE, encode(payload))


def time_item(read_id: str, seen: datetime | None) -> OutboxItem:
    """What a unit says later of when a read was seen; None: it takes back what it said."""
    placed = None if seen is None else PlacedPayload(utc=rfc3339(seen), uncertainty_ms=50.0, basis="placed")
    is_sure = placed is not None
    payload = TimePayload(
        read_id=read_id, unit_id=UNIT, boot_id="boot", sure=is_sure, first_seen=placed, last_seen=placed
    )
    return item(time_item_id(read_id, sure=is_sure), ItemKind.TIME, encode(payload))


def record_of(run: DeletionRun) -> dict[str, object]:
    """What is on record of a run."""
    value: dict[str, object] = json.loads(run.record)
    return value
