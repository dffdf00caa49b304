"""Shows how the roster stands to those who manage people, on record: who was changed, and which unit has it."""

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.people.roster_holders import RosterStanding, RosterStandings


class RosterService:
    """Shows people how the roster stands, as far as they may; threads may share it."""

    def __init__(self, standings: RosterStandings) -> None:
        self._standings = standings

    def standing(self, authoriser: Authoriser) -> RosterStanding:
        """How the roster stands."""
        with authoriser.access(Operation.SHOW_PEOPLE, subject=AccessSubject(note="roster and its changes")) as access:
            standing = self._standings.standing()
            access.show(tuple(each.person_id for each in standing.changes if each.person_id))
            return standing
