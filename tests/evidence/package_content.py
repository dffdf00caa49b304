"""Content of packages for tests: reads with pictures, hits and receipts, and the log of who looked at them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.pki.authority import Authority, initialise
from alpr_edge.department.pki.evidence_certificates import vouch_for_signer, vouch_for_witness
from alpr_edge.domain.access_log.records import AccessRecord, encode_record, origin_of, record_moment
from alpr_edge.domain.canvass.candidates import FitKind, PartialFit
from alpr_edge.domain.canvass.canvass import CanvassEnd, CanvassEnding
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.merkle import TreeNode, hash_leaf, nodes_of_append, range_root
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, SignedNote, note_key, sign_note
from alpr_edge.domain.log_proofs.proof_files import ProofFile
from alpr_edge.domain.log_proofs.proofs import consistency_proof, inclusion_proof
from alpr_edge.domain.protocol.dispositions import disposition_payload
from alpr_edge.domain.protocol.hits import hit_payload
from alpr_edge.domain.protocol.items import ItemKind, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef
from alpr_edge.domain.restrictions import Area
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.content import (
    AccessLogPart,
    AccessProof,
    BookingRecord,
    KeptPicture,
    ListGeneration,
    PackageCanvass,
    PackageContent,
    PackageModel,
    PackageRead,
    SentRecord,
    StorageReceipt,
)
from alpr_edge.evidence.signer import WITNESS, PackageSigner
from tests.domain.canvass.builders import at
from tests.evidence.canvass_reads import packed_canvass, seen_read
from tests.store.records import START, disposition, hit, instant, plate_read

UNIT = "unit-1"
COSIGNED_S = 1_780_000_000
LOG_ID = "0123456789abcdef0123456789abcdef"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> & 'quoted' \"text\""


@dataclass(slots=True)
class CaseLog:
    """An access log in memory, with the checkpoints that its unit signs and its department cosigns."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    witness: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    log_id: str = LOG_ID
    bodies: list[bytes] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def append(self, count: int, case: str = "26-1042", unit_id: str = UNIT, skipped: int = 0) -> None:
        """Add records of people who looked at a case, with numbers that skip some."""
        for _ in range(count):
            record = AccessRecord(
                person_id="ana",
                person="Ana Ruiz",
                organisation="Modesto PD",
                component="console",
                action="search_reads",
                purpose="criminal_investigation",
                offence="vehicle_theft",
                case=case,
                note=HOSTILE,
                outcome="allowed",
                shown=1,
                happened=record_moment(instant()),
                unit_id=unit_id,
                log_id=self.log_id,
                sequence=len(self.bodies) + skipped,
                received=record_moment(instant()),
            )
            body = encode_record(record)
            for node in nodes_of_append(self.read_node, len(self.bodies), hash_leaf(body)):
                self._keep(node)
            self.bodies.append(body)

    def read_node(self, level: int, place: int) -> bytes:
        return self.nodes[level, place]

    def checkpoint(self, size: int, *, cosigned: bool = False, at_s: int = COSIGNED_S) -> str:
        """The signed checkpoint of the first records."""
        name = origin_of(self.log_id)
        note = sign_note(Checkpoint(name, size, range_root(self.read_node, 0, size)).text, name, self.key)
        if cosigned:
            note = SignedNote(note.text, (*note.signatures, cosign(note.text, WITNESS, self.witness, at_s)))
        return note.whole

    def proof(self, sequence: int, size: int) -> AccessProof:
        """The proof of a record in the log of a size."""
        hashes = tuple(inclusion_proof(self.read_node, sequence, size))
        body = self.bodies[sequence]
        return AccessProof(sequence, body, ProofFile(sequence, hashes, self.checkpoint(size), body).text)

    def part(self, sequences: Sequence[int], cosigned: int | None, authority: Authority | None) -> AccessLogPart:
        """What a package shows of it: some records, its newest state, and that which the department cosigned."""
        size, witness_key = len(self.bodies), note_key(WITNESS, self.witness, COSIGNATURE)
        return AccessLogPart(
            log_key=note_key(origin_of(self.log_id), self.key).text,
            checkpoint=self.checkpoint(size),
            cosigned=None if cosigned is None else self.checkpoint(cosigned, cosigned=True),
            consistency=() if cosigned is None else tuple(consistency_proof(self.read_node, cosigned, size)),
            witness_key="" if authority is None else witness_key.text,
            witness_certificate=b"" if authority is None else vouch_for_witness(authority, witness_key),
            records=[self.proof(sequence, size) for sequence in sequences],
        )

    def _keep(self, node: TreeNode) -> None:
        self.nodes[node.level, node.place] = node.value


