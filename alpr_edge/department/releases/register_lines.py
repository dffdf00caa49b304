"""The register of requests, a line a request (policy 462.7(c)): who asked, what for, who decided, what was given."""

import re
from datetime import UTC, datetime

from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.patterns import without_plates
from alpr_edge.domain.releases.steps import ReleaseState

_PERIOD = re.compile(r"[0-9]{4}(-[0-9]{2})?")


def register_period(text: str) -> tuple[datetime, datetime]:
    """The begin of a year, such as ``2026``, or of a month, such as ``2026-11``, and of the one after it.

    Raises:
        ReleaseError: it is none of the calendar.
    """
    year, _, month = text.strip().partition("-")
    is_one = _PERIOD.fullmatch(text.strip())
    first = (int(year), int(month or 1)) if is_one else (0, 0)
    after = (first[0] + first[1] // 12, first[1] % 12 + 1) if month else (first[0] + 1, 1)
    try:
        return datetime(*first, 1).astimezone(), datetime(*after, 1).astimezone()
    except (ValueError, OverflowError):
        raise ReleaseError("--year or --month is none of the calendar; such as 2026, or 2026-11") from None


def register_line(filed: FiledRequest) -> dict[str, object]:
    """What the register says of a request, without the plates that it is about: they stand on file with it."""

    def without_own(text: str) -> str:
        return without_plates(text, request.scope.plates)

    request, steps = filed.request, {step.state: step for step in filed.steps}
    ends = [steps[state] for state in (ReleaseState.APPROVED, ReleaseState.REFUSED) if state in steps]
    decided, made = max(ends, key=lambda step: step.at, default=None), steps.get(ReleaseState.PACKAGED)
    handed, confirmed = steps.get(ReleaseState.HANDED_OVER), steps.get(ReleaseState.CONFIRMED)
    reported, package = steps.get(ReleaseState.REPORTED), None if made is None else made.package
    return {
        "request": filed.request_id,
        "entered": _moment(filed.steps[0].at),
        "entered_by": filed.steps[0].person,
        "agency": request.agency,
        "kind": request.kind.value,
        "seat": request.seat.value,
        "requester": request.requester,
        "for": request.purpose.value,
        "words": without_own(request.words),
        "their_case": without_own(request.their_case),
        "letter_sha256": request.letter_sha256,
        "plates": len(request.scope.plates),
        "state": filed.state.value,
        "why": without_own(filed.steps[-1].note),
        "decision": "" if decided is None else decided.state.value,
        "decided": "" if decided is None else _moment(decided.at),
        "decided_by": "" if decided is None else decided.person,
        "packages": sum(step.state is ReleaseState.PACKAGED for step in filed.steps),
        "package_sha256": "" if made is None else made.package_sha256,
        "reads": 0 if package is None else package.reads,
        "handed_over": "" if handed is None else _moment(handed.at),
        "handed_over_how": "" if handed is None else without_own(handed.note),
        "confirmed": "" if confirmed is None else _moment(confirmed.at),
        "use_reported": "" if reported is None else _moment(reported.at),
        "use": "" if reported is None else without_own(reported.note),
    }


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
