"""The pages of saved searches, holds and evidence over TLS: what is done there, refused, and put on record."""

import re
from pathlib import Path
from urllib.parse import unquote

import httpx

from alpr_edge.department.page.server import DepartmentPageServer
from tests.department.enrolment import enrol_unit
from tests.department.evidence.test_bookings import CASE, PACKAGE, PASSPHRASE
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.page_office import FOR_STOLEN, PICTURED, client_of, newest, search_word

FOR_CASE = FOR_STOLEN | {"case": CASE}
OTHER_CASE = FOR_STOLEN | {"case": "26-654321"}
HOLD = re.compile(r"/holds/[\w-]+/(department[^/\"]+)\"")


def open_case(client: httpx.Client, path: str, fields: dict[str, str]) -> str:
    """The page that a form of purpose and case leads to."""
    answer = client.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_search_is_saved_run_as_one_of_its_own_and_deleted(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "supervisor") as client:
        word = search_word(
            client, plate=f"{PICTURED}, 9ZZZ999", time="between", begin="2026-01-01T00:00", end="2027-01-01T00:00"
        )
        form = f"/saved-searches/new/{word}"
        assert PICTURED in client.get(form).text
        for fields, told in (
            ({"name": f"car {PICTURED}"}, "A name tells no plate"),
            ({"name": "both", "days": "x"}, "are a number"),
            ({"name": "both", "days": "91"}, "lasts 1 to 90 days"),
        ):
            answer = client.post(form, data=fields)
            assert (answer.status_code, told in answer.text) == (422, True), answer.text
        assert client.post(form, data={"name": "both", "days": "9"}).headers["location"] == "/saved-searches"
        listed = client.get("/saved-searches").text
        path = next(iter(re.findall(r"/saved-searches/saved-\w+", listed)))
        assert ("both" in listed, PICTURED in listed) == (True, False)
        assert PICTURED in client.get(path).text
        found = client.get(client.post(f"{path}/run").headers["location"])
        assert PICTURED in found.text
        runs = [(each.action, each.query, each.note) for each in newest(inquirers, 2)]
        assert sorted(query for _, query, _ in runs) == [PICTURED, "9ZZZ999"]
        assert all(action == "search_reads" and path.rpartition("/")[2] in note for action, _, note in runs)
        change = client.get(f"{found.url.path.rsplit('/', 1)[0]}/change").text
        assert ('value="2026-01-01T00:00"' in change, f'value="{PICTURED}, 9ZZZ999"' in change) == (True, True)
        with client_of(inquirers, server, "alpr-administrator") as administrator:
            people = administrator.get("/saved-searches/people").text
            assert ("Supervisor" in people, PICTURED in people, "both" in people) == (True, False, False)
        assert client.post(f"{path}/delete").status_code == 303
        assert client.get(path).status_code == 404


