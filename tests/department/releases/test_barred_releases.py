"""A release that is barred, tried in every way: none gives a package, and each try is on record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.domain.errors import AccessError, ReleaseError
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat, RequestWay
from alpr_edge.domain.releases.requests import ReleasePictures, ReleaseScope
from alpr_edge.domain.releases.steps import ReleaseState
from tests.department.inquiries.inquirers import records_of
from tests.department.releases.cases import APPROVED, ASKED, ASKING, LETTER, NEVER_ASKED, OTHER_PLATE, Roles

APPROVE, HAND_OVER = ReleaseState.APPROVED, "by courier"
BELOW = [role.value.replace("_", "-") for role in Role if role is not Role.COMMANDER]


def refusal_of(act: Callable[[], object], office: InquiryOffice) -> str:
    """What is answered to a try that has to fail, which stands on record."""
    first = office.log.size()
    with pytest.raises((AccessError, ReleaseError)) as caught:
        act()
    tries = records_of(office, first)
    assert any(each.outcome.value == "refused" or each.note.startswith("not done") for each in tries)
    return str(caught.value)


def nothing_came_of(office: InquiryOffice, of: Roles, request_id: str, folder: Path) -> bool:
    """Whether neither a package nor a file of one is there."""
    states = {step.state for step in office.releases.show(of("commander"), request_id).steps}
    return not states & {ReleaseState.PACKAGED, ReleaseState.HANDED_OVER} and not [*folder.glob("*/*")]


def test_agencies_that_are_barred_or_go_to_records_get_nothing_by_any_way(
    office: InquiryOffice, of: Roles, tmp_path: Path
) -> None:
    ways = office.policy.profile.releases.ways
    closed = [place for place, way in ways.items() if way in {RequestWay.BARRED, RequestWay.RECORDS}]
    assert len(closed) == len(AgencyKind) * len(AgencySeat) - 2
    releases, records, commander = office.releases, of("records"), of("commander")
    for kind, seat in closed:
        asked = replace(ASKING, kind=kind, seat=seat, declaration="we promise")
        request_id = releases.enter(records, asked, LETTER).request_id
        make = partial(office.packages.make, commander, request_id, tmp_path / "out", "", lambda _done, _total: None)
        for act in (
            partial(releases.decide, commander, request_id, APPROVE, "as a favour"),
            make,
            partial(releases.hand_over, records, request_id, HAND_OVER, "cd" * 32),
        ):
            assert ": it cannot be " in refusal_of(act, office)
        assert len(releases.show(commander, request_id).steps) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("purpose", [PurposeCode.IMMIGRATION_ENFORCEMENT, PurposeCode.PROTECTED_HEALTH_CARE])
def test_a_barred_purpose_is_not_even_entered(office: InquiryOffice, of: Roles, purpose: PurposeCode) -> None:
    with pytest.raises(ReleaseError, match="no data is released for this purpose: it is barred"):
        office.releases.enter(of("commander"), replace(ASKING, purpose=purpose), LETTER)


def test_nobody_below_the_commander_and_nobody_for_themselves_approves(
    office: InquiryOffice, of: Roles, tmp_path: Path
) -> None:
    request_id = office.releases.enter(of("records"), ASKING, LETTER).request_id
    for role in BELOW:
        said = refusal_of(partial(office.releases.decide, of(role), request_id, APPROVE, ""), office)
        assert "none of your roles" in said
    own = office.releases.enter(of("commander"), ASKING, LETTER).request_id
    said = refusal_of(lambda: office.releases.decide(of("commander"), own, APPROVE, "it is urgent"), office)
    assert "whoever entered a request does not approve it" in said
    assert nothing_came_of(office, of, own, tmp_path)


def test_a_package_before_the_approval_or_after_a_refusal_or_withdrawal(
    office: InquiryOffice, of: Roles, tmp_path: Path
) -> None:
    waiting = office.releases.enter(of("records"), ASKING, LETTER).request_id
    assert "is waiting" in refusal_of(lambda: of.package(waiting, tmp_path / "out"), office)
    for state in (ReleaseState.REFUSED, ReleaseState.WITHDRAWN):
        request_id = of.approved_request()
        office.releases.decide(of("commander"), request_id, state, "the case is closed")
        for again in ("", "we still want it"):
            said = refusal_of(partial(of.package, request_id, tmp_path / "out", again), office)
            assert f"is {state.value}: it cannot be packaged" in said
        assert nothing_came_of(office, of, request_id, tmp_path)
    assert "no such request" in refusal_of(lambda: of.package("release-0", tmp_path / "out"), office)


@pytest.mark.parametrize(
    "wider",
    [
        replace(ASKED, plates=(*ASKED.plates, NEVER_ASKED)),
        replace(ASKED, begin=ASKED.begin - timedelta(seconds=1)),
        replace(ASKED, end=ASKED.end + timedelta(seconds=1)),
    ],
)
def test_nothing_wider_than_asked_is_approved(office: InquiryOffice, of: Roles, wider: ReleaseScope) -> None:
    request_id = office.releases.enter(of("records"), ASKING, LETTER).request_id
    said = refusal_of(lambda: office.releases.decide(of("commander"), request_id, APPROVE, "", wider), office)
    assert "no more is approved than was asked for" in said


def test_pictures_and_places_that_nobody_asked_for_are_not_approved(office: InquiryOffice, of: Roles) -> None:
    asked = replace(ASKED, area="37.639,-120.997,500.0", pictures=ReleasePictures.PLATES)
    request_id = office.releases.enter(of("records"), replace(ASKING, scope=asked), LETTER).request_id
    for wider in (replace(asked, area=""), replace(asked, pictures=ReleasePictures.SCENES)):
        said = refusal_of(partial(office.releases.decide, of("commander"), request_id, APPROVE, "", wider), office)
        assert "no more is approved than was asked for" in said


def test_approved_twice_packaged_twice_handed_over_twice(office: InquiryOffice, of: Roles, tmp_path: Path) -> None:
    request_id = of.approved_request(replace(APPROVED, plates=(OTHER_PLATE,), pictures=ReleasePictures.NONE))
    decide = office.releases.decide
    assert "approved again" in refusal_of(lambda: decide(of("commander"), request_id, APPROVE, "", ASKED), office)
    made = of.package(request_id, tmp_path / "one").filed.steps[-1].package_sha256
    assert "say with --again why" in refusal_of(lambda: of.package(request_id, tmp_path / "two"), office)
    assert "approved again" in refusal_of(lambda: decide(of("commander"), request_id, APPROVE, "", ASKED), office)
    office.releases.hand_over(of("records"), request_id, HAND_OVER, made)
    said = refusal_of(lambda: office.releases.hand_over(of("records"), request_id, HAND_OVER, made), office)
    assert "is handed over: it cannot be handed over" in said
