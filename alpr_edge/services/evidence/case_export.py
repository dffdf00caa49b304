"""Writes the evidence of a case as a package on a medium, and books it out (policy 462.5, 462.6(a)).

The order is what matters. The access is on record first. The package is written under a hidden name, read back and
compared. Its booking, with the passphrase sealed for the department, is on the unit's disk next; then the package gets
its name. So whatever is cut short, there is no whole package that nobody knows of, and nothing half that looks whole.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.record_texts import object_parts
from alpr_edge.domain.access_log.record_notes import EXPORTED_READS
from alpr_edge.domain.errors import EvidenceError, ModelError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.bookings import seal_passphrase
from alpr_edge.domain.protocol.sealing import SealedError, media_key_in
from alpr_edge.evidence.content import (
    AccessLogPart,
    AccessProof,
    BookingRecord,
    ListGeneration,
    PackageCanvass,
    PackageContent,
    PackageModel,
)
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.services.audit.checkpoint_wait import wait_for_checkpoint
from alpr_edge.services.evidence.case_canvasses import CaseCanvasses, case_canvasses
from alpr_edge.services.evidence.case_hits import case_hits
from alpr_edge.services.evidence.case_reads import CaseReads, PictureChoice, Redact, with_corrections
from alpr_edge.services.evidence.export_request import ExportRequest, ExportResult
from alpr_edge.services.evidence.export_stamper import export_stamper
from alpr_edge.services.evidence.medium import ExportMedium, WrittenFile, package_name
from alpr_edge.services.evidence.package_signer import with_valid_voucher, witness_certificate
from alpr_edge.services.evidence.package_size import PackageParts, package_bytes
from alpr_edge.services.holds.unit_holds import reads_of_case
from alpr_edge.services.shown_hits import HitRights, plain_scene
from alpr_edge.services.unit_health.daemons import fresh_health
from alpr_edge.settings import Settings, VisionSettings
from alpr_edge.store.access_log.case_records import (
    RecordChoice,
    count_unproved,
    log_state,
    measure_records,
    records_of_case,
)
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.bookings.register import PackageBooking, add_booking, finish_booking, list_bookings
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import hits, reads
from alpr_edge.store.recovery.access_log_replacement import damaged_logs
from alpr_edge.store.unit_store import UnitStore
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import MANIFEST, load_model, model_files


def left_out_of_case(log: AccessLog, directory: Path, canvasses: CaseCanvasses) -> list[str]:
    """What is not in the package of a case, a sentence each.

    Args:
        log: the access log, of which the oldest records may have gone.
    """
    words = list[str]()
    if canvasses.withheld:
        words.append(f"Canvasses of the case that whoever booked it out may not see: {canvasses.withheld}.")
    if first := log.first():
        words.append(f"Accesses before record {first} of this unit's access log, which are at the department.")
    if count := len(damaged_logs(directory)):
        words.append(f"Accesses in earlier access logs of this unit, which were set aside as damaged: {count}.")
    return words


_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of the reads of a case beforehand."""

    model_ids: tuple[str, ...]
    generations: tuple[ListGeneration, ...]


def case_facts(database: Database, read_ids: Sequence[str], may_show: Callable[[str, bool], bool]) -> CaseFacts:
    """What is known of some reads."""
    models, generations = set[str](), dict[tuple[str, int], ListGeneration]()
    for start in range(0, len(read_ids), _IDS_AT_ONCE):
        part = read_ids[start : start + _IDS_AT_ONCE]
        with database.read() as connection:
            of_reads = select(reads.c.model_ids).distinct().where(reads.c.read_id.in_(part))
            for (model_ids,) in connection.execute(of_reads):
                models.update(model_ids)
            for made in _generations(connection, part, may_show):
                generations[made.source, made.serial] = made
    ordered = tuple(generations[key] for key in sorted(generations))
    return CaseFacts(tuple(sorted(models)), ordered)


