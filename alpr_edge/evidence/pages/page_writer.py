"""Writes the pages of a package as its reads come: one file for 200 reads, and the start page at the end."""

from dataclasses import dataclass, field

from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import BagWriter
from alpr_edge.evidence.content import AccessProof, PackageCanvass, PackageContent, PackageRead
from alpr_edge.evidence.package_records import PackagePayload, ProvenancePayload
from alpr_edge.evidence.pages.canvass_writer import CanvassWriter
from alpr_edge.evidence.pages.map_outline import MapOutline
from alpr_edge.evidence.pages.page_facts import ReadFacts, access_row, read_facts
from alpr_edge.evidence.pages.page_templates import PackageTemplates, PageLink
from alpr_edge.evidence.release_records import ReleaseRecord
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.evidence.vouchers import fingerprint_of

RECORDS_A_PAGE = 500


@dataclass(slots=True)
class PageWriter:
    """Writes the pages of one package."""

    bag: BagWriter
    content: PackageContent
    _reads: list[ReadFacts] = field(default_factory=list)
    _links: list[PageLink] = field(default_factory=list)
    _accesses: list[tuple[int, AccessProof]] = field(default_factory=list)
    _access_links: list[PageLink] = field(default_factory=list)
    _canvass_links: list[PageLink] = field(default_factory=list)
    _crops: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Number and picture of the plate of each read, where a canvass shows them; empty: it has no picture."""
    _templates: PackageTemplates = field(default_factory=PackageTemplates)
    _map: MapOutline = field(init=False)

    def __post_init__(self) -> None:
        """Draw the areas of the canvasses under the places."""
        areas = [each.canvass.area for each in self.content.canvasses]
        self._map = MapOutline(tuple(area for area in areas if area is not None))

    def add_read(self, number: int, read: PackageRead, provenance: ProvenancePayload) -> None:
        """Take a read; a page that it does not fit on any more is written. Raises EvidenceError."""
        if self._reads and layout.span_of(number) != layout.span_of(self._reads[0].number):
            self._write_reads(is_last=False)
        folder = f"../{layout.read_folder(number).removeprefix(layout.PAYLOAD)}"
        facts = read_facts(number, read, provenance, folder)
        self._reads.append(facts)
        self._map.add(facts)
        if self.content.canvasses:
            crops = (each.file for each in provenance.pictures if each.kind == EvidenceKind.CROP.value)
            self._crops[read.read_id] = number, next(crops, "")

    def add_canvass(self, number: int, canvass: PackageCanvass) -> None:
        """Write the folder of a canvass, by its number, once all reads are there. Raises EvidenceError."""
        writer = CanvassWriter(self.bag, self._templates, number, self.content.booking.unit_id, self._crops)
        self._canvass_links.append(writer.write(canvass))

    def add_access_record(self, log: int, record: AccessProof) -> None:
        """Take a record of an access log, by the log's number. Raises EvidenceError."""
        if len(self._accesses) == RECORDS_A_PAGE:
            self._write_accesses()
        self._accesses.append((log, record))

    def finish(self, package: PackagePayload, signer: PackageSigner, release: ReleaseRecord | None = None) -> None:
        """Write what is left, and the start page. Raises EvidenceError."""
        if self._reads:
            self._write_reads(is_last=True)
        if self._accesses:
            self._write_accesses()
        voucher = signer.voucher
        authority = "" if voucher is None else fingerprint_of(voucher.authority)
        self._write(
            layout.INDEX,
            "index",
            package=package,
            release=release,
            signer=signer,
            authority=authority,
            pages=self._links,
            access_pages=self._access_links,
            accesses=layout.ACCESSES if self.content.accesses else "",
            canvasses=self._canvass_links,
            map=self._map.drawing(),
        )

    def _write_reads(self, *, is_last: bool) -> None:
        first, last = self._reads[0], self._reads[-1]
        page = layout.page_path(first.number)
        self._write(
            page,
            "reads",
            package_id=self.content.booking.package_id,
            case=self.content.booking.case,
            reads=self._reads,
            before=_name(layout.page_path(first.number - 1)) if first.number > 1 else "",
            after="" if is_last else _name(layout.page_path(last.number + 1)),
        )
        span = f"{first.first_seen.text} to {last.last_seen.text}"
        self._links.append(PageLink(page, f"reads {first.number} to {last.number}", span))
        self._reads.clear()

    def _write_accesses(self) -> None:
        page = f"{layout.PAYLOAD}pages/access-{len(self._access_links) + 1:03}.html"
        rows = [(log, each.sequence, _access(each)) for log, each in self._accesses]
        self._write(page, "access", case=self.content.booking.case, rows=rows)
        first, last = self._accesses[0][1].sequence, self._accesses[-1][1].sequence
        self._access_links.append(PageLink(page, f"accesses {first} to {last}", f"{len(rows)} records"))
        self._accesses.clear()

    def _write(self, path: str, template: str, **values: object) -> None:
        self.bag.add(path, self._templates.page(template, **values))


def _access(record: AccessProof) -> tuple[str, ...]:
    return access_row(parse_record(record.body))


def _name(path: str) -> str:
    return path.rpartition("/")[2]
