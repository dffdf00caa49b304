"""Makes a request, and what of it is approved, of the fields of the pages' forms (policy 462.7(a))."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from alpr_edge.department.page.page_parts import typed_text
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.plates import typed_plates
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseRequest, ScopePart
from alpr_edge.domain.releases.typed_scope import typed_moment, typed_scope

_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_request_form(fields: Mapping[str, str]) -> ReleaseRequest:
    """Make a request of the fields; whether it lacks anything is checked when it is entered."""
    return ReleaseRequest(
        agency=typed_text(fields, "agency"),
        kind=_choice(AgencyKind, fields, "kind", "choose what the agency is"),
        seat=_choice(AgencySeat, fields, "seat", "choose whose agency it is"),
        requester=typed_text(fields, "requester"),
        purpose=_choice(PurposeCode, fields, "for", "choose what the agency wants it for"),
        words=typed_text(fields, "words"),
        their_case=typed_text(fields, "their_case"),
        scope=typed_scope(
            typed_text(fields, "plates"),
            fields.get("begin", ""),
            fields.get("end", ""),
            typed_text(fields, "area"),
            _pictures(fields),
        ),
        letter_sha256="",
        declaration=typed_text(fields, "declaration"),
    )


def parse_part_form(fields: Mapping[str, str]) -> ScopePart:
    """Make of the fields what is approved; what is left empty is approved as it was asked for."""
    plates, begin, end = (typed_text(fields, name) for name in ("plates", "begin", "end"))
    return ScopePart(
        plates=typed_plates(plates) if plates else None,
        begin=typed_moment(begin) if begin else None,
        end=typed_moment(end, is_end=True) if end else None,
        area=typed_text(fields, "area") or None,
        pictures=_pictures(fields) if fields.get("pictures") else None,
    )


def _pictures(fields: Mapping[str, str]) -> ReleasePictures:
    return _choice(ReleasePictures, fields, "pictures", "choose which pictures")


def _choice(choices: type[_Choice], fields: Mapping[str, str], name: str, fault: str) -> _Choice:
    try:
        return choices(fields.get(name, ""))
    except ValueError:
        raise ReleaseError(fault) from None
