"""The table of what a canvass found: as CSV for a spreadsheet, and as rows of HTML for pages that are read offline."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from html import escape

from alpr_edge.domain.canvass.candidates import FitKind, PartialFit
from alpr_edge.domain.canvass.canvass import CanvassPhase
from alpr_edge.domain.canvass.canvass_result import CanvassRead, CanvassResult
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.timeline import Placement

COLUMNS = (
    *("number", "first_seen_utc", "last_seen_utc", "uncertainty_ms", "time_is_sure", "when", "lat_deg", "lon_deg"),
    *("position_age_ms", "camera", "plate", "state", "confidence", "corrected_by_read", "fits", "crop_sha256"),
    *("scene_sha256", "read_id"),
)
"""Columns of the CSV file; times are UTC by RFC 3339, an empty cell is not known."""
_HEADS = ("No.", "Time", "Place", "Camera", "Plate", "State", "Picture", "Fits")
_PHASES = {
    CanvassPhase.BEFORE: "before the start",
    CanvassPhase.DURING: "",
    CanvassPhase.UNKNOWN: "before or after the start: not known",
}
_FITS = {FitKind.TEXT: "as read", FitKind.ALTERNATIVE: "if read as {text}"}

PictureLink = Callable[[str], str]
"""Gives the address of a picture by its digest; empty: it is not there."""


def reads_csv(result: CanvassResult) -> bytes:
    """The reads as CSV (RFC 4180), by time; plates hold letters and digits alone, so no cell begins a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(number, read) for number, read in enumerate(result.reads, 1))
    return file.getvalue().encode()


def reads_html(reads: Sequence[CanvassRead], picture: PictureLink, first_number: int = 1) -> bytes:
    """A table of reads as a fragment of HTML: no script, no style, everything escaped.

    Args:
        reads: some or all of the reads.
        picture: gives the address of a picture.
        first_number: the number of the first of them.
    """
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "".join(f"<tr>{_row(number, read, picture)}</tr>" for number, read in enumerate(reads, first_number))
    return f'<table class="canvass"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>\n'.encode()


def time_with_uncertainty(placement: Placement) -> str:
    """A time with how far it may be off, in UTC."""
    if placement.utc is None:
        return "time unknown"
    off = placement.uncertainty_ms
    words = "uncertainty unknown" if off is None else f"± {off / 1000:.2g} s" if off >= 100 else f"± {off:.0f} ms"
    return f"{rfc3339(placement.utc)} {words}{'' if placement.sure else ' (clock not confirmed)'}"


def fit_words(fit: PartialFit) -> str:
    """How a read fits a partial plate."""
    return f"{fit.partial} {_FITS[fit.kind].format(text=fit.text)} ({100 * fit.confidence:.0f} %)"


def phase_words(phase: CanvassPhase) -> str:
    """When a read was seen against the start; empty: while the canvass ran."""
    return _PHASES[phase]


def _cells(number: int, read: CanvassRead) -> Iterator[object]:
    place, seen = read.position, read.last_seen
    yield number
    yield _moment(read.first_seen)
    yield _moment(seen)
    yield "" if seen.uncertainty_ms is None else f"{seen.uncertainty_ms:.1f}"
    yield "yes" if seen.sure else "no"
    yield read.phase.value
    yield from ("", "", "") if place is None else (place.lat_deg, place.lon_deg, f"{place.age_ms:.0f}")
    yield from (read.camera_id, read.text, read.state or "", f"{read.confidence:.3f}", read.corrected_by_read or "")
    yield "; ".join(map(fit_words, read.fits))
    yield from (_digest(read, EvidenceKind.CROP), _digest(read, EvidenceKind.SCENE), read.read_id)


def _row(number: int, read: CanvassRead, picture: PictureLink) -> str:
    place = "place unknown" if read.position is None else f"{read.position.lat_deg:.5f}, {read.position.lon_deg:.5f}"
    times = [time_with_uncertainty(read.last_seen), phase_words(read.phase)]
    plate = [read.text, "" if read.is_certain else "not sure", "corrected later" if read.corrected_by_read else ""]
    cells = [
        escape(", ".join(filter(None, times))),
        escape(place),
        escape(read.camera_id),
        escape(", ".join(filter(None, plate))),
        escape(read.state or "not read"),
        _picture(read, picture),
        "<br/>".join(escape(fit_words(fit)) for fit in read.fits),
    ]
    return f'<th scope="row">{number}</th>' + "".join(f"<td>{cell}</td>" for cell in cells)


def _picture(read: CanvassRead, picture: PictureLink) -> str:
    address = picture(_digest(read, EvidenceKind.CROP))
    return f'<img src="{escape(address)}" alt="The plate as it was read" loading="lazy"/>' if address else "none"


def _moment(placement: Placement) -> str:
    return "" if placement.utc is None else rfc3339(placement.utc)


def _digest(read: CanvassRead, kind: EvidenceKind) -> str:
    return next((ref.sha256 for ref in read.evidence if ref.kind is kind), "")
