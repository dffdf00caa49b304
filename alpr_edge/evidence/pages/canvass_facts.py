"""What the pages show of a canvass and of its reads, as texts; templates escape all of them."""

from dataclasses import dataclass
from datetime import timedelta

from alpr_edge.domain.canvass.canvass import Canvass, CanvassEnding
from alpr_edge.domain.canvass.canvass_result import CanvassRead
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.restrictions import Area
from alpr_edge.evidence.canvass_tables import fit_words, phase_words, time_with_uncertainty
from alpr_edge.evidence.package_records import CanvassRecord
from alpr_edge.evidence.pages.page_facts import in_words, moment_text


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
