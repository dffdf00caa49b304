"""The pages of the register of incidents, with their notices (policy 462.6, Civil Code 1798.29)."""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.audits.audit_pages import number_of
from alpr_edge.department.page.page_parts import PageRoute, Step, go, page_words, typed_text
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.audits.incident import IncidentFacts, IncidentKind, typed_moment
from alpr_edge.domain.errors import AuditError, SearchError
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.web.visitor import Visitor


def parse_incident_form(fields: Mapping[str, str]) -> IncidentFacts:
    """Make facts of the fields; what is left empty is not known, or nothing new. Notices stand a line each."""
    return IncidentFacts(
        text=typed_text(fields, "what"),
        kind=_kind(fields.get("kind", "")),
        happened=typed_moment(fields.get("happened", "")),
        known=typed_moment(fields.get("known", "")),
        told_by=typed_text(fields, "told_by"),
        people=_count(fields.get("people", "")),
        reads=_count(fields.get("reads", "")),
        notices=tuple(line.strip() for line in typed_text(fields, "notices").split("\n") if line.strip()),
    )


def _kind(text: str) -> IncidentKind | None:
    if not text:
        return None
    try:
        return IncidentKind(text)
    except ValueError:
        raise AuditError("choose what kind of incident it is") from None


def _count(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError:
        raise AuditError("a number of people or reads is a number") from None


PATH = "/incidents"
KINDS = {
    IncidentKind.BREACH: "a breach: data may have come to somebody who may not have it",
    IncidentKind.MISUSE: "misuse: somebody looked for another reason than they may",
    IncidentKind.LOSS: "a loss: a computer, a medium or a key is missing, or data was lost",
    IncidentKind.OTHER: "other",
}


class IncidentPages:
    """The pages of incidents."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        register = site.office.incidents
        self.steps: tuple[PageRoute, ...] = (
            (PATH, "GET", self.list),
            ("/incidents/new", "GET", self.ask),
            ("/incidents/new", "POST", self.enter),
            ("/incidents/{number}", "GET", self.show),
            ("/incidents/{number}/follow-up", "POST", self._step("follow-up", register.follow_up)),
            ("/incidents/{number}/close", "POST", self._step("close", register.close)),
        )

    def list(self, visitor: Visitor) -> Response:
        """Every incident, the newest first, the open ones marked."""
        found = self._site.office.incidents.list(self._site.authoriser(visitor), self._purpose(visitor))
        return self._site.page("incidents/list", visitor, incidents=found[::-1], kinds=KINDS)

    def ask(self, visitor: Visitor) -> Response:
        """The form of an incident."""
        self._site.require(visitor, Operation.RECORD_INCIDENT)
        return self._form(visitor)

    def enter(self, visitor: Visitor) -> Response:
        """Put an incident on file, and lead to it."""
        self._site.require(visitor, Operation.RECORD_INCIDENT)
        try:
            facts = parse_incident_form(visitor.fields)
            incident = self._site.office.incidents.enter(self._site.authoriser(visitor), self._purpose(visitor), facts)
        except AuditError as error:
            return self._form(visitor, page_words(error))
        return go(f"{PATH}/{incident.number}")

    def show(self, visitor: Visitor, fault: str = "", at: str = "") -> Response:
        """One incident, step by step, and the forms of what is added.

        Args:
            fault: what is wrong with the form that was sent; empty: nothing.
        """
        number = number_of(visitor.parameters["number"])
        try:
            incident = self._site.office.incidents.show(self._site.authoriser(visitor), self._purpose(visitor), number)
        except AuditError as error:
            raise SearchError(page_words(error)) from None
        typed = {name: visitor.fields if name == at else {} for name in ("follow-up", "close")}
        values = {"incident": incident, "facts": incident.facts, "kinds": KINDS, "typed": typed}
        return self._site.page("incidents/incident", visitor, 422 if fault else 200, fault=fault, **values)

    def _step(self, name: str, do: Callable[..., object]) -> Step:
        def answer(visitor: Visitor) -> Response:
            number, purpose = number_of(visitor.parameters["number"]), self._purpose(visitor)
            try:
                facts: IncidentFacts = parse_incident_form(visitor.fields)
                do(self._site.authoriser(visitor), purpose, number, facts)
            except AuditError as error:
                return self.show(visitor, page_words(error), name)
            return go(f"{PATH}/{number}")

        return answer

    def _purpose(self, visitor: Visitor) -> Purpose:
        return self._site.purpose_of(visitor, Operation.SHOW_INCIDENTS, PurposeCode.AUDIT)

    def _form(self, visitor: Visitor, fault: str = "") -> Response:
        fields = visitor.fields if fault else {}
        return self._site.page("incidents/new", visitor, 422 if fault else 200, kinds=KINDS, fields=fields, fault=fault)
