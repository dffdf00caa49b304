"""The form that holds reads for a case, wherever a page offers it, and what is said of holds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import Hold, HoldKind, parse_hold_end
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.holds.unit_holds import HoldRequest
from alpr_edge.web.visitor import Visitor


def place_hold(
    unit: ConsoleUnit, visitor: Visitor, purpose: Purpose, kind: HoldKind, ids: Sequence[str], about: tuple[str, str]
) -> Hold:
    """Hold what a page shows, for the case, reason and end of its form.

    Args:
        about: the plate that was searched for, and what else was asked for; both may be empty.
    """
    fields = visitor.fields
    case_number, until = fields.get("case", "").strip(), parse_hold_end(fields.get("until"))
    formats = unit.policy.profile.case_formats
    if not formats.fit(case_number):  # as a part of the purpose it would be refused, and the form lost
        raise HoldError(f"a case number looks like {' or '.join(formats.formats)}")
    query, note = about
    request = HoldRequest(kind, tuple(ids), case_number, fields.get("reason", ""), until, note=note, query=query)
    return unit.holds.place(unit.authoriser(visitor), replace(purpose, case=case_number), request)


def held_words(hold: Hold) -> str:
    """What is said once reads are held."""
    count = hold.read_count
    return f"{count} {'read is' if count == 1 else 'reads are'} held for case {hold.terms.case_number}"


def hold_values(unit: ConsoleUnit, read_ids: Sequence[str]) -> dict[str, Any]:
    """What a template of shown reads tells of their holds, and offers to choose from."""
    return {
        "holds": unit.holds.on_reads(read_ids),
        "case_formats": " or ".join(unit.policy.profile.case_formats.formats),
    }
