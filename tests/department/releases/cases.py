"""A request and the reads that it is about: what is approved, what is next to it, and what is never released."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.releases.release_packages import MadePackage
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.hits import hit_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseRequest, ReleaseScope
from alpr_edge.domain.releases.steps import ReleaseState
from tests.department.inquiries.inquirers import Inquirers, authoriser_of
from tests.department.scenes import scene_item
from tests.department.search.traffic import time_item
from tests.domain.releases.test_releases import REQUEST
from tests.store.records import hit, plate_read
from tests.uplink.items import image_item

NOW = datetime.now(UTC).replace(microsecond=0)
"""Certificates are of the present day, and so is what they vouch for."""
BEGIN = NOW - timedelta(days=2)
LETTER = b"%PDF-1.7 Dear Commander, please find the reads of 8ABC123"
PLATE, OTHER_PLATE, NEVER_ASKED = "8ABC123", "9XYZ987", "7THER11"
CROP, SCENE = image_item(1), scene_item()
ASKED = ReleaseScope((PLATE, OTHER_PLATE), BEGIN, BEGIN + timedelta(hours=12), pictures=ReleasePictures.SCENES)
ASKING: ReleaseRequest = replace(REQUEST, scope=ASKED)
APPROVED = ReleaseScope((PLATE,), BEGIN, BEGIN + timedelta(hours=6), pictures=ReleasePictures.PLATES)
IN_IT = ("car-1:sure", "car-2:placed")
"""The reads that the approved package has, by time."""


@dataclass(frozen=True)
class Roles:
    """Signs people in by their roles."""

    office: InquiryOffice
    people: Inquirers

    def __call__(self, role: str) -> Authoriser:
        return authoriser_of(self.office, self.people.ids[role])

    def approved_request(self, scope: ReleaseScope | None = APPROVED) -> str:
        """The id of a new request that was approved."""
        filed = self.office.releases.enter(self("records"), ASKING, LETTER)
        self.office.releases.decide(self("commander"), filed.request_id, ReleaseState.APPROVED, "in order", scope)
        return filed.request_id

    def package(self, request_id: str, folder: Path, again: str = "", role: str = "records") -> MadePackage:
        return self.office.packages.make(self(role), request_id, folder, again, lambda _done, _total: None)


def store_reads(directory: Path) -> None:
    """Store the reads that the request is about, and those next to it."""
    evidence = [(EvidenceKind.CROP, CROP), (EvidenceKind.SCENE, SCENE)]
    refs = tuple(EvidenceRef(kind, each.sha256, len(each.body)) for kind, each in evidence)
    sure = replace(read("car-1:sure", 1), evidence=refs)
    secret = replace(hit("car-1:hit", sure.read_id, PLATE), entry=replace(hit().entry, covert=True, remarks="secret"))
    hit_body = encode(hit_payload(secret, sure))
    car_1 = [
        CROP,
        SCENE,
        item(sure),
        OutboxItem(secret.hit_id, ItemKind.HIT, hit_body, digest(hit_body)),
        item(read("car-1:unsure", 2, source=UtcSource.RTC)),
        item(read("car-1:late", 7)),
        item(read("car-1:other", 2, OTHER_PLATE)),
        item(read("car-1:never", 2, NEVER_ASKED)),
        item(read("car-1:wrong", 3)),
        item(replace(read("car-1:right", 3, NEVER_ASKED), supersedes="car-1:wrong")),
    ]
    placed = replace(read("car-2:placed", 9, source=UtcSource.RTC), unit_id="car-2")
    car_2 = [time_item(placed.read_id, "car-2", BEGIN + timedelta(hours=4)), item(placed)]
    store_items(directory, "car-1", car_1)
    store_items(directory, "car-2", car_2)


def store_items(directory: Path, unit_id: str, items: Sequence[OutboxItem]) -> None:
    """Store what a unit sent."""
    with closing(Storage(directory, create=False)) as storage:
        answers = storage.store(unit_id, [Part(e.item_id, e.kind, e.body, e.sha256) for e in items])
    assert {answer.status for answer in answers} == {200}, answers


def read(read_id: str, hours: float, plate: str = PLATE, source: UtcSource = UtcSource.GNSS) -> PlateRead:
    """A read of car-1 so many hours after the begin."""
    first = Instant("boot", 10**12, BEGIN + timedelta(hours=hours), source, 12.5)
    return replace(
        plate_read(read_id, plate), unit_id="car-1", first_seen=first, last_seen=first.shift(400), alternatives=()
    )


def item(some: PlateRead) -> OutboxItem:
    body = encode(read_payload(some))
    return OutboxItem(some.read_id, ItemKind.READ, body, digest(body))
