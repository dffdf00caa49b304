"""The passphrase of a package: asked for by one, approved by another, on record first, and never for one alone."""

from contextlib import closing
from dataclasses import replace

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.department.evidence.passphrase_rows import APPROVAL_LASTS, APPROVAL_WAIT
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.domain.errors import AccessError, DepartmentError, StoreError
from alpr_edge.domain.instants import UtcSource
from tests.department.engines import ROWS_STAY, query
from tests.department.evidence.test_bookings import CASE, OTHER, PACKAGE, PASSPHRASE, WITH_HITS
from tests.department.inquiries.inquirers import Inquirers, StillClock, authoriser_of, changed_person, records_of

REASON = "the district attorney lost the note"


def of(office: InquiryOffice, people: Inquirers, role: str) -> Authoriser:
    return authoriser_of(office, people.ids[role])


def test_it_takes_two_and_every_step_is_on_record(office: InquiryOffice, people: Inquirers) -> None:
    count = len(records_of(office))
    request = office.passphrases.ask(of(office, people, "records"), PACKAGE, f" {REASON} ")
    approved = office.passphrases.approve(of(office, people, "supervisor"), request.request_id)
    assert approved.approved is not None
    assert (approved.asked.name, approved.approved.name) == ("Records", "Supervisor")
    assert office.passphrases.passphrase(of(office, people, "records"), request.request_id) == PASSPHRASE
    records = records_of(office)[count:]
    assert [each.action for each in records] == ["ask_opening", "approve_opening", "open_package"]
    assert {(each.purpose, each.case) for each in records} == {("discovery", CASE)}
    assert all(request.request_id in each.objects for each in records)
    with closing(Storage(people.directory, create=False)) as storage:
        (listed,) = (each for each in storage.bookings.list_bookings() if each.package_id == PACKAGE)
    assert (listed.openings, approved in listed.requests) == (1, True)
    rows = query(people.directory, "SELECT package_id, opened_by, reason FROM evidence_openings")
    assert rows == [(PACKAGE, people.ids["records"], f"{REASON} ({request.request_id})")]
    for table in ("evidence_openings", "passphrase_steps"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET reason = ''"):
            with pytest.raises(StoreError, match=ROWS_STAY):
                query(people.directory, statement)


def test_nobody_approves_what_they_asked_for_or_sees_what_another_asked_for(
    office: InquiryOffice, people: Inquirers
) -> None:
    request_id = office.passphrases.ask(of(office, people, "commander"), PACKAGE, REASON).request_id
    with pytest.raises(DepartmentError, match="another person has to approve it first"):
        office.passphrases.passphrase(of(office, people, "commander"), request_id)
    with pytest.raises(DepartmentError, match="somebody else than who asked"):
        office.passphrases.approve(of(office, people, "commander"), request_id)
    assert records_of(office)[-1].note.startswith("not done: DepartmentError")
    office.passphrases.approve(of(office, people, "records"), request_id)
    with pytest.raises(DepartmentError, match="approved already, by Records"):
        office.passphrases.approve(of(office, people, "supervisor"), request_id)
    with pytest.raises(DepartmentError, match="only Commander, who asked, may look at it"):
        office.passphrases.passphrase(of(office, people, "records"), request_id)


def test_a_package_with_hits_opens_for_whoever_booked_it_out_or_may_see_all_hits(
    office: InquiryOffice, people: Inquirers
) -> None:
    requests, all_lists = office.passphrases, ["department", "state", "federal"]
    with pytest.raises(DepartmentError, match="hits may be of lists that you may not see"):
        requests.ask(of(office, people, "records"), WITH_HITS, REASON)
    assert records_of(office)[-1].note.startswith("not done: DepartmentError")
    own = requests.ask(of(office, people, "supervisor"), WITH_HITS, REASON)
    requests.approve(of(office, people, "records"), own.request_id)
    assert requests.passphrase(of(office, people, "supervisor"), own.request_id) == PASSPHRASE
    for details in ({"has_covert_clearance": True, "sources": ["department", "state"]}, {"sources": all_lists}):
        with (
            changed_person(office, people.ids["commander"], **details),
            pytest.raises(DepartmentError, match="hits may be of lists that you may not see"),
        ):
            requests.ask(of(office, people, "commander"), WITH_HITS, REASON)
    with changed_person(office, people.ids["commander"], has_covert_clearance=True, sources=all_lists):
        asked = requests.ask(of(office, people, "commander"), WITH_HITS, REASON)
        requests.approve(of(office, people, "records"), asked.request_id)
        assert requests.passphrase(of(office, people, "commander"), asked.request_id) == PASSPHRASE
    with pytest.raises(DepartmentError, match="hits may be of lists that you may not see"):
        requests.passphrase(of(office, people, "commander"), asked.request_id)


def test_whoever_may_not_see_data_of_the_department_asks_for_no_passphrase(
    office: InquiryOffice, people: Inquirers
) -> None:
    with changed_person(office, people.ids["records"], sources=["state"]), pytest.raises(AccessError):
        office.passphrases.ask(of(office, people, "records"), PACKAGE, REASON)


def test_a_request_and_its_approval_end(office: InquiryOffice, people: Inquirers, clock: StillClock) -> None:
    first = office.passphrases.ask(of(office, people, "records"), PACKAGE, REASON)
    second = office.passphrases.ask(of(office, people, "records"), PACKAGE, REASON)
    office.passphrases.approve(of(office, people, "commander"), second.request_id)
    clock.move(APPROVAL_LASTS.total_seconds())
    with pytest.raises(DepartmentError, match="it has ended; ask anew"):
        office.passphrases.passphrase(of(office, people, "records"), second.request_id)
    clock.move((APPROVAL_WAIT - APPROVAL_LASTS).total_seconds())
    with pytest.raises(DepartmentError, match="it has ended; ask anew"):
        office.passphrases.approve(of(office, people, "commander"), first.request_id)


@pytest.mark.parametrize(
    ("package_id", "reason", "words"),
    [
        (PACKAGE, " ", "say why"),
        (PACKAGE, "a\nb", "say why"),
        (PACKAGE, "x" * 501, "say why"),
        ("unit-1:none", "because", "no such package"),
        (OTHER, "because", "knew no department"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_a_line(
    office: InquiryOffice, people: Inquirers, package_id: str, reason: str, words: str
) -> None:
    with pytest.raises(DepartmentError, match=words) as error:
        office.passphrases.ask(of(office, people, "records"), package_id, reason)
    assert "\n" not in str(error.value)


def test_nothing_is_opened_without_a_date_or_for_who_may_not_book_out(
    office: InquiryOffice, people: Inquirers, clock: StillClock
) -> None:
    with pytest.raises(AccessError):
        office.passphrases.ask(of(office, people, "officer"), PACKAGE, REASON)
    asker = of(office, people, "records")
    clock.instant = replace(clock.instant, utc_source=UtcSource.RTC)
    with pytest.raises((DepartmentError, AccessError), match=r"clock|time"):
        office.passphrases.ask(asker, PACKAGE, REASON)
