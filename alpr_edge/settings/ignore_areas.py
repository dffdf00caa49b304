"""The value of ``ignore_areas``: polygons of a camera's picture, checked corner by corner."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from alpr_edge.domain.recognition.ignore_areas import Corner, Polygon, is_simple

AREAS_MAX = 16
CORNERS_MAX = 32
"""Each plate of each frame is compared with every edge, so there are not arbitrarily many."""
_EXAMPLE = "[[0.0, 0.9], [0.4, 0.9], [0.4, 1.0], [0.0, 1.0]]"


def _areas(value: Any) -> tuple[Polygon, ...]:  # noqa: ANN401 - whatever TOML holds
    """The areas of the key, or a ValueError that says which of them is wrong, and how."""
    if not isinstance(value, list | tuple):
        # pydantic makes a fault of a ValueError alone.
        raise ValueError(f"expected a list of areas, each a list of corners such as {_EXAMPLE}")  # noqa: TRY004
    if len(value) > AREAS_MAX:
        raise ValueError(f"expected at most {AREAS_MAX} areas, not {len(value)}")
    return tuple(_area(number, area) for number, area in enumerate(value, 1))


def _area(number: int, value: Any) -> Polygon:  # noqa: ANN401 - as above
    if not isinstance(value, list | tuple) or not all(map(_is_corner, value)):
        raise ValueError(f"area {number}: expected corners as [x, y], each from 0 to 1, such as {_EXAMPLE}")
    if not 3 <= len(value) <= CORNERS_MAX:
        raise ValueError(f"area {number}: expected 3 to {CORNERS_MAX} corners, not {len(value)}")
    area = tuple(_corner(corner) for corner in value)
    if not is_simple(area):
        raise ValueError(f"area {number}: its edges cross or lie on each other; list the corners in order around it")
    return area


def _is_corner(value: Any) -> bool:  # noqa: ANN401 - as above
    """Whether a value is two fractions."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return all(isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1 for part in value)


def _corner(value: Any) -> Corner:  # noqa: ANN401 - as above
    return float(value[0]), float(value[1])


IgnoreAreas = Annotated[tuple[Polygon, ...], BeforeValidator(_areas)]
"""Areas in which no plate is looked for."""
