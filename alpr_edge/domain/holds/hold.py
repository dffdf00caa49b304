"""A hold: reads that nothing may delete, for a case, until released or its end has passed (policy 462.5).

Holds are only added and released, never changed: what was held, for which case, by whom and until when stays on record.
A read that several holds cover is kept until the last of them is released or over.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.patterns import PLATE_NAMED, names_plate

NOT_THEIRS = "a hold is changed by whoever placed it, a supervisor, a commander or the custodian of records"
"""What somebody else is told."""
HOLD_READS_MAX = 10_000
"""Most reads of one hold that are named when it is placed; a canvass adds more as they come."""
REASON_CHARACTERS_MAX = 200
CASE_CHARACTERS_MAX = 64


class HoldKind(StrEnum):
    """What a hold was placed on."""

    READ = "read"
    HIT = "hit"
    """The read of a hit."""
    SEARCH = "search"
    """Everything that a search found."""
    CANVASS = "canvass"
    """Everything that is read while a canvass goes on (policy 462.4(c)); grows until it ends."""


class HoldOrigin(StrEnum):
    """Where a hold was placed, and so where it is released."""

    UNIT = "unit"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class HoldPerson:
    """Who placed or released a hold."""

    person_id: str
    """Of the roster; empty: break-glass, or a release before accounts."""
    person: str
    session: str = ""
    """As the access log names the session."""


@dataclass(frozen=True, slots=True)
class HoldRelease:
    """That a hold was released."""

    by: HoldPerson
    at: Instant
    reason: str
    """Why its reads need no longer be held; empty: the department released it, and knows why."""


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """What a hold is for, and until when."""

    kind: HoldKind
    subject_id: str
    """The read, hit or canvass; of several reads, or of a search, the first read. Never a plate."""
    case_number: str
    """Empty: placed by a release that did not ask for it."""
    reason: str
    until: datetime | None = None
    """When it ends, UTC; None: when somebody releases it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is stored."""

    hold_id: str
    terms: HoldTerms
    by: HoldPerson
    made: Instant
    origin: HoldOrigin = HoldOrigin.UNIT
    released: Instant | None = None
    released_by: HoldPerson | None = None
    read_count: int = 0
    """How many of its reads are still stored here."""

    def is_in_force(self, utc: datetime | None) -> bool:
        """Whether it keeps its reads at a moment of a trusted clock; with an unknown clock (None) no hold is over."""
        until = self.terms.until
        return self.released is None and (utc is None or until is None or until > utc)


def check_terms(terms: HoldTerms, utc: datetime | None) -> HoldTerms:
    """Check what a hold is for; returns it without outer blanks, the case in its one form.

    Args:
        utc: the present moment, None when unknown.

    Raises:
        HoldError: no reason or case, one that is too long or not printable, a reason that names a plate, or an end that
            has passed.
    """
    case_number = _text("case number", normal_case(terms.case_number), CASE_CHARACTERS_MAX)
    reason = _without_plate(_text("reason", terms.reason, REASON_CHARACTERS_MAX))
    if terms.until is not None and utc is not None and terms.until <= utc:
        raise HoldError(f"the hold would have ended already ({rfc3339(terms.until)}); give a later end")
    return HoldTerms(terms.kind, terms.subject_id, case_number, reason, terms.until)


def check_release_reason(reason: str) -> str:
    """Check why a hold is released; returns it without outer blanks.

    Raises:
        HoldError: it is empty, too long or not printable, or names a plate.
    """
    trimmed = reason.strip()
    if not trimmed or not trimmed.isprintable() or len(trimmed) > REASON_CHARACTERS_MAX:
        raise HoldError(f"say why the reads need no longer be held, in at most {REASON_CHARACTERS_MAX} characters")
    return _without_plate(trimmed)


def parse_hold_end(text: str | None) -> datetime | None:
    """The end of a hold as somebody typed it, a date or a moment; of one without a zone, in local time.

    A date alone means the end of that day.

    Raises:
        HoldError: it is neither.
    """
    if text is None or not text.strip():
        return None
    text = text.strip()
    try:
        end = datetime.fromisoformat(text)
        is_date = len(text) <= len("2026-12-31")
        return (end.replace(hour=23, minute=59, second=59) if is_date else end).astimezone(UTC)
    except (ValueError, OverflowError):
        raise HoldError("the end of a hold is such as 2026-12-31 or 2026-12-31T18:00") from None


def covers(hold: Hold, terms: HoldTerms) -> bool:
    """Whether a hold of the same case lasts as long as other terms ask for, or longer."""
    until = hold.terms.until
    return until is None or (terms.until is not None and until >= terms.until)


def _without_plate(reason: str) -> str:
    if names_plate(reason):
        raise HoldError(PLATE_NAMED)
    return reason


def _text(name: str, text: str, characters_max: int) -> str:
    trimmed = text.strip()
    if not trimmed:
        raise HoldError(f"the {name} is empty; a hold needs one")
    if len(trimmed) > characters_max or not trimmed.isprintable():
        raise HoldError(f"{name}: expected at most {characters_max} printable characters")
    return trimmed
