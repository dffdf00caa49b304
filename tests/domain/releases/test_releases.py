"""Requests of other agencies: what they need, who decides, and what the law refuses (policy 462.7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat, ReleaseRules, RequestWay
from alpr_edge.domain.releases.packages import ReleasePackage
from alpr_edge.domain.releases.progress import check_step, first_state
from alpr_edge.domain.releases.requests import (
    PLATES_MAX,
    TEXT_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    ReleaseRequest,
    ReleaseScope,
    check_request,
    check_scope,
)
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles import load_profile

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PROFILE = load_profile(PolicySettings())
SCOPE = ReleaseScope(("8ABC123", "9XYZ987"), NOON, NOON + timedelta(hours=6))
REQUEST = ReleaseRequest(
    agency="Stanislaus County Sheriff",
    kind=AgencyKind.LAW_ENFORCEMENT,
    seat=AgencySeat.IN_STATE,
    requester="Sgt. Doe",
    purpose=PurposeCode.CRIMINAL_INVESTIGATION,
    words="a series of burglaries",
    their_case="S26-001234",
    scope=SCOPE,
    letter_sha256="ab" * 32,
)
ENTERED = RequestStep(ReleaseState.WAITING, "clerk", "A Clerk", NOON)
APPROVAL = RequestStep(ReleaseState.APPROVED, "commander", "A Commander", NOON, scope=SCOPE)
PACKAGE = ReleasePackage("release-1-1", "release-1-1.zip", 1000, 2, 1, {})
PACKAGED = RequestStep(ReleaseState.PACKAGED, "clerk", "A Clerk", NOON, package_sha256="cd" * 32, package=PACKAGE)
HANDED_OVER = RequestStep(ReleaseState.HANDED_OVER, "clerk", "A Clerk", NOON, "by courier", package_sha256="cd" * 32)


def test_a_scope_has_plates_in_canonical_form_each_once_and_a_time() -> None:
    assert check_scope((" 9xyz987", "8abc 123", "9XYZ987"), NOON, NOON + timedelta(1)).plates == ("8ABC123", "9XYZ987")


@pytest.mark.parametrize(
    ("plates", "begin", "end", "told"),
    [
        ((), NOON, NOON + timedelta(1), "names the plates"),
        (("8ABC123", "\u00d6BB12"), NOON, NOON + timedelta(1), "one of its plates is none: it holds a letter or digit"),
        (("8ABC123", "--"), NOON, NOON + timedelta(1), "names the plates"),
        (tuple(f"8ABC{n:03}" for n in range(PLATES_MAX + 1)), NOON, NOON + timedelta(1), "51 plates are too many"),
        (("8ABC123",), None, NOON, "both ends"),
        (("8ABC123",), NOON, None, "both ends"),
        (("8ABC123",), NOON, NOON, "both ends"),
    ],
)
def test_a_scope_that_names_too_little_or_too_much_is_refused(
    plates: tuple[str, ...], begin: datetime | None, end: datetime | None, told: str
) -> None:
    with pytest.raises(ReleaseError, match=told):
        check_scope(plates, begin, end)


def test_so_many_plates_are_not_too_many() -> None:
    plates = tuple(f"8ABC{number:03}" for number in range(PLATES_MAX))
    assert check_scope(plates, NOON, NOON + timedelta(1)).plates == plates


@given(
    st.sets(st.sampled_from(SCOPE.plates)),
    st.integers(-3, 9),
    st.integers(-3, 9),
)
def test_a_scope_is_within_another_if_it_asks_for_nothing_beyond(plates: set[str], begin_h: int, end_h: int) -> None:
    part = ReleaseScope(tuple(plates), NOON + timedelta(hours=begin_h), NOON + timedelta(hours=end_h))
    assert part.is_within(SCOPE) == (begin_h >= 0 and end_h <= 6)
    more = replace(part, plates=(*part.plates, "7OTHER1"))
    assert not more.is_within(SCOPE)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("agency", " ", r"lacks its agency \(policy 462\.7\(a\)\)"),
        ("requester", "", "lacks its person who asks"),
        ("words", "\n", "lacks its purpose in words"),
        ("agency", "x" * (TEXT_CHARACTERS_MAX + 1), "agency is longer than 200"),
        ("their_case", "12\x00", "case number is longer than 200 characters, or not printable"),
        ("words", "x" * (WORDS_CHARACTERS_MAX + 1), "longer than 2000"),
        ("declaration", "\u202e", "declaration is longer"),
    ],
)
def test_a_request_lacks_nothing_that_the_policy_asks_for(name: str, text: str, told: str) -> None:
    with pytest.raises(ReleaseError, match=told):
        check_request(replace(REQUEST, **{name: text}), PROFILE)  # type: ignore[arg-type]


def test_words_may_have_lines_and_a_case_number_may_be_missing() -> None:
    asked = replace(REQUEST, words="a\nb", their_case="", agency="x" * TEXT_CHARACTERS_MAX)
    assert check_request(asked, PROFILE) is asked


@pytest.mark.parametrize(
    ("purpose", "told"),
    [
        (PurposeCode.IMMIGRATION_ENFORCEMENT, "barred: "),
        (PurposeCode.PROTECTED_HEALTH_CARE, "barred: "),
        (PurposeCode.AUDIT, "of this department alone"),
        (PurposeCode.TRAINING, "of this department alone"),
        (PurposeCode.RELEASE, "of this department alone"),
        (PurposeCode.MAINTENANCE, "of this department alone"),
    ],
)
def test_no_data_is_released_for_a_purpose_that_is_barred_or_none(purpose: PurposeCode, told: str) -> None:
    with pytest.raises(ReleaseError, match=told):
        check_request(replace(REQUEST, purpose=purpose), PROFILE)


@pytest.mark.parametrize(
    ("kind", "seat", "state"),
    [
        (AgencyKind.LAW_ENFORCEMENT, AgencySeat.IN_STATE, ReleaseState.WAITING),
        (AgencyKind.PROSECUTION, AgencySeat.IN_STATE, ReleaseState.WAITING),
        (AgencyKind.LAW_ENFORCEMENT, AgencySeat.FEDERAL, ReleaseState.BARRED),
        (AgencyKind.LAW_ENFORCEMENT, AgencySeat.OUT_OF_STATE, ReleaseState.BARRED),
        (AgencyKind.PROSECUTION, AgencySeat.FEDERAL, ReleaseState.BARRED),
        (AgencyKind.OTHER_PUBLIC, AgencySeat.IN_STATE, ReleaseState.WITH_RECORDS),
        (AgencyKind.PRIVATE, AgencySeat.OUT_OF_STATE, ReleaseState.WITH_RECORDS),
    ],
)
def test_california_s_rules_say_where_a_request_begins(kind: AgencyKind, seat: AgencySeat, state: ReleaseState) -> None:
    found, note = first_state(replace(REQUEST, kind=kind, seat=seat), PROFILE.releases)
    assert (found, bool(note)) == (state, state is not ReleaseState.WAITING)


def with_way(way: RequestWay) -> Profile:
    place = (REQUEST.kind, REQUEST.seat)
    return replace(PROFILE, releases=ReleaseRules({place: way}, "a law", is_verified=True, declaration="for no raid"))


def test_a_declaration_that_the_law_asks_for_has_to_be_there() -> None:
    rules = with_way(RequestWay.DECLARATION).releases
    with pytest.raises(ReleaseError, match="has to declare: for no raid"):
        first_state(replace(REQUEST, declaration=" "), rules)
    assert first_state(replace(REQUEST, declaration="for no raid"), rules) == (ReleaseState.WAITING, "")


def test_who_is_not_in_the_rules_is_barred() -> None:
    assert first_state(REQUEST, ReleaseRules({}, "a law", is_verified=True)) == (ReleaseState.BARRED, "a law")


def test_a_request_is_approved_by_another_and_then_handed_over() -> None:
    check_step(REQUEST, [ENTERED], APPROVAL, PROFILE)
    check_step(REQUEST, [ENTERED, APPROVAL], PACKAGED, PROFILE)
    check_step(REQUEST, [ENTERED, APPROVAL, PACKAGED], HANDED_OVER, PROFILE)


@pytest.mark.parametrize("person", ["clerk", ""])
def test_whoever_entered_it_does_not_approve_it_nor_does_nobody(person: str) -> None:
    with pytest.raises(ReleaseError, match=r"somebody else has to \(policy 462\.7\(b\)\)"):
        check_step(REQUEST, [ENTERED], replace(APPROVAL, person_id=person), PROFILE)


def test_no_more_is_approved_than_was_asked_for() -> None:
    more = ReleaseScope((*SCOPE.plates, "7OTHER1"), SCOPE.begin, SCOPE.end)
    for scope in (more, None):
        with pytest.raises(ReleaseError, match="no more is approved"):
            check_step(REQUEST, [ENTERED], replace(APPROVAL, scope=scope), PROFILE)
    less = ReleaseScope(SCOPE.plates[:1], SCOPE.begin, SCOPE.begin + timedelta(hours=1))
    check_step(REQUEST, [ENTERED], replace(APPROVAL, scope=less), PROFILE)


@pytest.mark.parametrize("way", [RequestWay.BARRED, RequestWay.RECORDS])
def test_what_the_rules_bar_by_now_is_not_approved_however_it_was_entered(way: RequestWay) -> None:
    with pytest.raises(ReleaseError, match="the rules in force bar it by now"):
        check_step(REQUEST, [ENTERED], APPROVAL, with_way(way))


def test_a_purpose_that_is_offered_no_more_is_not_approved() -> None:
    purposes = {code: rule for code, rule in PROFILE.purposes.items() if code != REQUEST.purpose}
    with pytest.raises(ReleaseError, match="its purpose is offered no more"):
        check_step(REQUEST, [ENTERED], APPROVAL, replace(PROFILE, purposes=purposes))


GOES_ON = {
    ReleaseState.WAITING,
    ReleaseState.APPROVED,
    ReleaseState.PACKAGED,
    ReleaseState.HANDED_OVER,
    ReleaseState.CONFIRMED,
}
ENDS = [state for state in ReleaseState if state not in GOES_ON]


@pytest.mark.parametrize("last", ENDS)
@pytest.mark.parametrize("state", list(ReleaseState))
def test_nothing_follows_an_end(last: ReleaseState, state: ReleaseState) -> None:
    step = replace(HANDED_OVER, state=state, scope=SCOPE, person_id="commander")
    with pytest.raises(ReleaseError, match=f"the request is {last.value.replace('_', ' ')}: it cannot be"):
        check_step(REQUEST, [replace(ENTERED, state=last)], step, PROFILE)


def test_nothing_is_handed_over_that_was_not_approved_or_not_packaged() -> None:
    with pytest.raises(ReleaseError, match="the request is waiting: it cannot be handed over"):
        check_step(REQUEST, [ENTERED], HANDED_OVER, PROFILE)
    with pytest.raises(ReleaseError, match="the request is approved: it cannot be handed over"):
        check_step(REQUEST, [ENTERED, APPROVAL], HANDED_OVER, PROFILE)


@pytest.mark.parametrize("state", [ReleaseState.REFUSED, ReleaseState.WITHDRAWN, ReleaseState.HANDED_OVER])
def test_a_refusal_a_withdrawal_and_what_was_handed_over_need_words(state: ReleaseState) -> None:
    with pytest.raises(ReleaseError, match="say why"):
        check_step(REQUEST, [ENTERED, APPROVAL, PACKAGED], replace(HANDED_OVER, state=state, note=" "), PROFILE)
    check_step(REQUEST, [ENTERED, APPROVAL, PACKAGED], replace(HANDED_OVER, state=state, note="x" * 500), PROFILE)
    for note in ("x" * 501, "a\nb"):
        with pytest.raises(ReleaseError, match="500 characters at most"):
            check_step(REQUEST, [ENTERED, APPROVAL, PACKAGED], replace(HANDED_OVER, state=state, note=note), PROFILE)


def test_what_was_handed_over_is_named_by_its_digest() -> None:
    with pytest.raises(ReleaseError, match="SHA-256"):
        check_step(REQUEST, [ENTERED, APPROVAL, PACKAGED], replace(HANDED_OVER, package_sha256=""), PROFILE)


def test_no_profile_is_loaded_that_leaves_an_agency_out(tmp_path: Path) -> None:
    assert set(PROFILE.releases.ways) == {(kind, seat) for kind in AgencyKind for seat in AgencySeat}
    assert not PROFILE.releases.is_verified, "the law's text was not read for this release"
