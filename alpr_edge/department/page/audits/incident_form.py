"""Makes what is known of an incident of the fields of the pages' forms."""

from collections.abc import Mapping

from alpr_edge.department.page.page_parts import typed_text
from alpr_edge.domain.audits.incident import IncidentFacts, IncidentKind, typed_moment
from alpr_edge.domain.errors import AuditError


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
