"""Reads the records and pictures of a package's reads as the department stores them, one read after the other."""

from collections import Counter
from collections.abc import Iterator, Sequence

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.packages.stored_records import StoredRecords, times_of
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.domain.protocol.items import ReadPayload, digest
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.releases.packages import LeftOut
from alpr_edge.domain.releases.requests import ReleasePictures
from alpr_edge.evidence.content import KeptPicture, PackageModel, PackageRead, SentRecord
from alpr_edge.evidence.release_records import ReleasedRead

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
