"""A search that somebody made at the page, for as long as they look at it, and the form's fields that ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alpr_edge.department.inquiries.canvass_areas import CanvassArea
from alpr_edge.department.page.search_form import BETWEEN, LAST
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.department.search.pages import FoundRead, ReadKey
from alpr_edge.domain.ground.areas import GroundArea
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.restrictions import Area


@dataclass(slots=True, eq=False)
class AskedSearch:
    """A search that somebody made, for as long as they look at it."""

    purpose: Purpose
    search: DepartmentSearch = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    """The fields of the form that ask for it."""
    places: dict[int, ReadKey | None] = field(default_factory=lambda: {1: None}, repr=False)
    """Where each page begins, by its number."""
    found: dict[int, tuple[FoundRead, ...]] = field(default_factory=dict, repr=False)
    """The reads of each page that was shown."""
    canvasses: tuple[CanvassArea, ...] | None = None
    """Those of its case; None: they were not looked for yet."""

    @property
    def last_days(self) -> int | None:
        """The days up to now that were chosen; None: another time, or none."""
        last = LAST.get(self.fields.get("time", ""))
        return None if last is None else last.days


def fields_of(purpose: Purpose, search: DepartmentSearch, last_days: int | None) -> dict[str, str]:
    """The fields of the form that ask for a search.

    Args:
        last_days: the days up to now that it is always of; None: its own period.
    """
    chosen = next((name for name, last in LAST.items() if last.days == last_days), BETWEEN if search.period else "")
    period = search.period if chosen == BETWEEN else None
    moments = {} if period is None else {"begin": period.begin, "end": period.end}
    times = {name: f"{moment.astimezone():%Y-%m-%dT%H:%M}" for name, moment in moments.items()}
    texts = {
        "purpose": purpose.code,
        "offence": purpose.offence,
        "case": purpose.case,
        "plate": ", ".join(search.plates),
        "unit": search.unit_id,
        "camera": search.camera_id,
        "state": search.state,
        "time": chosen,
    }
    return {name: text for name, text in texts.items() if text} | times | _place_fields(search.area)


def _place_fields(area: GroundArea | None) -> dict[str, str]:
    if area is None:
        return {}
    if isinstance(area, Area):
        return {"at": f"{area.lat_deg}, {area.lon_deg}", "radius": f"{area.radius_m:g}"}
    return {"corners": str(area)}
