"""Says in a package which request it answers, what was approved, and what was left out and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.releases.agencies import ReleaseDeadlines
from alpr_edge.domain.releases.deadlines import approval_ends
from alpr_edge.domain.releases.packages import LeftOut
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseScope
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep, approved_scope
from alpr_edge.evidence.release_records import ApprovedRecord, LeftOutRecord, ReleasedRead, ReleaseRecord

LEFT_OUT_WORDS = {
    LeftOut.TIME_NOT_SURE: "reads of these plates whose time is not sure, so that nobody can say they are of that time",
    LeftOut.PLACE_NOT_KNOWN: "reads of these plates and of that time without a place",
    LeftOut.CORRECTED: "reads whose text was corrected to a plate that was not approved",
    LeftOut.RECORD_LOST: "reads whose record was deleted meanwhile or is damaged",
    LeftOut.PICTURES_LOST: "pictures that cannot be read any more; their reads are here",
}
_NEVER = (
    "Hits: what lists say of a vehicle, open or covert, is in no package, and whether there was a hit is not said.",
    "The access log of the department, in which every look at these reads stands: it stays there.",
)
_NO_PICTURES = {
    ReleasePictures.NONE: ("Pictures: none were approved.",),
    ReleasePictures.PLATES: ("Whole pictures: only those of the plates themselves were approved.",),
    ReleasePictures.SCENES: (),
}


def release_record(
    filed: FiledRequest, profile: Profile, left_out: Mapping[LeftOut, int], reads: Sequence[ReleasedRead]
) -> ReleaseRecord:
    """What a package says of its request."""
    request, approved = filed.request, approved_record(filed.request.scope, filed.steps, profile)
    return ReleaseRecord(
        request_id=filed.request_id,
        agency=request.agency,
        kind=request.kind.value,
        seat=request.seat.value,
        requester=request.requester,
        purpose=request.purpose.value,
        words=request.words,
        their_case=request.their_case,
        letter_sha256=request.letter_sha256,
        entered=rfc3339(filed.steps[0].at),
        law=f"policy 462.7; {profile.releases.law}",
        approved=approved,
        left_out=[
            LeftOutRecord(reason=reason.value, words=words, count=count)
            for reason, words in LEFT_OUT_WORDS.items()
            if (count := left_out.get(reason, 0))
        ],
        never=[*_NEVER, *_NO_PICTURES[ReleasePictures(approved.pictures)]],
        duties=list(_duties(profile.releases.deadlines)),
        units=sorted({read.unit_id for read in reads}),
        reads=list(reads),
    )


def approved_record(asked: ReleaseScope, steps: Sequence[RequestStep], profile: Profile) -> ApprovedRecord:
    """What was approved last, by whom and until when."""
    step = next(each for each in reversed(steps) if each.state is ReleaseState.APPROVED)
    scope, ends = approved_scope(steps), approval_ends(steps, profile.releases.deadlines)
    assert scope is not None, "an approval has its scope"
    assert ends is not None, "likewise its end"
    return ApprovedRecord(
        plates=list(scope.plates),
        begin=rfc3339(scope.begin),
        end=rfc3339(scope.end),
        area=scope.area,
        pictures=scope.pictures.value,
        is_part=scope != asked,
        approved_by=step.person,
        approved=rfc3339(step.at),
        ends=rfc3339(ends),
        note=step.note,
    )


def _duties(deadlines: ReleaseDeadlines) -> Iterator[str]:
    yield f"Confirm in writing within {_days(deadlines.confirmation)} that you have this package."
    yield f"Write within {_days(deadlines.use_report)} what it was used for."
    yield "Use it for the purpose above alone and give it to no other agency: it was approved for yours."


def _days(time: timedelta) -> str:
    return f"{time.days} days"
