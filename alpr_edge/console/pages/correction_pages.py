"""The form that says what a misread plate says, and the earlier reads of that plate."""

from collections.abc import Callable

from starlette.responses import Response

from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import DispositionError
from alpr_edge.services.hits.corrections import StatedPlate
from alpr_edge.web.visitor import Visitor

WithFault = Callable[[Visitor, str, str], Response]


class CorrectionPages:
    """The pages of corrections."""

    def __init__(self, unit: ConsoleUnit, with_fault: WithFault) -> None:
        self._unit = unit
        self._with_fault = with_fault
        self.steps: tuple[PageRoute, ...] = (
            ("/hits/{hit_id}/correction", "POST", self.correct),
            ("/hits/{hit_id}/earlier", "GET", self.earlier),
        )
        """The routes."""

    def correct(self, visitor: Visitor) -> Response:
        """Say that the read of a hit is misread, and what its plate says."""
        self._unit.speed.require_slow(visitor)
        hit_id, fields = visitor.parameters["hit_id"], visitor.fields
        stated = StatedPlate(fields.get("plate", ""), fields.get("state", ""))
        try:
            self._unit.corrections.ask(self._unit.authoriser(visitor), hit_id, stated)
        except DispositionError as error:
            return self._with_fault(visitor, hit_id, str(error))
        return go(f"/hits/{hit_id}")

    def earlier(self, visitor: Visitor) -> Response:
        """The other stored reads of what a misread plate says."""
        self._unit.speed.require_slow(visitor)
        hit_id = visitor.parameters["hit_id"]
        found = self._unit.corrections.earlier_reads(self._unit.authoriser(visitor), hit_id)
        return lookup_page(self._unit, visitor, "/", "earlier_reads", found=found, hit_id=hit_id)
