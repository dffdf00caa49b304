"""Writes the package of a case, reads it back, and books it before the file has a name (policy 462.5).

Its passphrase is drawn here, sealed for the department's key for media, and forgotten: two people open it.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection, insert, select

from alpr_edge.access.authorisation.callers import Actor
from alpr_edge.department.db.evidence_schema import evidence_bookings
from alpr_edge.department.db.schema import dispositions
from alpr_edge.department.evidence.access_parts import AccessParts
from alpr_edge.department.evidence.case_request import BookedCase, DepartmentExportRequest, Tick
from alpr_edge.department.evidence.hit_choice import ChosenHits
from alpr_edge.department.packages.package_folder import require_room
from alpr_edge.department.packages.package_signers import load_signer
from alpr_edge.department.packages.stored_records import (
    ItemIdentity,
    StoredRecords,
    read_in,
    sent_records,
    times_of,
)
from alpr_edge.department.packages.written_packages import WrittenPackage, read_back
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.protocol.bookings import seal_passphrase
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.domain.protocol.items import ReadPayload
from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.evidence.container import SUFFIX, ContainerTarget
from alpr_edge.evidence.content import BookingRecord, KeptPicture, PackageContent, PackageModel, PackageRead, SentRecord
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.signer import DEPARTMENT, PackageSigner

BATCH = 100
"""Reads that are asked for at a time: a reading transaction is short."""


class GatheredReads:
    """The reads of a case; what is told of them is whole once all were asked for.

    Args:
        chosen: the reads, in their order.
    """

    def __init__(
        self,
        stored: StoredRecords,
        chosen: Sequence[FoundRead],
        hits: ChosenHits,
        *,
        with_scenes: bool,
        left_out: Sequence[str] = (),
    ) -> None:
        self._stored = stored
        self._chosen = chosen
        self._hits = hits
        self._with_scenes = with_scenes
        self.reads = self.hits = self.pictures = self.missing_pictures = 0
        self.lost_hits = self.lost_answers = 0
        """Those of reads in the package whose record was deleted meanwhile or is damaged."""
        self.lost = list[str]()
        """Reads whose record was deleted meanwhile or is damaged."""
        self.models = list[PackageModel]()
        self.left_out = list(left_out)
        """What is not in the package, and why, a sentence each."""

    def __iter__(self) -> Iterator[PackageRead]:
        """Each read with what belongs to it. Raises StoreError."""
        for start in range(0, len(self._chosen), BATCH):
            yield from self._batch(self._chosen[start : start + BATCH])
        self._say_left_out()

    def _batch(self, chosen: Sequence[FoundRead]) -> Iterator[PackageRead]:
        with self._stored.database.reading() as connection:
            others = {(read.unit_id, read.read_id): ids for read, ids in self._other_ids(connection, chosen)}
            wanted = [*others, *((unit_id, each) for (unit_id, _), ids in others.items() for each in ids)]
            records = sent_records(connection, wanted)
        for found in chosen:
            identity = found.unit_id, found.read_id
            sent = records.get(identity)
            stored = None if sent is None else read_in(sent, found)
            if stored is None:
                self.lost.append(found.read_id)
                continue
            self._count_said(found, set(records), others[identity])
            yield self._package_read(found, *stored, _those(records, found.unit_id, others[identity]))

    def _package_read(
        self, found: FoundRead, record: SentRecord, payload: ReadPayload, others: tuple[SentRecord, ...]
    ) -> PackageRead:
        disputed = time_item_id(found.read_id, sure=False)
        first, last = times_of(found, payload, is_disputed=any(each.item_id == disputed for each in others))
        pictures, missing = self._pictures(
            payload, is_scene_plain=self._hits.is_scene_plain((found.unit_id, found.read_id))
        )
        known = {model.model_id for model in self.models}
        self.models += [PackageModel(each, "") for each in payload.model_ids if each not in known]
        self.reads += 1
        later = None if found.correction is None else found.correction.read_id
        return PackageRead(found.read_id, record, first, last, pictures, missing, others, later)

    def _count_said(self, found: FoundRead, there: Collection[ItemIdentity], other_ids: Sequence[str]) -> None:
        """Count the hits and answers of a read that are here, and those that are not."""
        hit_ids = self._hits.shown.get((found.unit_id, found.read_id), ())
        answer_ids = [each for each in other_ids if each.startswith(disposition_item_id(""))]
        known_hits = sum((found.unit_id, each) in there for each in hit_ids)
        self.hits += known_hits
        self.lost_hits += len(hit_ids) - known_hits
        self.lost_answers += sum((found.unit_id, each) not in there for each in answer_ids)

    def _pictures(self, payload: ReadPayload, *, is_scene_plain: bool) -> tuple[tuple[KeptPicture, ...], str]:
        """The pictures of a read, and why some are missing."""
        kinds = {EvidenceKind.CROP, *((EvidenceKind.SCENE,) if self._with_scenes else ())}
        wanted = [each for each in payload.evidence if EvidenceKind(each.kind) in kinds]
        found = self._stored.pictures_of(wanted, is_scene_plain=is_scene_plain)
        lost = {each.kind for each in wanted} - {each.kind.value for each in found}
        self.pictures += len(found)
        self.missing_pictures += len(wanted) - len(found)
        missing = [f"{kind}: it cannot be read any more, or has not arrived" for kind in sorted(lost)]
        if len(wanted) < len(payload.evidence):
            missing.append("the scene was left out of this package")
        return found, "; ".join(missing)

    def _other_ids(self, connection: Connection, chosen: Sequence[FoundRead]) -> Iterator[tuple[FoundRead, list[str]]]:
        """The ids of all that was said of each read, in the order in which it was said."""
        identities = [(read.unit_id, read.read_id) for read in chosen]
        shown = {identity: self._hits.shown.get(identity, []) for identity in identities}
        answers = _answers(connection, [hit_id for ids in shown.values() for hit_id in ids])
        for read in chosen:
            ids = list[str]()
            for hit_id in shown[read.unit_id, read.read_id]:
                ids += [hit_id, *alert_item_ids(hit_id)]
                ids += answers.get((read.unit_id, hit_id), ())
            yield read, [*ids, time_item_id(read.read_id, sure=True), time_item_id(read.read_id, sure=False)]

    def _say_left_out(self) -> None:
        if self.lost:
            self.left_out.append(f"Reads whose record was deleted meanwhile or is damaged: {', '.join(self.lost)}.")
        if self.lost_hits or self.lost_answers:
            counts = f"hits: {self.lost_hits}, answers: {self.lost_answers}"
            self.left_out.append(
                f"What was said of reads and whose record was deleted meanwhile or is damaged; {counts}."
            )
        if count := self._hits.told_count:
            self.left_out.append(f"Hits of lists that whoever booked it out may not see: {count}.")
        if self.missing_pictures:
            words = "Pictures that cannot be read any more or have not arrived; each read says which"
            self.left_out.append(f"{words}: {self.missing_pictures}.")


def _answers(connection: Connection, hit_ids: Sequence[str]) -> Mapping[ItemIdentity, list[str]]:
    """The items of what was said of hits, by unit and hit, in the order in which it was said."""
    found = defaultdict[ItemIdentity, list[str]](list)
    columns = dispositions.c.unit_id, dispositions.c.hit_id, dispositions.c.disposition_id
    order = dispositions.c.made.nulls_last(), dispositions.c.disposition_id
    for row in connection.execute(select(*columns).where(dispositions.c.hit_id.in_(hit_ids)).order_by(*order)):
        found[row.unit_id, row.hit_id].append(disposition_item_id(row.disposition_id))
    return found


def _those(records: Mapping[ItemIdentity, SentRecord], unit_id: str, ids: Sequence[str]) -> tuple[SentRecord, ...]:
    found = (records.get((unit_id, each)) for each in ids)
    return tuple(record for record in found if record is not None)


@dataclass(frozen=True, slots=True, eq=False)
class CasePackage:
    """All that is known of a package before its reads are read."""

    package_id: str
    purpose: Purpose
    request: DepartmentExportRequest
    actor: Actor
    booked_at: datetime
    reads: tuple[FoundRead, ...]
    hits: ChosenHits
    accesses: AccessParts
    access_count: int
    not_arrived: int
    left_out: tuple[str, ...] = ()
    """What is known by now not to be in it, a sentence each."""

    @property
    def units(self) -> tuple[str, ...]:
        """Whose reads it holds."""
        return tuple(sorted({read.unit_id for read in self.reads}))


@dataclass(frozen=True, slots=True, eq=False)
class CaseWriter:
    """Writes packages; threads may share it."""

    directory: Path
    stored: StoredRecords = field(repr=False)
    key: X25519PublicKey = field(repr=False)

    def write(self, package: CasePackage, folder: Path, progress: Tick) -> BookedCase:
        """Write a package into an empty folder."""
        passphrase, signer = draw_passphrase(secrets.randbits), load_signer(self.directory, DEPARTMENT, "evidence")
        path = folder / f"{package.package_id}{SUFFIX}"
        gathered = GatheredReads(
            self.stored, package.reads, package.hits, with_scenes=package.request.with_scenes, left_out=package.left_out
        )
        booked: list[WrittenPackage] = []

        def book(part: Path) -> None:
            written = read_back(part, passphrase)
            self._book(package, gathered, written, seal_passphrase(passphrase, package.package_id, self.key))
            booked.append(written)

        def go_on(done: int, total: int) -> None:
            require_room(folder, EvidenceError)
            progress(done, total)

        target = ContainerTarget(path, passphrase, package.booked_at, book)
        write_package(self._content(package, gathered), target, signer, go_on)
        return _booked_case(package, gathered, booked[0], path, signer)

    def _content(self, package: CasePackage, gathered: GatheredReads) -> PackageContent:
        return PackageContent(
            booking=self._record(package),
            reads=gathered,
            read_count=len(package.reads),
            access=package.accesses.logs,
            unproved_records=package.accesses.unproved,
            models=gathered.models,
            left_out=gathered.left_out,
            generations=package.hits.lists(),
            units=package.units,
            accesses=package.accesses.table,
        )

    def _record(self, package: CasePackage) -> BookingRecord:
        file, actor = load_department_file(self.directory), package.actor
        return BookingRecord(
            package_id=package.package_id,
            case=package.purpose.case or "",
            unit_id=DEPARTMENT,
            organisation=file.people.name or server_names(TlsFiles(self.directory))[0],
            booked_by=f"{actor.name} ({actor.person_id})",
            booked_at=package.booked_at,
            purpose=package.purpose.code,
            offence=package.purpose.offence or "",
            medium=package.request.medium,
            recipient=package.request.recipient,
        )

    def _book(self, package: CasePackage, gathered: GatheredReads, written: WrittenPackage, sealed: str) -> None:
        """Put the booking into the register, beside those of units."""
        request, purpose, actor = package.request, package.purpose, package.actor
        values = {
            "package_id": package.package_id,
            "unit_id": DEPARTMENT,
            "case_number": purpose.case or "",
            "purpose": purpose.code,
            "offence": purpose.offence or "",
            "medium": request.medium,
            "recipient": request.recipient,
            "person_id": actor.person_id,
            "person": actor.name,
            "file_name": f"{package.package_id}{SUFFIX}",
            "package_sha256": written.sha256,
            "manifest_sha256": written.manifest_sha256,
            "size_bytes": written.size_bytes,
            "reads": gathered.reads,
            "hits": gathered.hits,
            "pictures": gathered.pictures,
            "with_scenes": request.with_scenes,
            "is_redacted": False,
            "booked": rfc3339(package.booked_at),
            "sealed_passphrase": sealed,
        }
        with self.stored.database.writing() as connection:
            connection.execute(insert(evidence_bookings).values(**values))


def _booked_case(
    package: CasePackage, gathered: GatheredReads, written: WrittenPackage, path: Path, signer: PackageSigner
) -> BookedCase:
    return BookedCase(
        package_id=package.package_id,
        case=package.purpose.case or "",
        path=path,
        package_sha256=written.sha256,
        size_bytes=written.size_bytes,
        units=package.units,
        reads=gathered.reads,
        hits=gathered.hits,
        pictures=gathered.pictures,
        not_arrived=package.not_arrived,
        unproved_records=package.accesses.unproved,
        accesses=package.access_count,
        left_out=tuple(gathered.left_out),
        is_vouched=signer.voucher is not None,
    )
