"""The forms that mute the unit for some minutes or keep an entry quiet, and end that."""

from starlette.responses import Response

from alpr_edge.console.page_parts import PageRoute, go, page_to_return_to
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import DispositionError
from alpr_edge.web.visitor import Visitor


class MutePages:
    """The steps of the mute."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self.steps: tuple[PageRoute, ...] = (
            ("/mute", "POST", self.begin),
            ("/mute/end", "POST", self.end),
            ("/hits/{hit_id}/quiet", "POST", self.begin_quiet),
            ("/hits/{hit_id}/quiet/end", "POST", self.end_quiet),
        )
        """The routes."""

    def begin(self, visitor: Visitor) -> Response:
        """Ask for a mute."""
        minutes = visitor.fields.get("minutes", "")
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 4):
            raise DispositionError("this page is out of date; go back and try again")
        self._unit.mutes.begin(self._unit.authoriser(visitor), int(minutes))
        return go(page_to_return_to(visitor))

    def end(self, visitor: Visitor) -> Response:
        """Ask for its end."""
        self._unit.mutes.end(self._unit.authoriser(visitor))
        return go(page_to_return_to(visitor))

    def begin_quiet(self, visitor: Visitor) -> Response:
        """Ask for the entry of a hit to be quiet."""
        self._unit.speed.require_slow(visitor)
        hit_id = visitor.parameters["hit_id"]
        self._unit.quiets.begin(self._unit.authoriser(visitor), hit_id)
        return go(f"/hits/{hit_id}")

    def end_quiet(self, visitor: Visitor) -> Response:
        """Ask for the entry of a hit to sound again."""
        self._unit.speed.require_slow(visitor)
        hit_id = visitor.parameters["hit_id"]
        self._unit.quiets.end(self._unit.authoriser(visitor), hit_id)
        return go(f"/hits/{hit_id}")
