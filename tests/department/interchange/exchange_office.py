"""A department whose settings name a target, with what cars deliver now."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.interchange.delivery import DeliveryTimes
from alpr_edge.department.interchange.sender import TargetRound, run_round
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.hits import hit_payload, withdrawal_item_id, withdrawal_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead
from tests.department.engines import query
from tests.department.interchange.receiver import KEY
from tests.store.records import alert, disposition, hit, instant, plate_read
from tests.uplink.items import item, jpeg

UNIT = "unit-1"
LIST = "doj-svs"


class ExchangeOffice:
    """A department's folder with targets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.storage = Storage(directory)
        self.key = directory.parent / "exchange.key"
        self.key.write_bytes(KEY)
        self.key.chmod(0o600)
        self.ahead = timedelta()
        """How far this department's clock is ahead of now."""

    def name_target(self, url: object = None, **changes: object) -> None:
        """Add a target to the settings."""
        today = datetime.now(UTC).astimezone().date()
        terms = {
            "name": "county",
            "format": "alpr-edge",
            "url": url,
            "key": str(self.key),
            "operator": "Dispatch",
            "purpose": "stolen vehicles",
            "legal_basis": "Policy 462.7",
            "approved_by": "Commander Lee",
            "approved_on": today,
            "until": today + timedelta(days=90),
            "lists": [LIST],
        } | changes
        lines = [f"{key} = {_toml(value)}" for key, value in terms.items() if value is not None]
        with (self.directory / FILE_NAME).open("a", encoding="utf-8") as file:
            file.write("\n[[exchange]]\n" + "\n".join(lines) + "\n")

    def forget_targets(self) -> None:
        """Take the targets out of the settings."""
        path = self.directory / FILE_NAME
        path.write_text(path.read_text(encoding="utf-8").split("\n[[exchange]]")[0], encoding="utf-8")

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def send(self, times: DeliveryTimes | None = None) -> TargetRound:
        """A round for the only target."""
        tables = load_department_file(self.directory).exchange
        (result,) = run_round(self.storage, tables, "Modesto PD", "login:ana", self.now, times)
        return result

    def deliver(self, *items: OutboxItem) -> None:
        parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items]
        answers = self.storage.store(UNIT, parts)
        assert {answer.status for answer in answers} == {200}, answers
        if self.ahead:
            at = self.now().replace(tzinfo=None).isoformat(" ", timespec="microseconds").replace(":", r"\:")
            names = ", ".join(f"'{each.item_id}'" for each in items).replace(":", r"\:")
            query(self.directory, f"UPDATE items SET received_at = '{at}' WHERE item_id IN ({names})")

    def states(self) -> dict[str, str]:
        """By kind and subject what became of each event."""
        rows = query(self.directory, "SELECT kind, read_id, state FROM exchange_items ORDER BY number")
        return {f"{kind} {read_id}": state for kind, read_id, state in rows}


def read_now(read_id: str, plate: str = "7ABC123", supersedes: str | None = None, hours_ago: float = 0) -> PlateRead:
    """A read that was seen now, or so many hours ago."""
    seen = datetime.now(UTC) - timedelta(hours=hours_ago, seconds=1)
    read = plate_read(read_id, plate, supersedes)
    return replace(
        read,
        first_seen=replace(instant(), utc=seen),
        last_seen=replace(instant(400), utc=seen + timedelta(seconds=0.4)),
    )


def read_item_of(read: PlateRead, pictures: Sequence[bytes] = ()) -> OutboxItem:
    kinds = (EvidenceKind.CROP, EvidenceKind.SCENE)
    refs = tuple(EvidenceRef(kind, digest(each), len(each)) for kind, each in zip(kinds, pictures, strict=False))
    return item(read.read_id, ItemKind.READ, encode(read_payload(replace(read, evidence=refs))))


def hit_item_of(
    read: PlateRead,
    *,
    source: str = LIST,
    covert: bool | None = False,
    match: MatchKind = MatchKind.EXACT,
    reason: Reason = Reason.STOLEN_VEHICLE,
) -> OutboxItem:
    made = hit(f"hit-of-{read.read_id}", read.read_id, read.plate)
    made = replace(made, kind=match, entry=replace(made.entry, source=source, covert=bool(covert), reason=reason))
    body = json.loads(encode(hit_payload(made, read)))
    if covert is None:
        del body["covert"]
    return item(made.hit_id, ItemKind.HIT, json.dumps(body).encode())


def withdrawal_of(read: PlateRead) -> OutboxItem:
    hit_id = f"hit-of-{read.read_id}"
    payload = withdrawal_payload(alert(hit_id, read.read_id), instant(), UNIT)
    return item(withdrawal_item_id(hit_id), ItemKind.WITHDRAWAL, encode(payload))


def answer_of(read: PlateRead, answer: str) -> OutboxItem:
    made = disposition(1, disposition_id=f"answer-{read.read_id}", hit_id=f"hit-of-{read.read_id}", answer=answer)
    return item(
        disposition_item_id(made.disposition_id),
        ItemKind.DISPOSITION,
        encode(disposition_payload(made, read.read_id, UNIT)),
    )


def undone_of(read: PlateRead) -> OutboxItem:
    """That the officer takes the answer back."""
    undoes, name = f"answer-{read.read_id}", f"undone-{read.read_id}"
    made = disposition(2, disposition_id=name, hit_id=f"hit-of-{read.read_id}", answer="", undoes=undoes)
    body = encode(disposition_payload(made, read.read_id, UNIT))
    return item(disposition_item_id(made.disposition_id), ItemKind.DISPOSITION, body)


def picture_items(read_id: str) -> list[OutboxItem]:
    bodies = [jpeg(f"{kind} of {read_id}") for kind in ("crop", "scene")]
    return [item(digest(body), ItemKind.IMAGE, body) for body in bodies]


def _toml(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value)