def package_read(number: int, crop: bytes, scene: bytes, *, with_hit: bool = False) -> PackageRead:
    """A read with two pictures, as it was sent; the department has confirmed it."""
    pictures = ((EvidenceKind.CROP, crop), (EvidenceKind.SCENE, scene))
    refs = tuple(EvidenceRef(kind, digest(jpeg), len(jpeg)) for kind, jpeg in pictures)
    read = replace(plate_read(f"read-{number}", f"7ABC{number % 1000:03}"), evidence=refs)
    assert read.position is not None
    shifted = replace(read.position, lat_deg=37.64 + number % 97 * 1e-4, lon_deg=-120.99 + number % 89 * 1e-4)
    read = replace(read, position=shifted)
    others: tuple[SentRecord, ...] = ()
    if with_hit:
        found = hit(f"hit-{number}", read.read_id, f"7A8C{number % 1000:03}")
        found = replace(found, entry=replace(found.entry, vehicle=HOSTILE, remarks=HOSTILE))
        said = disposition(hit_id=found.hit_id)
        others = (
            _sent_record(ItemKind.HIT, f"hit:{number}", encode(hit_payload(found, read))),
            _sent_record(
                ItemKind.DISPOSITION, f"disposition:{number}", encode(disposition_payload(said, read.read_id, UNIT))
            ),
        )
    return PackageRead(
        read_id=read.read_id,
        record=_sent_record(ItemKind.READ, f"read:{number}", encode(read_payload(read))),
        first_seen=Placement(read.first_seen.utc, 12.5, Basis.OWN),
        last_seen=Placement(read.last_seen.utc, 12.5, Basis.OWN),
        pictures=tuple(KeptPicture(kind, jpeg) for kind, jpeg in pictures),
        others=others,
    )


def _sent_record(kind: ItemKind, item_id: str, body: bytes) -> SentRecord:
    return SentRecord(kind, item_id, body, StorageReceipt(digest(body), START))


BOOKING = BookingRecord(
    package_id="unit-1:26-1042:1",
    case="26-1042",
    unit_id=UNIT,
    organisation="Modesto PD",
    booked_by="Ana Ruiz, badge 4711",
    booked_at=datetime.now(UTC),
    purpose="criminal_investigation",
    offence="vehicle_theft",
    medium="M-2026-0107",
    recipient=f"District Attorney {HOSTILE}",
    note="two\nlines",
)


def case_canvass(count: int) -> PackageCanvass:
    """A canvass of the reads of :func:`package_read`, of which every tenth fits a partial plate; it has ended."""
    fit = PartialFit("7AB*", FitKind.TEXT, "7ABC001", 0.97)
    found = (
        seen_read(
            number,
            read_id=f"read-{number}",
            camera_id=HOSTILE,
            position=Position(37.64 + number % 97 * 1e-4, -120.99 + number % 89 * 1e-4, 40.0, 0.9, "gnss"),
            fits=(fit,) if number % 10 == 1 else (),
        )
        for number in range(1, count + 1)
    )
    end = CanvassEnd(at(60), HoldPerson("ana", HOSTILE, "2f1c"), CanvassEnding.HAND)
    area = Area(37.6445, -120.9855, 500.0)
    return packed_canvass(*found, left_out=2, incident="26-1042", area=area, end=end)


def package_content(
    reads: Sequence[PackageRead] | Iterator[PackageRead], count: int, log: AccessLogPart
) -> PackageContent:
    """A case with some reads, a canvass and the accesses to it."""
    return PackageContent(
        booking=BOOKING,
        reads=reads,
        read_count=count,
        access=(log,),
        models=(PackageModel("detector@1", "d" * 64), PackageModel("reader@1", "")),
        generations=(ListGeneration("doj-svs", 3, START, START, 72),),
        canvasses=(case_canvass(count),),
    )


def department_authority(folder: Path) -> Authority:
    """A department's authority."""
    return Authority.load(initialise(folder, ["department.example"]))


def vouched_signer(authority: Authority | None, name: str = UNIT) -> PackageSigner:
    """A unit's signer, or that of another name, for whom the authority vouches; None: nobody does."""
    key = Ed25519PrivateKey.generate()
    voucher = None if authority is None else vouch_for_signer(authority, name, key.public_key())
    return PackageSigner(name, key, voucher)
