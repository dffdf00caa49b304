"""A written request for data: who asks, what for, and for which data (policy 462.7(a))."""

from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat

TEXT_CHARACTERS_MAX = 200
WORDS_CHARACTERS_MAX = 2000
PLATES_MAX = 50
LETTER_BYTES_MAX = 10 * 1024 * 1024
"""Largest written request that is retained on file (policy 462.7(c))."""
_NOT_ASKED_FOR = frozenset({PurposeCode.AUDIT, PurposeCode.TRAINING, PurposeCode.MAINTENANCE, PurposeCode.RELEASE})
"""Purposes of this department alone, for which no other agency asks."""


@dataclass(frozen=True, slots=True)
class ReleaseScope:
    """Which data: reads of some plates, of some time."""

    plates: tuple[str, ...]
    """In canonical form, in order."""
    begin: datetime
    """UTC; likewise the end."""
    end: datetime

    def is_within(self, other: "ReleaseScope") -> bool:
        """Whether it asks for no more than another one."""
        return set(self.plates) <= set(other.plates) and other.begin <= self.begin and self.end <= other.end


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


def check_scope(plates: tuple[str, ...], begin: datetime | None, end: datetime | None) -> ReleaseScope:
    """The scope of what was entered.

    Raises:
        ReleaseError: it names no plate, too many, no plate at all, or no time.
    """
    texts = tuple(sorted({canonical(plate) for plate in plates}))
    if not texts or "" in texts:
        raise ReleaseError("a request names the plates that it is about; a part of a plate is not released")
    if len(texts) > PLATES_MAX:
        raise ReleaseError(f"{len(texts)} plates are too many for one request; {PLATES_MAX} at most")
    if begin is None or end is None or begin >= end:
        raise ReleaseError("a request is about a time with both ends, the first before the last")
    return ReleaseScope(texts, begin, end)


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
