"""Writes the file of one package, reads it back, and puts its digest into the register before the file has a name."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.packages.package_signers import load_signer
from alpr_edge.department.packages.stored_records import StoredRecords, times_of
from alpr_edge.department.packages.written_packages import read_back
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.department.releases.chosen_reads import ChosenReads
from alpr_edge.department.releases.release_packages import MadePackage, Progress
from alpr_edge.department.releases.release_record import release_record
from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.department.releases.request_steps import enter_step
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.protocol.items import ReadPayload, digest
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.releases.packages import LeftOut, ReleasePackage
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseScope
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep
from alpr_edge.evidence.container import SUFFIX, ContainerTarget
from alpr_edge.evidence.content import BookingRecord, KeptPicture, PackageContent, PackageModel, PackageRead, SentRecord
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.release_records import ReleasedRead
from alpr_edge.evidence.signer import RELEASES

_KINDS = {
    ReleasePictures.NONE: frozenset[EvidenceKind](),
    ReleasePictures.PLATES: frozenset({EvidenceKind.CROP}),
    ReleasePictures.SCENES: frozenset(EvidenceKind),
}


class ReleasedReads:
    """The reads of one package; what is told of them is whole once all were asked for.

    Args:
        chosen: the reads, in their order.
    """

    def __init__(
        self,
        database: DepartmentDatabase,
        images: DepartmentImages,
        chosen: Sequence[FoundRead],
        pictures: ReleasePictures,
    ) -> None:
        self._stored = StoredRecords(database, images)
        self._chosen = chosen
        self._kinds = _KINDS[pictures]
        self.left_out = Counter[LeftOut]()
        self.named = list[ReleasedRead]()
        self.models = list[PackageModel]()
        self.pictures = 0

    def __iter__(self) -> Iterator[PackageRead]:
        for found in self._chosen:
            stored = self._stored.record_of(found)
            if stored is None:
                self.left_out[LeftOut.RECORD_LOST] += 1
                continue
            record, payload = stored
            wanted = [each for each in payload.evidence if EvidenceKind(each.kind) in self._kinds]
            pictures = self._stored.pictures_of(wanted, is_scene_plain=True)  # an agency is told of no hit
            missing = len(wanted) - len(pictures)
            self._note(found, record, payload, pictures, missing)
            first, last = times_of(found, payload)
            words = "it cannot be read any more" if missing else ""
            later = None if found.correction is None else found.correction.read_id
            yield PackageRead(found.read_id, record, first, last, pictures, words, (), later)

    def _note(
        self,
        found: FoundRead,
        record: SentRecord,
        payload: ReadPayload,
        pictures: Sequence[KeptPicture],
        missing: int,
    ) -> None:
        number = len(self.named) + 1
        sha256 = digest(record.body)
        self.named.append(ReleasedRead(number=number, unit_id=found.unit_id, read_id=found.read_id, sha256=sha256))
        self.pictures += len(pictures)
        self.left_out[LeftOut.PICTURES_LOST] += missing
        known = {model.model_id for model in self.models}
        self.models += [PackageModel(each, "") for each in payload.model_ids if each not in known]


@dataclass(slots=True)
class ReleaseWriter:
    """Writes the package of one request.

    Args:
        filed: the request, whose package may be made.
    """

    directory: Path
    database: DepartmentDatabase
    images: DepartmentImages
    profile: Profile
    filed: FiledRequest
    step: RequestStep

    def write(self, chosen: ChosenReads, scope: ReleaseScope, folder: Path, progress: Progress) -> MadePackage:
        """Write it.

        Args:
            folder: an empty folder.
        """
        passphrase = draw_passphrase(secrets.randbits)
        signer = load_signer(self.directory, RELEASES, "release packages")
        package_id = self._package_id()
        path = folder / f"{package_id}{SUFFIX}"
        reads = ReleasedReads(self.database, self.images, chosen.reads, scope.pictures)

        def register(part: Path) -> None:
            self.filed = self._register(part, passphrase, package_id, chosen, reads)

        content = PackageContent(
            booking=self._booking(package_id, signer.name),
            reads=reads,
            read_count=len(chosen.reads),
            models=reads.models,
            release=lambda: release_record(self.filed, self.profile, chosen.left_out + reads.left_out, reads.named),
        )
        target = ContainerTarget(path, passphrase, self.step.at, register)
        write_package(content, target, signer, progress)
        return MadePackage(self.filed, path, passphrase, signer.voucher is not None)

    def _register(
        self, part: Path, passphrase: str, package_id: str, chosen: ChosenReads, reads: ReleasedReads
    ) -> FiledRequest:
        """Read the file back, and put its digest into the register."""
        written = read_back(part, passphrase)
        package = ReleasePackage(
            package_id=package_id,
            file_name=f"{package_id}{SUFFIX}",
            size_bytes=written.size_bytes,
            reads=len(reads.named),
            pictures=reads.pictures,
            left_out={reason.value: count for reason, count in (chosen.left_out + reads.left_out).items()},
        )
        step = replace(self.step, package_sha256=written.sha256, package=package)
        return enter_step(self.database, self.profile, self.filed.request_id, step)

    def _package_id(self) -> str:
        """Names the package; it is the first of its request, the second, and so on."""
        made = sum(step.state is ReleaseState.PACKAGED for step in self.filed.steps)
        return f"{self.filed.request_id}-{made + 1}"

    def _booking(self, package_id: str, unit_id: str) -> BookingRecord:
        request, file = self.filed.request, load_department_file(self.directory)
        return BookingRecord(
            package_id=package_id,
            case=request.their_case or self.filed.request_id,
            unit_id=unit_id,
            organisation=file.people.name or server_names(TlsFiles(self.directory))[0],
            booked_by=self.step.person,
            booked_at=self.step.at,
            purpose=PurposeCode.RELEASE.value,
            recipient=f"{request.agency}, {request.requester}",
            note=self.step.note,
        )
