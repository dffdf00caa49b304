"""A written request for data: who asks, what for, and for which data (policy 462.7(a))."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.ground.areas import parse_ground_area
from alpr_edge.domain.ground.cells import cells_of
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.plates import canonical, fold_written, written_fault
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat

TEXT_CHARACTERS_MAX = 200
WORDS_CHARACTERS_MAX = 2000
PLATES_MAX = 50
LETTER_BYTES_MAX = 10 * 1024 * 1024
"""Largest written request that is retained on file (policy 462.7(c))."""
_NOT_ASKED_FOR = frozenset({PurposeCode.AUDIT, PurposeCode.TRAINING, PurposeCode.MAINTENANCE, PurposeCode.RELEASE})
"""Purposes of this department alone, for which no other agency asks."""
AREA_CELLS_MAX = 1_000
"""Widest area of a request: some 15 km by 15 km, as of a search."""


class ReleasePictures(StrEnum):
    """Which pictures of reads."""

    NONE = "none"
    PLATES = "plates"
    """The plate alone, cut out of the picture."""
    SCENES = "scenes"
    """Whole pictures as well, which show other vehicles and people."""

    def is_within(self, other: "ReleasePictures") -> bool:
        """Whether these are no more than some others."""
        order = list(ReleasePictures)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class ReleaseScope:
    """Which data: reads of some plates, of some time, perhaps of some area; with pictures or without."""

    plates: tuple[str, ...]
    """In canonical form, in order."""
    begin: datetime
    """UTC; likewise the end."""
    end: datetime
    area: str = ""
    """Where the patrol car was, as text (:mod:`~alpr_edge.domain.ground.areas`); empty: anywhere."""
    pictures: ReleasePictures = ReleasePictures.NONE

    def is_within(self, other: "ReleaseScope") -> bool:
        """Whether it asks for no more than another one; of two different areas nobody says so."""
        is_in_time = other.begin <= self.begin and self.end <= other.end
        is_in_area = other.area in {"", self.area}
        return (
            set(self.plates) <= set(other.plates)
            and is_in_time
            and is_in_area
            and self.pictures.is_within(other.pictures)
        )


@dataclass(frozen=True, slots=True)
class ScopePart:
    """What of a scope is approved; None: as it was asked for."""

    plates: tuple[str, ...] | None = None
    begin: datetime | None = None
    end: datetime | None = None
    area: str | None = None
    pictures: ReleasePictures | None = None

    def of(self, asked: ReleaseScope) -> ReleaseScope:
        """That part of what was asked for.

        Raises:
            ReleaseError: it is no scope. Whether it is a wider one is checked with the step.
        """
        return check_scope(
            asked.plates if self.plates is None else self.plates,
            self.begin or asked.begin,
            self.end or asked.end,
            asked.area if self.area is None else self.area,
            self.pictures or asked.pictures,
        )


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A request as it was entered."""

    agency: str
    kind: AgencyKind
    seat: AgencySeat
    requester: str
    """Who asks for the agency."""
    purpose: PurposeCode
    words: str
    """The purpose in the agency's words."""
    their_case: str
    """The agency's case number; empty: none was given."""
    scope: ReleaseScope
    letter_sha256: str
    """Of the written request, which is retained on file."""
    declaration: str = ""
    """What the agency declared in it; empty: nothing."""


def check_scope(
    plates: tuple[str, ...],
    begin: datetime | None,
    end: datetime | None,
    area: str = "",
    pictures: ReleasePictures = ReleasePictures.NONE,
) -> ReleaseScope:
    """The scope of what was entered."""
    written = tuple(map(fold_written, plates))
    if fault := next(filter(None, map(written_fault, written)), ""):
        raise ReleaseError(f"one of its plates is none: it holds {fault}")
    texts = tuple(sorted(set(map(canonical, written))))
    if not texts or "" in texts:
        raise ReleaseError("a request names the plates that it is about; a part of a plate is not released")
    if len(texts) > PLATES_MAX:
        raise ReleaseError(f"{len(texts)} plates are too many for one request; {PLATES_MAX} at most")
    if begin is None or end is None or begin >= end:
        raise ReleaseError("a request is about a time with both ends, the first before the last")
    return ReleaseScope(texts, begin, end, _area(area), pictures)


def _area(text: str) -> str:
    if not text.strip():
        return ""
    try:
        area = parse_ground_area(text)
        cells_of(area, AREA_CELLS_MAX)
    except ValueError as error:
        raise ReleaseError(f"the area: {error}") from None
    return str(area)


def asked_purposes(profile: Profile) -> dict[str, str]:
    """The purposes for which data may be released, in words, by their codes."""
    return {code: rule.words for code, rule in profile.purposes.items() if code not in _NOT_ASKED_FOR}


def check_request(request: ReleaseRequest, profile: Profile) -> ReleaseRequest:
    """Check what the policy asks of a written request: agency, person and purpose.

    Raises:
        ReleaseError: one of them is missing, or the purpose is none that data may be released for.
    """
    for name in ("agency", "requester", "their_case", "words", "declaration"):
        text, longest = getattr(request, name), TEXT_CHARACTERS_MAX
        longest = WORDS_CHARACTERS_MAX if name in {"words", "declaration"} else longest
        if name in {"agency", "requester", "words"} and not text.strip():
            raise ReleaseError(f"the request lacks its {_NAMES[name]} (policy 462.7(a))")
        if len(text) > longest or not all(line.isprintable() for line in text.split("\n")):
            raise ReleaseError(f"the request's {_NAMES[name]} is longer than {longest} characters, or not printable")
    if request.purpose.value not in profile.purposes or request.purpose in _NOT_ASKED_FOR:
        barred = profile.barred.get(request.purpose.value)
        reason = f"barred: {barred}" if barred else "one of this department alone"
        raise ReleaseError(f"no data is released for this purpose: it is {reason}")
    return request


_NAMES = {
    "agency": "agency",
    "requester": "person who asks",
    "their_case": "case number",
    "words": "purpose in words",
    "declaration": "declaration",
}