def test_what_was_found_is_held_extended_and_released_for_its_case_alone(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    enrol_unit(inquirers.directory, "car-1", tmp_path / "car-1")
    with client_of(inquirers, server, "records") as client, client_of(inquirers, server, "officer") as officer:
        word = search_word(client, plate=PICTURED)
        client.get(f"/search/{word}/1")
        form, terms = f"/holds/from/{word}/1/1", {"case": CASE, "reason": "subpoena 12", "until": "2099-01-01"}
        assert PICTURED in client.get(form).text
        for fields, told in (({"case": ""}, "needs a case|is for a case"), ({"until": "2020-01-01"}, "ended already")):
            answer = client.post(form, data=terms | fields)
            assert (answer.status_code, bool(re.search(told, answer.text))) == (422, True), answer.text
        path = client.post(form, data=terms).headers["location"]
        assert (newest(inquirers, 1)[0].action, newest(inquirers, 1)[0].note) == ("hold_read", "subpoena 12")
        page = client.get(path).text
        assert (f"Held for case {CASE}" in page, "subpoena 12" in page, "Records, department" in page) == (True,) * 3
        hold = f"{path}/{HOLD.findall(page)[0]}"
        of_officer = f"{open_case(officer, '/holds', FOR_CASE)}/{HOLD.findall(page)[0]}"
        refused = officer.post(f"{of_officer}/release", data={"reason": "done"})
        assert (refused.status_code, "by whoever placed it" in refused.text) == (422, True)
        elsewhere = f"{open_case(client, '/holds', OTHER_CASE)}/{HOLD.findall(page)[0]}"
        refused = client.post(f"{elsewhere}/release", data={"reason": "done"})
        assert (refused.status_code, "of another case" in refused.text) == (422, True)
        early = client.post(f"{hold}/extend", data={"until": "2098-01-01"})
        assert (early.status_code, "give a later end" in early.text) == (422, True)
        assert client.post(f"{hold}/extend", data={"until": ""}).headers["location"] == path
        page = client.get(path).text
        assert ("released by hand" in page, client.get(hold).status_code) == (True, 404)
        longer = f"{path}/{HOLD.findall(page)[0]}"
        assert "say why" in client.post(f"{longer}/release", data={"reason": " "}).text.lower()
        assert client.post(f"{longer}/release", data={"reason": "case closed"}).headers["location"] == path
        assert "Nothing is held for this case" in client.get(path).text
        unknown = client.post(path, data={"reads": "nothing-there", "reason": "evidence"})
        assert (unknown.status_code, "names no unit of this department" in unknown.text) == (422, True)
    actions = [(each.action, each.note) for each in newest(inquirers, 5)]
    assert ("release_read", "case closed") in actions


def test_the_page_of_holds_tells_their_ids_and_which_reads_have_not_arrived(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    enrol_unit(inquirers.directory, "car-1", tmp_path / "car-1")
    with client_of(inquirers, server, "records") as client:
        path = open_case(client, "/holds", FOR_STOLEN | {"case": "26-000003"})
        for reads, told in (
            ("car-1:pictured", "1 of car-1</dd>"),
            ("car-1:pictuerd", "1 of car-1; <b>1 of 1 has not arrived here: compare the id car-1:pictuerd</b>"),
            (
                "car-1:b, car-1:pictured, car-1:a",
                "3 of car-1; <b>2 of 3 have not arrived here: compare the ids, such as car-1:a</b>",
            ),
        ):
            assert client.post(path, data={"reads": reads, "reason": "evidence"}).headers["location"] == path
            page = client.get(path).text
            assert page.count(f"<dt>reads</dt><dd>{told}") == 1, page
            (hold_id,) = set(HOLD.findall(page))
            assert f"<dt>id</dt><dd>{unquote(hold_id)}</dd>" in page
            assert client.post(f"{path}/{hold_id}/release", data={"reason": "done"}).status_code == 303


def test_a_passphrase_takes_two_people_at_the_page(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "records") as one, client_of(inquirers, server, "commander") as other:
        own, others = (open_case(client, "/evidence", FOR_CASE) for client in (one, other))
        assert all(text in one.get(own).text for text in (CASE, "M-7", "District attorney", "a" * 32))
        empty = one.post(f"{own}/ask", data={"package_id": PACKAGE, "reason": ""})
        assert (empty.status_code, "Say why the passphrase is needed" in empty.text) == (422, True)
        assert one.post(f"{own}/ask", data={"package_id": PACKAGE, "reason": "lost note"}).headers["location"] == own
        page = other.get(others).text
        assert ("lost note" in page, "Approve that Records sees it" in page) == (True, True)
        assert "Approve that" not in one.get(own).text
        request = {"request_id": re.findall(r'name="request_id" value="([^"]+)"', page)[0]}
        for path, told in (("approve", "somebody else than who asked"), ("passphrase", "has to approve it first")):
            answer = one.post(f"{own}/{path}", data=request)
            assert (answer.status_code, told in answer.text.lower(), PASSPHRASE in answer.text) == (422, True, False)
        assert other.post(f"{others}/approve", data=request).headers["location"] == others
        assert PASSPHRASE not in other.post(f"{others}/passphrase", data=request).text
        shown = one.post(f"{own}/passphrase", data=request)
        assert (shown.status_code, PASSPHRASE in shown.text, shown.headers["cache-control"]) == (200, True, "no-store")
        assert "passphrase shown 1 time" in one.get(own).text
    actions = [each.action for each in newest(inquirers, 2)]
    assert actions == ["open_package", "show_exports"]
