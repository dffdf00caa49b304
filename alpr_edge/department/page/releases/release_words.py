"""What the pages of requests say of what the rules have done with them, in words."""

from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat, ReleaseRules, RequestWay
from alpr_edge.domain.releases.deadlines import due_of
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseRequest, asked_purposes
from alpr_edge.domain.releases.steps import RequestStep

KINDS = {
    AgencyKind.LAW_ENFORCEMENT: "law enforcement",
    AgencyKind.PROSECUTION: "a prosecutor",
    AgencyKind.OTHER_PUBLIC: "another public agency",
    AgencyKind.PRIVATE: "a person, a company, a newspaper",
}
SEATS = {
    AgencySeat.IN_STATE: "of this state",
    AgencySeat.OUT_OF_STATE: "of another state",
    AgencySeat.FEDERAL: "federal",
}
PICTURES = {
    ReleasePictures.NONE: "none",
    ReleasePictures.PLATES: "of the plates alone",
    ReleasePictures.SCENES: "whole pictures, which show others too",
}
_WAYS = {
    RequestWay.REVIEW: "reviewed; another person approves or refuses it",
    RequestWay.DECLARATION: "reviewed, and only with the agency's written declaration",
    RequestWay.RECORDS: "passed on to Records, for the Records Maintenance and Release Policy (Civil Code 1798.90.55)",
    RequestWay.BARRED: "barred by law, whoever would approve it",
}


@dataclass(frozen=True, slots=True)
class DueWords:
    """What is due next of a request."""

    words: str
    """Empty: nothing."""
    is_late: bool = False


def way_words(request: ReleaseRequest, rules: ReleaseRules) -> str:
    """What the rules have done with a request."""
    return _WAYS[rules.way_of(request.kind, request.seat)]


def way_table(rules: ReleaseRules) -> list[tuple[str, list[str]]]:
    """What the rules have done with requests, a row for each kind, a column for each of :data:`SEATS`."""
    return [(words, [rules.way_of(kind, seat).value for seat in SEATS]) for kind, words in KINDS.items()]


def due_words(steps: tuple[RequestStep, ...], rules: ReleaseRules, now: datetime) -> DueWords:
    """What is due next, and by which day."""
    due = due_of(steps, rules.deadlines)
    if due is None:
        return DueWords("")
    is_late = due.at < now
    return DueWords(f"{due.kind.value.replace('_', ' ')} by {due.at.astimezone():%Y-%m-%d}", is_late)


def form_choices(profile: Profile) -> dict[str, object]:
    """What the form of a request offers to choose from."""
    return {
        "kinds": KINDS,
        "seats": SEATS,
        "pictures": PICTURES,
        "purposes": asked_purposes(profile),
        "ways": way_table(profile.releases),
        "rules": profile.releases,
    }
