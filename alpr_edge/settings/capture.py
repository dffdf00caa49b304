"""[capture]: where frames of the cameras are not used."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, Strict, model_validator

from alpr_edge.domain.collection.areas import NoCollectionArea
from alpr_edge.domain.ground.areas import CORNERS_MAX, CORNERS_MIN, GroundPoint, GroundPolygon
from alpr_edge.domain.recognition.ignore_areas import is_simple
from alpr_edge.domain.restrictions import Area
from alpr_edge.settings.base import Name, Section

AREAS_MAX = 256
"""Each frame is compared with all of them: 256 of 32 corners take some milliseconds."""
_EXAMPLE = "[[37.6390, -120.9970], [37.6390, -120.9950], [37.6400, -120.9960]]"


def _check_place(place: list[float]) -> list[float]:
    if len(place) != 2 or not (abs(place[0]) <= 90 and abs(place[1]) <= 180):
        raise ValueError("a place is [latitude, longitude] in degrees, such as [37.6390, -120.9970]")
    return place


Place = Annotated[list[float], AfterValidator(_check_place)]


class AreaSettings(Section):
    """[[capture.no_collection_areas]]: an area on the ground in which nothing is collected; a circle or a polygon."""

    name: Name
    centre: Place | None = None
    radius_m: Annotated[float | None, Field(gt=0, le=50_000)] = None
    polygon: Annotated[list[Place] | None, Field(max_length=CORNERS_MAX)] = None

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        is_circle = self.centre is not None and self.radius_m is not None and self.polygon is None
        is_polygon = self.polygon is not None and self.centre is None and self.radius_m is None
        if not (is_circle or is_polygon):
            raise ValueError("an area is a circle (centre and radius_m) or a polygon, and not both")
        if self.polygon is not None and (len(self.polygon) < CORNERS_MIN or not is_simple(self._corners)):
            raise ValueError(f"a polygon has 3 to {CORNERS_MAX} corners in order around it, such as {_EXAMPLE}")
        return self

    @property
    def area(self) -> NoCollectionArea:
        """The area, as the domain's rules take it."""
        if self.centre is not None:
            return NoCollectionArea(self.name, Area(self.centre[0], self.centre[1], self.radius_m or 0.0))
        return NoCollectionArea(self.name, GroundPolygon(self._corners))

    @property
    def _corners(self) -> tuple[GroundPoint, ...]:
        return tuple((place[0], place[1]) for place in self.polygon or ())


def _own_names(areas: tuple[AreaSettings, ...]) -> tuple[AreaSettings, ...]:
    if len(areas) > AREAS_MAX:
        raise ValueError(f"expected at most {AREAS_MAX} [[capture.no_collection_areas]] tables, not {len(areas)}")
    names = [area.name for area in areas]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"name {twice[0]!r} is given to more than one area; what is counted is told by name")
    return areas


class CaptureSettings(Section):
    """[capture]: where frames of the cameras are not used."""

    position_unknown: Literal["collect", "drop"] = "collect"
    """What happens to frames while the position is not known and there are such areas."""
    no_collection_areas: Annotated[tuple[AreaSettings, ...], Strict(strict=False), AfterValidator(_own_names)] = ()

    @property
    def needs_position(self) -> bool:
        """Whether nothing is read while the position is unknown."""
        return self.position_unknown == "drop" and bool(self.no_collection_areas)
