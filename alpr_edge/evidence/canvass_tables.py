"""The table of what a canvass found as CSV for a spreadsheet, and the words of its columns, which pages use as well."""

import csv
import io
from collections.abc import Iterator

from alpr_edge.domain.canvass.candidates import FitKind, PartialFit
from alpr_edge.domain.canvass.canvass import CanvassPhase
from alpr_edge.domain.canvass.canvass_result import CanvassRead
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.timeline import Placement

COLUMNS = (
    *("number", "first_seen_utc", "last_seen_utc", "uncertainty_ms", "time_is_sure", "when", "lat_deg", "lon_deg"),
    *("position_age_ms", "camera", "plate", "state", "confidence", "corrected_by_read", "fits", "crop_sha256"),
    *("scene_sha256", "read_id"),
)
"""Columns of the CSV file; times are UTC by RFC 3339, an empty cell is not known."""
_PHASES = {
    CanvassPhase.BEFORE: "before the start",
    CanvassPhase.DURING: "",
    CanvassPhase.UNKNOWN: "before or after the start: not known",
}
_FITS = {FitKind.TEXT: "as read", FitKind.ALTERNATIVE: "if read as {text}"}


class CsvTable:
    """The reads of a canvass as CSV (RFC 4180), which come one after the other.

    Plates hold letters and digits alone, and ids are the unit's own, so no cell begins a formula.
    """

    def __init__(self) -> None:
        self._file = io.StringIO(newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def add(self, number: int, read: CanvassRead) -> None:
        """Add a read by its number in the table, from 1."""
        self._writer.writerow(_cells(number, read))

    @property
    def content(self) -> bytes:
        """The file with the reads that were added."""
        return self._file.getvalue().encode()


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


def _moment(placement: Placement) -> str:
    return "" if placement.utc is None else rfc3339(placement.utc)


def _digest(read: CanvassRead, kind: EvidenceKind) -> str:
    return next((ref.sha256 for ref in read.evidence if ref.kind is kind), "")
