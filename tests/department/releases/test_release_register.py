"""The register on each engine: entered by one, decided by another, sealed, on record, and never changed."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.domain.errors import AccessError, ReleaseError, StoreError
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.releases.agencies import AgencySeat
from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX, ReleaseScope
from alpr_edge.domain.releases.steps import ReleaseState
from tests.department.engines import ROWS_STAY, query
from tests.department.inquiries.inquirers import Inquirers, records_of
from tests.department.releases.cases import LETTER, Roles
from tests.domain.releases.test_releases import REQUEST, SCOPE

RELEASE, AUDIT = Purpose(PurposeCode.RELEASE.value), Purpose(PurposeCode.AUDIT.value)


@pytest.fixture
def on_file(office: InquiryOffice, of: Roles) -> FiledRequest:
    return office.releases.enter(of("records"), REQUEST, LETTER)


def test_a_request_is_on_file_with_its_letter_and_waits(
    office: InquiryOffice, of: Roles, on_file: FiledRequest
) -> None:
    found = office.releases.show(of("commander"), on_file.request_id)
    assert found == on_file
    assert (found.state, found.steps[0].person) == (ReleaseState.WAITING, "Records")
    assert found.request == replace(REQUEST, letter_sha256=hashlib.sha256(LETTER).hexdigest())
    assert office.releases.letter(of("commander"), on_file.request_id) == LETTER
    record = records_of(office)[-1]
    assert (record.action, record.objects, record.shown_bytes) == ("show_releases", (on_file.request_id,), len(LETTER))


def test_what_an_agency_writes_is_looked_through_for_hints_at_what_is_barred(office: InquiryOffice, of: Roles) -> None:
    first = office.log.size()
    for words in ("locate a driver for deportation", "locate a driver"):
        office.releases.enter(of("records"), replace(REQUEST, words=words), LETTER)
    reasons = [record.reason for record in records_of(office, first) if record.action == "enter_release"]
    assert reasons == ["flagged immigration_enforcement", ""]


def test_it_is_approved_by_another_in_part_and_handed_over(
    office: InquiryOffice, of: Roles, on_file: FiledRequest, tmp_path: Path
) -> None:
    part = ReleaseScope(SCOPE.plates[:1], SCOPE.begin, SCOPE.begin + timedelta(hours=1))
    approved = office.releases.decide(of("commander"), on_file.request_id, ReleaseState.APPROVED, "one plate", part)
    assert (approved.state, approved.steps[-1].scope) == (ReleaseState.APPROVED, part)
    made = of.package(on_file.request_id, tmp_path / "out").filed.steps[-1].package_sha256
    done = office.releases.hand_over(of("records"), on_file.request_id, "by courier", made)
    assert [step.state for step in done.steps] == [
        ReleaseState.WAITING,
        ReleaseState.APPROVED,
        ReleaseState.PACKAGED,
        ReleaseState.HANDED_OVER,
    ]
    assert office.releases.show(of("auditor"), on_file.request_id, AUDIT) == done
    actions = [record.action for record in records_of(office) if on_file.request_id in record.objects]
    assert actions == [
        "enter_release",
        "decide_release",
        "package_release",
        "package_release",
        "hand_over_release",
        "show_releases",
    ]


def test_a_commander_does_not_approve_what_they_entered(office: InquiryOffice, of: Roles) -> None:
    own = office.releases.enter(of("commander"), REQUEST, LETTER)
    with pytest.raises(ReleaseError, match="somebody else has to"):
        office.releases.decide(of("commander"), own.request_id, ReleaseState.APPROVED, "")
    assert records_of(office)[-1].note.startswith("not done: ReleaseError")
    assert office.releases.show(of("commander"), own.request_id).state is ReleaseState.WAITING


@pytest.mark.parametrize("seat", [AgencySeat.FEDERAL, AgencySeat.OUT_OF_STATE])
def test_what_the_law_bars_is_on_file_and_nobody_approves_it(
    office: InquiryOffice, of: Roles, seat: AgencySeat
) -> None:
    barred = office.releases.enter(of("records"), replace(REQUEST, seat=seat), LETTER)
    assert (barred.state, "1798.90.55(b)" in barred.steps[0].note) == (ReleaseState.BARRED, True)
    with pytest.raises(ReleaseError, match="the request is barred: it cannot be approved"):
        office.releases.decide(of("commander"), barred.request_id, ReleaseState.APPROVED, "as a favour")
    with pytest.raises(ReleaseError, match="the request is barred: it cannot be handed over"):
        office.releases.hand_over(of("records"), barred.request_id, "as a favour", "cd" * 32)


@pytest.mark.parametrize("role", [role.value.replace("_", "-") for role in Role])
def test_who_may_enter_decide_and_see(office: InquiryOffice, of: Roles, on_file: FiledRequest, role: str) -> None:
    enters = role in {"records", "supervisor", "commander"}
    sees = enters or role in {"auditor", "alpr-administrator"}
    decides = role == "commander"
    assert _is_allowed(lambda: office.releases.enter(of(role), REQUEST, LETTER)) == enters
    assert _is_allowed(lambda: office.releases.list(of(role), RELEASE if enters else AUDIT)) == sees
    request_id, refused = on_file.request_id, ReleaseState.REFUSED
    assert _is_allowed(lambda: office.releases.decide(of(role), request_id, refused, "no ground")) == decides


def _is_allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except AccessError:
        return False
    return True


def test_nothing_is_changed_or_deleted_and_the_database_alone_tells_no_plate(
    people: Inquirers, on_file: FiledRequest
) -> None:
    for table in ("release_requests", "release_steps"):
        for statement in (f"UPDATE {table} SET body = letter", f"DELETE FROM {table}"):
            changed = statement.replace("letter", "body") if table == "release_steps" else statement
            with pytest.raises(StoreError, match=ROWS_STAY):
                query(people.directory, changed)
    rows = [*query(people.directory, "SELECT * FROM release_requests")]
    rows += query(people.directory, "SELECT * FROM release_steps")
    values = [value for row in rows for value in row]
    content = b"".join(bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for each in values)
    assert on_file.request_id.encode() in content
    assert not any(text in content for text in (b"8ABC123", b"Sheriff", b"Dear Commander", b"A Clerk"))


@pytest.mark.parametrize("size", [0, LETTER_BYTES_MAX + 1])
def test_a_letter_that_is_none_or_too_large_is_refused(office: InquiryOffice, of: Roles, size: int) -> None:
    with pytest.raises(ReleaseError, match="empty or larger"):
        office.releases.enter(of("records"), REQUEST, bytes(size))


def test_a_request_that_is_not_there(office: InquiryOffice, of: Roles) -> None:
    with pytest.raises(ReleaseError, match="release-0: no such request"):
        office.releases.show(of("records"), "release-0")
    with pytest.raises(ReleaseError, match="release-0: no such request"):
        office.releases.letter(of("records"), "release-0")
    with pytest.raises(ReleaseError, match="release-0: no such request"):
        office.releases.decide(of("commander"), "release-0", ReleaseState.REFUSED, "no")
