"""What follows an approval: one package while it holds, that package handed over, and what is due when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.releases.agencies import RequestWay
from alpr_edge.domain.releases.deadlines import DueKind, ReleaseDue, approval_ends, due_of
from alpr_edge.domain.releases.progress import check_step
from alpr_edge.domain.releases.requests import ReleasePictures, ScopePart, check_scope
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep, approved_scope
from tests.domain.releases.test_releases import (
    APPROVAL,
    ENTERED,
    HANDED_OVER,
    NOON,
    PACKAGED,
    PROFILE,
    REQUEST,
    SCOPE,
    with_way,
)

DEADLINES = PROFILE.releases.deadlines
CIRCLE = "37.639,-120.997,500.0"
CONFIRMED = RequestStep(ReleaseState.CONFIRMED, "clerk", "A Clerk", NOON, "by letter")


def after(step: RequestStep, days: float) -> RequestStep:
    return replace(step, at=NOON + timedelta(days=days))


def test_a_package_is_made_while_the_approval_holds() -> None:
    check_step(REQUEST, [ENTERED, APPROVAL], after(PACKAGED, 29.99), PROFILE)
    with pytest.raises(ReleaseError, match="the approval has ended"):
        check_step(REQUEST, [ENTERED, APPROVAL], after(PACKAGED, 30), PROFILE)
    with pytest.raises(ReleaseError, match="the request is waiting: it cannot be packaged"):
        check_step(REQUEST, [ENTERED], PACKAGED, PROFILE)


@pytest.mark.parametrize("way", [RequestWay.BARRED, RequestWay.RECORDS])
def test_no_package_is_made_of_what_the_rules_bar_by_now(way: RequestWay) -> None:
    with pytest.raises(ReleaseError, match="the rules in force bar it by now"):
        check_step(REQUEST, [ENTERED, APPROVAL], PACKAGED, with_way(way))


@pytest.mark.parametrize("before", [[PACKAGED], [PACKAGED, HANDED_OVER]])
def test_another_package_needs_a_reason(before: list[RequestStep]) -> None:
    with pytest.raises(ReleaseError, match="say with --again why"):
        check_step(REQUEST, [ENTERED, APPROVAL, *before], PACKAGED, PROFILE)
    check_step(REQUEST, [ENTERED, APPROVAL, *before], replace(PACKAGED, note="the stick was lost"), PROFILE)


def test_it_is_approved_again_once_the_approval_has_ended() -> None:
    for before in ([ENTERED, APPROVAL], [ENTERED, APPROVAL, PACKAGED]):
        with pytest.raises(ReleaseError, match="it cannot be approved again before 2026-06-03"):
            check_step(REQUEST, before, after(APPROVAL, 29), PROFILE)
        check_step(REQUEST, before, after(APPROVAL, 30), PROFILE)
        with pytest.raises(ReleaseError, match="somebody else has to"):
            check_step(REQUEST, before, replace(after(APPROVAL, 30), person_id="clerk"), PROFILE)


def test_only_the_last_package_is_handed_over() -> None:
    second = replace(PACKAGED, note="the stick was lost", package_sha256="ef" * 32)
    with pytest.raises(ReleaseError, match="not the package that was made last"):
        check_step(REQUEST, [ENTERED, APPROVAL, PACKAGED, second], HANDED_OVER, PROFILE)
    check_step(REQUEST, [ENTERED, APPROVAL, second, PACKAGED], HANDED_OVER, PROFILE)


def test_areas_and_pictures_are_no_wider_than_asked_for() -> None:
    inside = replace(SCOPE, area=CIRCLE)
    assert (inside.is_within(SCOPE), SCOPE.is_within(inside)) == (True, False)
    assert not replace(SCOPE, area="37.0,-120.0,5.0").is_within(inside)
    order = list(ReleasePictures)
    for asked in order:
        for given in order:
            wider = order.index(given) > order.index(asked)
            assert replace(SCOPE, pictures=given).is_within(replace(SCOPE, pictures=asked)) != wider


@pytest.mark.parametrize("area", ["somewhere", "37.6,-120.9", "37.6,-120.9,50000"])
def test_an_area_that_is_none_or_too_wide_is_refused(area: str) -> None:
    with pytest.raises(ReleaseError, match="the area: "):
        check_scope(SCOPE.plates, SCOPE.begin, SCOPE.end, area)


def test_a_part_of_a_scope_is_as_asked_but_for_what_is_said() -> None:
    assert ScopePart().of(SCOPE) == SCOPE
    part = ScopePart(plates=("8abc 123",), end=NOON + timedelta(hours=1), area=CIRCLE)
    assert part.of(SCOPE) == replace(SCOPE, plates=("8ABC123",), end=NOON + timedelta(hours=1), area=CIRCLE)
    assert approved_scope([ENTERED, replace(APPROVAL, scope=part.of(SCOPE)), PACKAGED]) == part.of(SCOPE)
    assert approved_scope([ENTERED]) is None


@pytest.mark.parametrize(
    ("steps", "due"),
    [
        ([ENTERED], ReleaseDue(DueKind.REVIEW, NOON + DEADLINES.review)),
        ([ENTERED, APPROVAL], ReleaseDue(DueKind.PACKAGE, NOON + DEADLINES.approval)),
        ([ENTERED, APPROVAL, PACKAGED], ReleaseDue(DueKind.PICK_UP, NOON + DEADLINES.pick_up)),
        ([ENTERED, APPROVAL, PACKAGED, HANDED_OVER], ReleaseDue(DueKind.CONFIRMATION, NOON + DEADLINES.confirmation)),
        (
            [ENTERED, APPROVAL, PACKAGED, HANDED_OVER, after(CONFIRMED, 10)],
            ReleaseDue(DueKind.USE_REPORT, NOON + DEADLINES.use_report),
        ),
        ([replace(ENTERED, state=ReleaseState.WITHDRAWN)], None),
        ([replace(CONFIRMED, state=ReleaseState.REPORTED)], None),
    ],
)
def test_what_is_due_next(steps: list[RequestStep], due: ReleaseDue | None) -> None:
    assert due_of(steps, DEADLINES) == due


def test_an_approval_ends_by_the_last_one() -> None:
    assert approval_ends([ENTERED], DEADLINES) is None
    assert approval_ends([ENTERED, APPROVAL, after(APPROVAL, 30)], DEADLINES) == NOON + timedelta(days=60)
