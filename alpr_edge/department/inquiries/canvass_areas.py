"""Shows the areas of the canvasses of a case, as cars delivered them, beside what a search for that case finds.

No plate and no partial plate of a canvass is in it (policy 462.4(c), 462.6(a)).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.canvass_schema import canvass_ends, canvasses
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.domain.ground.areas import GroundArea, parse_ground_area
from alpr_edge.domain.instants import moment_in
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode

CANVASSES_MAX = 100


@dataclass(frozen=True, slots=True)
class CanvassArea:
    """Where a canvass is, or was."""

    canvass_id: str
    unit_id: str
    area: GroundArea | None
    """None: everywhere."""
    started: datetime | None
    """As the unit believed; None when its clock was unset, or what it said is no time."""
    is_over: bool
    """Whether its unit said that it ended."""


class CanvassAreas:
    """The areas of canvasses; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def of_case(self, authoriser: Authoriser, purpose: Purpose) -> tuple[CanvassArea, ...]:
        """The canvasses of the case that a purpose names; none where it is another purpose, or for other roles."""
        is_canvass = purpose.code == PurposeCode.CRIME_SCENE_CANVASS and purpose.case
        if not is_canvass or not authoriser.decide(Operation.SHOW_CANVASSES, None).is_allowed:
            return ()
        with authoriser.access(Operation.SHOW_CANVASSES, purpose) as access:
            found = self._find(purpose.case or "")
            access.show(tuple(each.canvass_id for each in found))
            return found

    def _find(self, incident: str) -> tuple[CanvassArea, ...]:
        same = (canvass_ends.c.canvass_id == canvasses.c.canvass_id) & (canvass_ends.c.unit_id == canvasses.c.unit_id)
        columns = canvasses.c.canvass_id, canvasses.c.unit_id, canvasses.c.area, canvasses.c.started
        query = select(*columns, canvass_ends.c.how).select_from(canvasses.outerjoin(canvass_ends, same))
        query = query.where(canvasses.c.incident == incident).order_by(canvasses.c.canvass_id).limit(CANVASSES_MAX)
        with self._database.reading() as connection:
            return tuple(
                CanvassArea(
                    row.canvass_id,
                    row.unit_id,
                    None if row.area is None else parse_ground_area(row.area),
                    moment_in(row.started),
                    is_over=row.how is not None,
                )
                for row in connection.execute(query)
            )
