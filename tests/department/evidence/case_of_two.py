"""A case of two cars: reads, hits, answers, corrected times, holds and the log of one of them, as they send them."""

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.department.evidence.case_request import BookedCase, DepartmentExportRequest, ExportProgress
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.holds.hold import HoldKind, HoldOrigin
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.hits import (
    WithdrawalPayload,
    alert_item_id,
    alert_payload,
    hit_payload,
    late_tone_item_id,
    late_tone_payload,
    withdrawal_item_id,
)
from alpr_edge.domain.protocol.holds import HoldPayload, hold_item_id
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, encode, instant_payload, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers, authoriser_of
from tests.department.scenes import scene_item
from tests.department.search.traffic import time_item
from tests.department.unit_logs.car import Car
from tests.domain.access_log.entries import entry
from tests.store.records import alert, disposition, hit, late_tone, plate_read
from tests.uplink.items import image_item, item

NOW = datetime.now(UTC).replace(microsecond=0)
"""Certificates are of the present day, and so is what they vouch for."""
BEGIN = NOW - timedelta(days=2)
CASE, OTHER_CASE = "26-000462", "26-999999"
PLATE, OTHER_PLATE, NOT_HELD = "8ABC123", "9XYZ987", "7THER11"
CROP, SCENE = image_item(1), image_item(2)
_LARGE = EvidenceRef(EvidenceKind.SCENE, scene_item().sha256, len(scene_item().body))
"""Of a read whose only hit is covert."""
FOR_CASE = Purpose("criminal_investigation", "robbery", CASE)
FIRST, RIGHT, PLACED, UNSURE, LATE = "unit-1:a", "unit-1:b", "unit-2:c", "unit-2:d", "unit-2:late"
HIT, SECRET = "unit-1:hit", "unit-1:secret"


@dataclass(frozen=True)
class ExportDesk:
    """People by their roles, at an office."""

    office: InquiryOffice
    people: Inquirers

    def __call__(self, role: str) -> Authoriser:
        return authoriser_of(self.office, self.people.ids[role])

    def export(self, folder: Path, role: str = "records", **request: object) -> BookedCase:
        """Book the case out."""
        progress = ExportProgress(lambda _done, _total: None, lambda _done, _total: None)
        asked = DepartmentExportRequest(**request)  # type: ignore[arg-type] # any field
        return self.office.exports.export(self(role), FOR_CASE, asked, folder, progress)


def read(read_id: str, hours: float, plate: str = PLATE, source: UtcSource = UtcSource.GNSS) -> PlateRead:
    """A read of the car that its id names, so many hours after the begin."""
    first = Instant("boot", 10**12, BEGIN + timedelta(hours=hours), source, 12.5)
    unit_id = read_id.partition(":")[0]
    return replace(
        plate_read(read_id, plate), unit_id=unit_id, first_seen=first, last_seen=first.shift(400), alternatives=()
    )


def read_item_of(some: PlateRead) -> OutboxItem:
    return item(some.read_id, ItemKind.READ, encode(read_payload(some)))


def hold_item(unit_id: str, *read_ids: str) -> OutboxItem:
    """A car's hold for the case."""
    payload = HoldPayload(
        hold_id=f"{unit_id}:hold",
        unit_id=unit_id,
        kind=HoldKind.READ.value,
        subject_id=read_ids[0],
        case_number=CASE,
        reason="evidence",
        until=None,
        origin=HoldOrigin.UNIT.value,
        person_id="ana",
        person="Ana Ruiz",
        session="2f1c",
        made=instant_payload(Instant("boot", 10**12, NOW, UtcSource.GNSS, 12.5)),
        read_ids=list(read_ids),
    )
    return item(hold_item_id(payload.hold_id, read_ids), ItemKind.HOLD, encode(payload))


