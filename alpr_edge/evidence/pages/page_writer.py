"""Writes the pages of a package as its reads come: one file for 200 reads, and the start page at the end."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, islice

from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnding
from alpr_edge.domain.canvass.canvass_result import CanvassRead
from alpr_edge.domain.ground.areas import GroundArea, outline
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.items import encode
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.restrictions import Area
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import BagWriter
from alpr_edge.evidence.canvass_map import canvass_map
from alpr_edge.evidence.canvass_tables import CsvTable, fit_words, phase_words, time_with_uncertainty
from alpr_edge.evidence.content import AccessProof, PackageCanvass, PackageContent, PackageRead
from alpr_edge.evidence.map_projection import MapProjection, length_words, round_length
from alpr_edge.evidence.package_records import CanvassRecord, PackagePayload, ProvenancePayload, canvass_record
from alpr_edge.evidence.pages.page_facts import ReadFacts, access_row, in_words, moment_text, read_facts
from alpr_edge.evidence.pages.page_templates import PackageTemplates, PageLink
from alpr_edge.evidence.release_records import ReleaseRecord
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.evidence.vouchers import fingerprint_of

WIDTH, HEIGHT, MARGIN = 900, 560, 30
POINTS_MAX = 4000
"""Most points drawn. Reads closer together than a pixel or two are one point with their number."""
_CELL_PX = 4.0


@dataclass(frozen=True, slots=True)
class MapPoint:
    """Reads at one place of the drawing."""

    x: float
    y: float
    radius: float
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """What the template draws."""

    width: int
    height: int
    areas: tuple[str, ...]
    """The corners of each area as SVG has them."""
    points: tuple[MapPoint, ...]
    bar_px: float
    """How long the bar of length is; likewise the next."""
    bar_words: str
    left_out: int
    """Places that are not drawn because there are too many."""


@dataclass(slots=True)
class _Place:
    number: int
    time: str
    count: int = 1


@dataclass(slots=True)
class MapOutline:
    """Collects the places of reads."""

    areas: tuple[GroundArea, ...]
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict)
    """By hundred-thousandths of a degree, about a metre."""

    def add(self, read: ReadFacts) -> None:
        """Take a read; one without a place is left out."""
        position = read.record.position
        if position is None:
            return
        key = (round(position.lat_deg * 1e5), round(position.lon_deg * 1e5))
        if key in self._places:
            self._places[key].count += 1
        else:
            self._places[key] = _Place(read.number, read.first_seen.text)

    def drawing(self) -> MapDrawing | None:
        """The drawing; None where there is neither a place nor an area."""
        outlines = [outline(area) for area in self.areas]
        places = [(lat / 1e5, lon / 1e5) for lat, lon in self._places]
        projection = MapProjection.around([*chain.from_iterable(outlines), *places], WIDTH, HEIGHT, MARGIN)
        if projection is None:
            return None
        cells: dict[tuple[int, int], _Place] = {}
        for point, place in zip(places, self._places.values(), strict=True):
            x, y = projection.to_px(point)
            cell = cells.setdefault((round(x / _CELL_PX), round(y / _CELL_PX)), _Place(place.number, place.time, 0))
            cell.count += place.count
        points = [_map_point(x, y, place) for (x, y), place in list(cells.items())[:POINTS_MAX]]
        areas = tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in map(projection.to_px, each)) for each in outlines)
        bar_m, left_out = round_length(WIDTH / 4 / projection.px_per_m), max(0, len(cells) - POINTS_MAX)
        bar_px = bar_m * projection.px_per_m
        return MapDrawing(WIDTH, HEIGHT, areas, tuple(points), bar_px, length_words(bar_m), left_out)


def _map_point(x: int, y: int, place: _Place) -> MapPoint:
    radius = min(12.0, 3.0 + math.log2(place.count))
    more = f", and {place.count - 1} more here" if place.count > 1 else ""
    href = f"{layout.page_path(place.number)}#{layout.read_anchor(place.number)}"
    return MapPoint(x * _CELL_PX, y * _CELL_PX, radius, href, f"read {place.number}, {place.time}{more}")


@dataclass(frozen=True, slots=True)
class CanvassRow:
    """A read in the table of a canvass."""

    number: int
    href: str
    """Link to all that the package holds of it; empty: it is not in it."""
    picture: str
    """Link to the picture of its plate; empty: there is none."""
    time: str
    place: str
    camera: str
    plate: str
    state: str
    fits: tuple[str, ...]
    """The partial plates that it fits, and how."""


def canvass_row(number: int, read: CanvassRead, href: str, picture: str) -> CanvassRow:
    """The row of a read.

    Args:
        href: link to it in the package; empty: none.
    """
    place = read.position
    times = time_with_uncertainty(read.last_seen), phase_words(read.phase)
    plate = read.text, "" if read.is_certain else "not sure", "corrected later" if read.corrected_by_read else ""
    return CanvassRow(
        number=number,
        href=href,
        picture=picture,
        time=", ".join(filter(None, times)),
        place="place unknown" if place is None else f"{place.lat_deg:.5f}, {place.lon_deg:.5f}",
        camera=read.camera_id,
        plate=", ".join(filter(None, plate)),
        state=read.state or "not read",
        fits=tuple(map(fit_words, read.fits)),
    )


def canvass_facts(canvass: Canvass, record: CanvassRecord) -> list[tuple[str, str]]:
    """Name and value of what is to be known of a canvass; what does not apply is left out."""
    facts = [
        ("canvass", canvass.canvass_id),
        ("incident", canvass.incident),
        ("offence", in_words(canvass.offence)),
        ("started", f"{_instant_words(canvass.started)}, by {canvass.by.person}"),
        ("ended", _end_words(canvass)),
        ("area", _area_words(canvass)),
        ("before the start", f"the {_hours(canvass.before)} before it as well" if canvass.before else "nothing"),
        ("plates and parts of plates that witnesses remember", ", ".join(canvass.partials)),
        ("reads", str(record.reads)),
        ("reads that fit one of them", str(record.candidates) if canvass.partials else ""),
        ("without a place, kept all the same", str(record.unplaced or "")),
        ("of an unknown time", str(record.untimed or "")),
        ("held for it as well, and not in this table", str(record.left_out or "")),
    ]
    return [fact for fact in facts if fact[1]]


def _instant_words(instant: Instant) -> str:
    return moment_text(instant.utc) + ("" if instant.trusted else " (clock not confirmed)")


def _end_words(canvass: Canvass) -> str:
    if canvass.end is None:
        return f"it still ran when this package was made, for {_hours(canvass.lasts)} if nobody ends it"
    how = "its time was over" if canvass.end.how is CanvassEnding.TIME else f"by {canvass.end.by.person}"
    return f"{_instant_words(canvass.end.at)}, {how}"


def _area_words(canvass: Canvass) -> str:
    area = canvass.area
    if area is None:
        return "everywhere"
    if isinstance(area, Area):
        return f"{area.radius_m:g} m around {area.lat_deg:.5f}, {area.lon_deg:.5f}"
    return "between " + "; ".join(f"{lat_deg:.5f}, {lon_deg:.5f}" for lat_deg, lon_deg in area.corners)


def _hours(duration: timedelta) -> str:
    return f"{duration / timedelta(hours=1):g} hours"


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