def known_models(settings: VisionSettings, data_directory: Path, model_ids: Sequence[str]) -> tuple[PackageModel, ...]:
    """The models of some ids with the digests of their files; one that is not here any more has none.

    Args:
        data_directory: the unit's data folder, which may hold models added to it.
    """
    digests: dict[str, str] = {}
    for folder in model_folders(settings, data_directory):
        if not (folder / MANIFEST).exists():
            continue
        for role, name, precision in model_files(folder):
            try:
                model = load_model(folder, role, name, precision)
            except ModelError:
                continue
            digests[model.model_id] = model.sha256
    return tuple(PackageModel(model_id, digests.get(model_id, "")) for model_id in model_ids)


def _generations(
    connection: Connection, read_ids: Sequence[str], may_show: Callable[[str, bool], bool]
) -> Iterator[ListGeneration]:
    columns = (hits.c.generation_source, hits.c.serial, hits.c.issued, hits.c.imported, hits.c.entries)
    query = select(*columns, hits.c.source, hits.c.covert).distinct().where(hits.c.read_id.in_(read_ids))
    for source, serial, issued, imported, entries, list_source, covert in connection.execute(query):
        if may_show(list_source, bool(covert)):
            yield ListGeneration(source, serial, issued, imported, entries)


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """What the access log says of a case."""

    logs: tuple[AccessLogPart, ...]
    """Empty: it was never signed."""
    unproved: int
    """Records of the case that came after the log was signed last, and are in no package yet."""


def case_content(
    booking: BookingRecord,
    reads: CaseReads,
    facts: CaseFacts,
    access: CaseAccess,
    canvasses: Sequence[PackageCanvass],
    settings: Settings,
) -> PackageContent:
    return PackageContent(
        booking=booking,
        reads=reads,
        read_count=len(reads),
        access=access.logs,
        unproved_records=access.unproved,
        left_out=reads.left_out,
        models=known_models(settings.vision, settings.unit.data_directory, facts.model_ids),
        generations=facts.generations,
        canvasses=tuple(canvasses),
    )


def access_of_case(log: AccessLog, choice: RecordChoice, witness: bytes) -> CaseAccess:
    """What the access log says of a case: its state, and the records that are about the case, proved.

    Args:
        witness: certificate of the key that cosigns the log, PEM; empty: there is none.
    """
    state = log_state(log)
    unproved = count_unproved(log, state, choice)
    if state is None:
        return CaseAccess((), unproved)

    def proofs() -> Iterator[AccessProof]:
        for record in records_of_case(log, state, choice):
            yield AccessProof(record.sequence, record.body, record.proof.text)

    cosigned = state.cosigned
    part = AccessLogPart(
        log_key=state.key.text,
        checkpoint=state.newest.note.whole,
        cosigned=None if cosigned is None else cosigned.note.whole,
        consistency=state.consistency,
        witness_key="" if state.witness is None else state.witness.text,
        witness_certificate=b"" if state.witness is None else witness,
        records=proofs(),
    )
    return CaseAccess((part,), unproved)


