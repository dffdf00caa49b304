"""Writes the folder of a canvass: its facts, its table as CSV and as pages of 200 reads, and its map."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from alpr_edge.domain.canvass.canvass_result import CanvassRead
from alpr_edge.domain.protocol.items import encode
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import BagWriter
from alpr_edge.evidence.canvass_map import canvass_map
from alpr_edge.evidence.canvass_tables import CsvTable
from alpr_edge.evidence.content import PackageCanvass
from alpr_edge.evidence.package_records import canvass_record
from alpr_edge.evidence.pages.canvass_facts import CanvassRow, canvass_facts, canvass_row
from alpr_edge.evidence.pages.page_templates import PackageTemplates, PageLink

CANDIDATES_SHOWN_MAX = 200
"""Most candidates on the first page of a canvass; the table marks them all."""
ReadPictures = Mapping[str, tuple[int, str]]
"""By the id of a read its number in the package and the name of its picture of the plate; empty: it has none."""


@dataclass(slots=True)
class CanvassWriter:
    """Writes one canvass.

    Args:
        number: its number in the package, from 1.
    """

    bag: BagWriter
    templates: PackageTemplates
    number: int
    unit_id: str
    pictures: ReadPictures

    def write(self, canvass: PackageCanvass) -> PageLink:
        """Write all of it; returns the link to its first page. Raises EvidenceError."""
        folder, drawn = layout.canvass_folder(self.number), canvass_map(canvass.canvass, canvass.held)
        record = canvass_record(canvass, self.unit_id)
        table, pages, candidates = CsvTable(), list[PageLink](), list[CanvassRow]()
        for rows in self._pages(canvass, table):
            pages.append(self._write_rows(folder, canvass, rows))
            candidates += [row for row in rows if row.fits][: CANDIDATES_SHOWN_MAX - len(candidates)]
        self.bag.add(f"{folder}/canvass.json", encode(record))
        self.bag.add(f"{folder}/reads.csv", table.content)
        self.bag.add(f"{folder}/map.svg", drawn.encode())
        shown = {"canvass": canvass.canvass, "record": record, "facts": canvass_facts(canvass.canvass, record)}
        page = self.templates.page("canvass", **shown, candidates=candidates, pages=pages, map=drawn)
        first = f"{folder}/canvass.html"
        self.bag.add(first, page)
        return PageLink(first, f"canvass {self.number}", f"table and map of {record.reads} reads")

    def _pages(self, canvass: PackageCanvass, table: CsvTable) -> Iterator[list[CanvassRow]]:
        """The rows of each page, which go into the CSV file as they come."""
        numbered = enumerate(canvass.reads, start=1)
        while batch := list(islice(numbered, layout.READS_A_PAGE)):
            for number, read in batch:
                table.add(number, read)
            yield [self._row(number, read) for number, read in batch]

    def _row(self, number: int, read: CanvassRead) -> CanvassRow:
        package_number, picture = self.pictures.get(read.read_id, (0, ""))
        if not package_number:
            return canvass_row(number, read, "", "")
        up = "../../"
        folder = layout.read_folder(package_number).removeprefix(layout.PAYLOAD)
        page = layout.page_path(package_number).removeprefix(layout.PAYLOAD)
        href = f"{up}{page}#{layout.read_anchor(package_number)}"
        return canvass_row(number, read, href, f"{up}{folder}/{picture}" if picture else "")

    def _write_rows(self, folder: str, canvass: PackageCanvass, rows: list[CanvassRow]) -> PageLink:
        first, last = rows[0].number, rows[-1].number
        name = _page_name(first)
        before = _page_name(first - 1) if first > 1 else ""
        after = _page_name(last + 1) if last < len(canvass.held) else ""
        shown = {"canvass": canvass.canvass, "rows": rows, "before": before, "after": after}
        self.bag.add(f"{folder}/{name}", self.templates.page("canvass_reads", **shown))
        return PageLink(name, f"reads {first} to {last}", f"{rows[0].time} to {rows[-1].time}")


def _page_name(number: int) -> str:
    """The page of a row, by the row's number from 1."""
    return f"reads-{layout.span_of(number)}.html"
