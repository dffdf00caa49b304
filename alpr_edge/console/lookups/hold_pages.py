"""The pages of holds: what is held and for which case, and the release of a hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.hold_form import place_hold
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import PageRoute, go
from alpr_edge.console.pages.correction_pages import WithFault
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import HoldError, SearchError
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor


@dataclass(slots=True, eq=False)
class _KeptHolds:
    """What somebody looks at holds for."""

    purpose: Purpose
    hold_ids: set[str] = field(default_factory=set, repr=False)
    """The holds that were shown, which may be released."""


class HoldPages:
    """The pages of holds."""

    def __init__(self, unit: ConsoleUnit, with_fault: WithFault) -> None:
        self._unit = unit
        self._with_fault = with_fault
        self._form = PurposeForm(unit, Operation.SHOW_HOLDS)
        self.steps: tuple[PageRoute, ...] = (
            ("/holds", "GET", self.show),
            ("/holds", "POST", self.begin),
            ("/holds/{holds_id}", "GET", self.show_list),
            ("/holds/{holds_id}/release", "POST", self.release),
            ("/hits/{hit_id}/hold", "POST", self.hold_hit),
        )
        """The routes."""

    def show(self, visitor: Visitor) -> Response:
        """The form that asks what the holds are looked at for."""
        self._unit.speed.require_slow(visitor)
        return self._purpose_page(visitor, {})

    def begin(self, visitor: Visitor) -> Response:
        """Lead to the holds."""
        self._unit.speed.require_slow(visitor)
        purpose = self._form.purpose(visitor.fields)
        self._form.require(visitor, purpose)  # nothing is kept for whoever may see them for no purpose at all
        if fault := self._form.fault(purpose):
            return self._purpose_page(visitor, visitor.fields, fault)
        return go(f"/holds/{self._unit.lookups.add(visitor, _KeptHolds(purpose))}")

    def show_list(self, visitor: Visitor) -> Response:
        """The holds that were not released."""
        return self._holds_page(visitor)

    def release(self, visitor: Visitor) -> Response:
        """Release a hold that was shown."""
        kept, hold_id = self._look_of(visitor), visitor.fields.get("hold_id", "")
        if hold_id not in kept.hold_ids:
            raise SearchError("there is no such hold here")
        try:
            reason = visitor.fields.get("reason", "")
            self._unit.holds.release(self._unit.authoriser(visitor), kept.purpose, hold_id, reason)
        except HoldError as error:
            return self._holds_page(visitor, str(error).removeprefix(f"{hold_id}: "))
        return go(f"/holds/{visitor.parameters['holds_id']}")

    def hold_hit(self, visitor: Visitor) -> Response:
        """Hold the read of a hit, for the purpose that the hit is looked at for."""
        self._unit.speed.require_slow(visitor)
        hit_id, authoriser = visitor.parameters["hit_id"], self._unit.authoriser(visitor)
        purpose, _ = self._unit.views.subject(authoriser, hit_id)
        try:
            place_hold(self._unit, visitor, purpose, HoldKind.HIT, [hit_id], ("", ""))
        except HoldError as error:
            return self._with_fault(visitor, hit_id, str(error))
        return go(f"/hits/{hit_id}")

    def _look_of(self, visitor: Visitor) -> _KeptHolds:
        self._unit.speed.require_slow(visitor)
        return self._unit.lookups.find(visitor, visitor.parameters["holds_id"], _KeptHolds)

    def _holds_page(self, visitor: Visitor, fault: str = "") -> Response:
        kept = self._look_of(visitor)
        found = self._unit.holds.list(self._unit.authoriser(visitor), kept.purpose)
        kept.hold_ids.update(hold.hold_id for hold in found)
        word, utc = visitor.parameters["holds_id"], self._unit.clock.now().trusted_utc
        shown = {"found": found[::-1], "word": word, "utc": utc, "fault": fault}
        return self._page("holds", visitor, 422 if fault else 200, **shown)

    def _purpose_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        choices = self._form.choices(visitor)
        return self._page("hold_purpose", visitor, 422 if fault else 200, fault=fault, fields=fields, choices=choices)

    def _page(self, name: str, visitor: Visitor, status: int = 200, **values: object) -> Response:
        return lookup_page(self._unit, visitor, "/holds", name, status, **values)