LOCK_FILE = ".export.lock"
REDACTED = (
    "Redacted copy: in the scenes the plates of other vehicles are covered. Each scene is named with the SHA-256 of "
    "its original, which is not in this package."
)
Progress = Callable[[int, int], None]
"""Receives how many reads are written and how many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class CaseExports:
    """The exports of a unit."""

    store: UnitStore
    log: AccessLog
    settings: Settings
    clock: Clock
    new_id: Callable[[], str]
    signer: PackageSigner = field(repr=False)

    def export(
        self, authoriser: Authoriser, purpose: Purpose, request: ExportRequest, progress: Progress
    ) -> ExportResult:
        """Write the package of a case to a medium.

        Raises:
            AccessError: it is refused.
            EvidenceError: nothing is held under the case, the medium has no room or fails, or another export runs.
            StoreError: the store cannot be read, or the booking is not on the disk; the medium has no package then.
        """
        request.check()
        package_id = self.new_id()
        subject = AccessSubject((package_id,), note=request.note)
        with authoriser.access(Operation.EXPORT_CASE, purpose, subject) as access, ExitStack() as stack:
            stack.enter_context(self._only_one())
            medium = ExportMedium(request.directory, self.settings.unit.id)
            medium.remove_leftovers()
            redact: Redact | None = None
            read_ids = self._read_ids(request.case)
            _name_reads(authoriser, purpose, package_id, read_ids)
            rights = HitRights(access, self.settings.hotlist, authoriser.may_see_covert())
            canvasses = case_canvasses(self.store.database, authoriser, request.case, read_ids)
            facts = case_facts(self.store.database, read_ids, rights.may_show_list)
            choice = self._record_choice(request.case, package_id, read_ids, rights)
            medium.require_room(self._bytes_needed(request, read_ids, choice, canvasses))
            if request.is_redacted and request.with_scenes:
                redact = stack.enter_context(self._redactor())
            left_out = left_out_of_case(self.log, self.settings.unit.data_directory, canvasses)
            pictures = PictureChoice(request.with_scenes, redact, self._smaller(rights))
            reads = CaseReads(self.store, read_ids, rights.may_show, pictures, left_out)
            export = _Export(request, purpose, access, package_id, medium, reads, facts, choice, canvasses)
            result = self._write(export, progress)
            access.show((package_id,), count=result.booking.reads, byte_count=result.booking.size_bytes)
            return result

    def _smaller(self, rights: HitRights) -> Callable[[bytes], bytes] | None:
        """What makes scenes of reads smaller none of whose hits is shown; None: every hit is."""
        return None if rights.sees_all else partial(plain_scene, pictures=self.settings.store)

    @contextmanager
    def _redactor(self) -> Iterator[Redact]:
        """What covers the plates of others, in a process of its own."""
        from alpr_edge.services.evidence.redaction_process import redaction_process  # noqa: PLC0415 - OpenCV, models

        with redaction_process(self.settings.vision, self.settings.unit.data_directory) as process:
            yield process.redact

    def list_exports(self, authoriser: Authoriser, purpose: Purpose, case: str = "") -> list[PackageBooking]:
        """The bookings, the newest first; shows no plates and no passphrase.

        Raises:
            AccessError: it is refused.
        """
        with authoriser.access(Operation.SHOW_EXPORTS, purpose) as access:
            found = list_bookings(self.store.database, case)
            access.show(tuple(each.package_id for each in found))
            return found

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Let one export of this unit run at a time: the leftovers that the next removes are nobody's then."""
        path = self.settings.unit.data_directory / LOCK_FILE
        with io_errors(f"{path}: cannot be opened", StoreError):
            descriptor = open_lock_file(path)
        with exclusive_lock(descriptor, "another export of this unit runs; wait until it is done"):
            yield

    def _read_ids(self, case: str) -> list[str]:
        held = reads_of_case(self.store.database, case, self.clock.now().trusted_utc)
        if not held:
            raise EvidenceError(f"no read is held under case {case}; hold what belongs to it first")
        return with_corrections(self.store, held)

    def _record_choice(self, case: str, package_id: str, read_ids: list[str], rights: HitRights) -> RecordChoice:
        """Which records of the access log go into a package."""
        hits = case_hits(self.store.database, read_ids, rights)
        return RecordChoice(case, {*read_ids, *hits.shown, package_id}, hits.withheld, hits.plain_entries)

    def _bytes_needed(
        self, request: ExportRequest, read_ids: list[str], choice: RecordChoice, canvasses: CaseCanvasses
    ) -> int:
        records, count = measure_records(self.log, choice), len(canvasses.shown)
        choices = request.with_scenes, request.is_redacted
        return package_bytes(
            self.store.database, PackageParts(read_ids, *choices, records, count, canvasses.read_count)
        )

    def _write(self, export: "_Export", progress: Progress) -> ExportResult:
        now = self.clock.now()
        passphrase = draw_passphrase(secrets.randbits)
        sealed = self._seal(passphrase, export.package_id)
        record = self._record(export, now)
        log_part = self._log_part(export)
        content = case_content(record, export.reads, export.facts, log_part, export.canvasses.shown, self.settings)
        path = export.medium.unfinished_path()
        from alpr_edge.evidence.container import ContainerTarget  # noqa: PLC0415 - ciphers that only this needs

        stamper = export_stamper(self.settings.evidence)
        signer = with_valid_voucher(self.signer, now.utc)
        manifest = write_package(content, ContainerTarget(path, passphrase, now.utc), signer, progress, stamper)
        try:
            written = export.medium.digest_of(path)
            export.medium.read_back(path, written)
            booking = self._booking(export, now, manifest, written, is_escrowed=bool(sealed))
            booking = replace(booking, time_stamp="" if stamper is None else stamper.words)
            add_booking(self.store.database, booking, self.settings.unit.id, sealed)
            final = export.medium.give_name(path, booking.file_name)
        except (EvidenceError, StoreError):
            export.medium.discard(path)
            raise
        finish_booking(self.store.database, export.package_id, self.clock.now())
        counts, canvasses = export.reads.counts, export.canvasses
        return ExportResult(
            booking,
            final,
            passphrase,
            missing_pictures=counts.missing_pictures,
            withheld_hits=counts.withheld_hits,
            canvasses=len(canvasses.shown),
            unproved_records=log_part.unproved,
            withheld_canvasses=canvasses.withheld,
            is_vouched=signer.voucher is not None,
        )

    def _log_part(self, export: "_Export") -> CaseAccess:
        """What the access log says of the case, this export among it, once the log is signed again."""
        wait_for_checkpoint(self.log, lambda: fresh_health(self.settings.unit.runtime_directory) is not None)
        return access_of_case(self.log, export.choice, witness_certificate(self.settings))

    def _seal(self, passphrase: str, package_id: str) -> str:
        """The passphrase sealed for the department; empty where this unit knows none."""
        try:
            key = media_key_in(self.settings.uplink.media_key_file.read_bytes())
        except FileNotFoundError:
            return ""
        except (OSError, SealedError):
            file = self.settings.uplink.media_key_file
            raise EvidenceError(
                f"{file}: the department's key for media cannot be used; enroll this unit again"
            ) from None
        return seal_passphrase(passphrase, package_id, key)

    def _record(self, export: "_Export", now: Instant) -> BookingRecord:
        request, actor = export.request, export.access.actor
        return BookingRecord(
            package_id=export.package_id,
            case=request.case,
            unit_id=self.settings.unit.id,
            organisation=actor.organisation,
            booked_by=f"{actor.name} ({actor.person_id})" if actor.person_id else actor.name,
            booked_at=now.utc,
            purpose=export.purpose.code,
            offence=export.purpose.offence or "",
            medium=request.medium,
            recipient=request.recipient,
            note=REDACTED if request.is_redacted else "",
        )

    def _booking(
        self, export: "_Export", now: Instant, manifest: str, written: WrittenFile, *, is_escrowed: bool
    ) -> PackageBooking:
        request, actor, counts = export.request, export.access.actor, export.reads.counts
        return PackageBooking(
            package_id=export.package_id,
            case=request.case,
            purpose=export.purpose.code,
            offence=export.purpose.offence or "",
            medium=request.medium,
            recipient=request.recipient,
            person_id=actor.person_id,
            person=actor.name,
            session=actor.session_id,
            file_name=package_name(request.case, self.settings.unit.id, now.utc, export.package_id),
            package_sha256=written.sha256,
            manifest_sha256=manifest,
            size_bytes=written.size_bytes,
            reads=counts.reads,
            hits=counts.hits,
            pictures=counts.pictures,
            with_scenes=request.with_scenes,
            is_redacted=request.is_redacted,
            is_escrowed=is_escrowed,
            booked=now,
        )


def _name_reads(authoriser: Authoriser, purpose: Purpose, package_id: str, read_ids: Sequence[str]) -> None:
    """Put on record which reads a package is about to have: who asks later who looked at one finds the export."""
    for part in object_parts(read_ids):
        subject = AccessSubject((package_id, *part), note=EXPORTED_READS)
        with authoriser.access(Operation.EXPORT_CASE, purpose, subject):
            pass


@dataclass(frozen=True, slots=True, eq=False)
class _Export:
    """An export on its way."""

    request: ExportRequest
    purpose: Purpose
    access: Access
    package_id: str
    medium: ExportMedium
    reads: CaseReads
    facts: CaseFacts
    choice: RecordChoice
    canvasses: CaseCanvasses
