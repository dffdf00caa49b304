"""Writes the pages of a package as its reads come: one file for 200 reads, and the start page at the end."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import BagWriter
from alpr_edge.evidence.content import AccessProof, PackageContent, PackageRead
from alpr_edge.evidence.package_records import PackagePayload, ProvenancePayload
from alpr_edge.evidence.pages.map_outline import MapOutline
from alpr_edge.evidence.pages.page_facts import ReadFacts, access_row, in_words, moment_text, read_facts
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.evidence.vouchers import fingerprint_of

RECORDS_A_PAGE = 500


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page, as the start page lists it."""

    href: str
    label: str
    detail: str


@dataclass(slots=True)
class PageWriter:
    """Writes the pages of one package.

    Args:
        bag: where they go.
        content: what the package holds.
    """

    bag: BagWriter
    content: PackageContent
    _reads: list[ReadFacts] = field(default_factory=list)
    _links: list[PageLink] = field(default_factory=list)
    _accesses: list[tuple[int, AccessProof]] = field(default_factory=list)
    _access_links: list[PageLink] = field(default_factory=list)
    _map: MapOutline = field(init=False)
    _environment: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Load the templates."""
        self._map = MapOutline(self.content.area)
        self._environment = Environment(
            autoescape=True,
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["words"] = in_words
        self._environment.filters["moment"] = moment_text

    def add_read(self, number: int, read: PackageRead, provenance: ProvenancePayload) -> None:
        """Take a read; a page that it does not fit on any more is written. Raises EvidenceError."""
        if self._reads and layout.span_of(number) != layout.span_of(self._reads[0].number):
            self._write_reads(is_last=False)
        folder = f"../{layout.read_folder(number).removeprefix(layout.PAYLOAD)}"
        facts = read_facts(number, read, provenance, folder)
        self._reads.append(facts)
        self._map.add(facts)

    def add_access_record(self, log: int, record: AccessProof) -> None:
        """Take a record of an access log, by the log's number. Raises EvidenceError."""
        if len(self._accesses) == RECORDS_A_PAGE:
            self._write_accesses()
        self._accesses.append((log, record))

    def finish(self, package: PackagePayload, signer: PackageSigner) -> None:
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
            signer=signer,
            authority=authority,
            pages=self._links,
            access_pages=self._access_links,
            documents=self.content.documents,
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

    def _write(self, path: str, template: str, **values: Any) -> None:  # noqa: ANN401 - whatever is shown
        text = self._environment.get_template(f"{template}.html.jinja").render(values)
        self.bag.add(path, text.encode())


def _access(record: AccessProof) -> tuple[str, ...]:
    return access_row(parse_record(record.body))


def _name(path: str) -> str:
    return path.rpartition("/")[2]