def items_of_first() -> list[OutboxItem]:
    """What the first car sends: a read with pictures and two hits, one covert; its correction; a read of no case."""
    refs = ((EvidenceKind.CROP, CROP), (EvidenceKind.SCENE, SCENE))
    first = replace(read(FIRST, 1), evidence=tuple(EvidenceRef(kind, it.sha256, len(it.body)) for kind, it in refs))
    secret = replace(hit(SECRET, FIRST, PLATE), entry=replace(hit().entry, covert=True, remarks="under cover"))
    second = replace(hit(f"{SECRET}-2", RIGHT, OTHER_PLATE), entry=secret.entry)
    withdrawn = WithdrawalPayload(
        hit_id=HIT, read_id=FIRST, unit_id="unit-1", withdrawn=instant_payload(first.last_seen.shift(900))
    )
    said = disposition(1, disposition_id="unit-1:said", hit_id=HIT)
    hits = (hit(HIT, FIRST, PLATE), secret)
    return [
        CROP,
        SCENE,
        read_item_of(first),
        *(item(each.hit_id, ItemKind.HIT, encode(hit_payload(each, first))) for each in hits),
        item(alert_item_id(HIT), ItemKind.ALERT, encode(alert_payload(alert(HIT, FIRST), None, "unit-1"))),
        item(late_tone_item_id(HIT), ItemKind.LATE_TONE, encode(late_tone_payload(late_tone(HIT, FIRST), "unit-1"))),
        item(withdrawal_item_id(HIT), ItemKind.WITHDRAWAL, encode(withdrawn)),
        item(
            disposition_item_id(said.disposition_id),
            ItemKind.DISPOSITION,
            encode(disposition_payload(said, FIRST, "unit-1")),
        ),
        scene_item(),
        read_item_of(replace(read(RIGHT, 1, OTHER_PLATE), supersedes=FIRST, evidence=(_LARGE,))),
        item(f"{SECRET}-2", ItemKind.HIT, encode(hit_payload(second, read(RIGHT, 1, OTHER_PLATE)))),
        read_item_of(read("unit-1:x", 2, NOT_HELD)),
        hold_item("unit-1", FIRST),
    ]


def items_of_second() -> list[OutboxItem]:
    """What the second car sends: a read whose time it said later, and one whose clock nothing had set."""
    placed = read(PLACED, 9, source=UtcSource.RTC)
    return [
        read_item_of(placed),
        time_item(PLACED, "unit-2", BEGIN + timedelta(hours=4)),
        read_item_of(read(UNSURE, 5, source=UtcSource.RTC)),
    ]


def items_of_log(folder: Path) -> list[Part]:
    """The log of the first car: looks about the reads that were signed, one that is not yet, and looks at entries."""
    car = Car(folder)
    with closing(car.log):
        car.log.append(entry(0, case=CASE, objects=("unit-1:elsewhere",)), Instant("boot", 1, NOW, UtcSource.GNSS, 1.0))
        for case, objects in (("", (FIRST,)), (OTHER_CASE, (FIRST, "unit-1:x")), ("", ("unit-1:x",)), ("", (SECRET,))):
            car.log.append(entry(1, case=case, objects=objects), Instant("boot", 1, NOW, UtcSource.GNSS, 1.0))
        signed = [*car.records(), car.checkpoint()]
        car.log.append(entry(2, case=CASE, objects=(FIRST,)), Instant("boot", 2, NOW, UtcSource.GNSS, 1.0))
        for action, named in (("show_entries", ("entry:nohit",)), ("show_covert_entries", ())):
            looked = entry(3, case=CASE, action=action, objects=named)
            car.log.append(looked, Instant("boot", 3, NOW, UtcSource.GNSS, 1.0))
        return [*signed, *car.records(5)]


def store_case(directory: Path, folder: Path) -> None:
    """Store what both cars send, with the lists that are the state's."""
    for unit_id in ("unit-1", "unit-2"):
        enrol_unit(directory, unit_id, folder / unit_id)
    with (directory / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write('\n[hits]\nstate_lists = ["doj-svs"]\n')
    with closing(Storage(directory, create=False)) as storage:
        for unit_id, items in (("unit-1", items_of_first()), ("unit-2", items_of_second())):
            parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items]
            parts += items_of_log(folder / "car") if unit_id == "unit-1" else []
            answers = storage.store(unit_id, parts)
            assert {answer.status for answer in answers} == {200}, answers
