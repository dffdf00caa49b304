"""The pages that book a case of all units out, over TLS: what is made there, saved, opened by two, and refused."""

import re
from pathlib import Path

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.serving import PACKAGES_NAME
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.evidence.verification import verify_package
from tests.department.enrolment import enrol_unit
from tests.department.evidence.test_bookings import CASE
from tests.department.inquiries.inquirers import Inquirers, authoriser_of
from tests.department.page.job_answers import done_page, fault_line, job_fault
from tests.department.page.page_office import FOR_STOLEN, PICTURED, client_of, newest
from tests.department.page.test_cases_page import FOR_CASE, OTHER_CASE, open_case

AGENCIES = 'Another agency: <a href="/releases">Releases</a>'


def hold_pictured(inquirers: Inquirers, folder: Path) -> None:
    """Hold the read with pictures for the case."""
    enrol_unit(inquirers.directory, "car-1", folder / "car-1")
    with open_office(inquirers.directory) as office:
        clerk = authoriser_of(office, inquirers.ids["records"])
        office.holds.place(clerk, Purpose(FOR_STOLEN["purpose"], None, CASE), ["car-1:pictured"], "subpoena 12", None)


def test_a_case_is_booked_out_saved_and_opened_by_two(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    with client_of(inquirers, server, "records") as clerk, client_of(inquirers, server, "commander") as other:
        path = open_case(clerk, "/evidence", FOR_CASE)
        nothing = job_fault(clerk, clerk.post(f"{path}/package"))
        assert nothing == "No read is held for the case; hold what belongs to it, or search for its plates."
        hold_pictured(inquirers, tmp_path)
        assert f"{path}/package" in clerk.get(path).text
        form = clerk.get(f"{path}/package").text
        assert (f"Book case {CASE} out" in form, f"{AGENCIES} (policy 462.7)." in form) == (True, True)
        for fields, told in (
            ({"begin": "2026-01-01T00:00"}, "A time bounds a search for plates: give some, or no time."),
            ({"plates": "8ABC123", "begin": "2026-01-01T00:00"}, "A time from and to is a date and a time"),
            ({"medium": "x" * 101}, "The number of the medium is longer than 100 characters"),
        ):
            wrong = clerk.post(f"{path}/package", data=fields)
            assert (wrong.status_code, told in fault_line(wrong)) == (422, True), wrong.text
        made = done_page(clerk, clerk.post(f"{path}/package", data={"medium": "M-9", "recipient": "DA"}))
        assert f"Case {CASE} is booked out" in made.text
        assert "1 read of car-1, 0 hits, 2 pictures; read back, in the register" in made.text
        (link,) = re.findall(r'href="(/evidence/[^"]+/packages/[^"]+)"', made.text)
        package_id, file = link.rpartition("/")[2], tmp_path / "saved.zip"
        file.write_bytes(clerk.get(link).content)
        assert (newest(inquirers, 1)[0].action, newest(inquirers, 1)[0].objects) == ("export_case", (package_id,))
        page = clerk.get(path).text
        assert all(text in page for text in (package_id, "M-9", "at the department, of all units", "Save the package"))
        elsewhere = open_case(clerk, "/evidence", OTHER_CASE)
        assert clerk.get(f"{elsewhere}/packages/{package_id}").status_code == 404
        assert other.get(link).status_code == 404, "it is another session's"
        clerk.post(f"{path}/ask", data={"package_id": package_id, "reason": "for the court"})
        others = open_case(other, "/evidence", FOR_CASE)
        (request_id,) = re.findall(r'name="request_id" value="([^"]+)"', other.get(others).text)
        assert other.post(f"{others}/approve", data={"request_id": request_id}).status_code == 303
        shown = clerk.post(f"{path}/passphrase", data={"request_id": request_id})
        (phrase,) = re.findall(r'<p class="plate">([^<]+)</p>', shown.text)
        authority = Authority.load(TlsFiles(inquirers.directory)).fingerprint
        verdict = verify_package(file, lambda _done, _total: None, authority, phrase)
        assert (verdict.holds, verdict.faults) == (True, ())
        assert PICTURED not in f"{made.url}{link}"


def test_a_package_of_a_closed_session_is_shown_no_more_and_waits_for_seven_days(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    folder = inquirers.directory / PACKAGES_NAME
    hold_pictured(inquirers, tmp_path)
    with client_of(inquirers, server, "supervisor") as client:
        path = open_case(client, "/evidence", FOR_CASE)
        made = done_page(client, client.post(f"{path}/package", data={"pictures": "plates"}))
        assert "1 picture;" in made.text
        assert client.post("/lock").status_code == 303
        assert client.get(made.url.path).status_code == 404
    assert list(folder.glob("evidence-*/evidence-*.zip"))
