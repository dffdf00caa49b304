"""The pages of requests over TLS: from the letter to what the data was used for, each step by whom the rules say."""

import csv
import hashlib
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.serving import PACKAGES_NAME
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.releases.requests import LETTER_BYTES_MAX
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.job_answers import done_page, fault_line, job_fault
from tests.department.page.page_office import PICTURED, client_of, make_register_office, newest, seen_times
from tests.department.releases.test_letter_scan import BAD, SCANNER

LETTER = b"%PDF-1.7\r\nDear Commander\r\n--none\x00\xff"


def request_fields(**fields: str) -> dict[str, str]:
    """The fields of a request for the read with pictures."""
    begin, end = seen_times()
    return {
        "agency": "County Sheriff", "requester": "Lt. A. Ruiz", "kind": "law_enforcement", "seat": "in_state",
        "for": "criminal_investigation", "words": "a series\r\nof burglaries",
        "plates": f"{PICTURED.lower()}\r\n8ABC123", "begin": begin, "end": end, "pictures": "scenes",
    } | fields  # fmt: skip


def send(client: httpx.Client, letter: bytes = LETTER, **fields: str) -> httpx.Response:
    return client.post("/releases/new", data=request_fields(**fields), files={"letter": ("request.pdf", letter)})


def this_month() -> str:
    return f"{datetime.now(UTC).astimezone():%Y-%m}"


def make_package(clerk: httpx.Client, path: str) -> str:
    """Make the package of a request, whose passphrase is shown once; returns its digest."""
    made = done_page(clerk, clerk.post(f"{path}/package"))
    assert "1 read, 1 picture" in made.text
    shown = clerk.post(made.url.path)
    (phrase,) = re.findall(r'class="passphrase">([^<]+)<', shown.text)
    assert phrase not in made.text
    assert clerk.post(made.url.path).status_code == 404
    file = clerk.get(f"{path}/package")
    sha256 = hashlib.sha256(file.content).hexdigest()
    assert (file.content[:2], sha256 in clerk.get(path).text) == (b"PK", True)
    return sha256


def test_a_request_goes_its_whole_way_by_two_people(clerks: Inquirers, register_server: DepartmentPageServer) -> None:
    with (
        client_of(clerks, register_server, "records") as clerk,
        client_of(clerks, register_server, "commander") as other,
    ):
        path = send(clerk, words=f"about {PICTURED[:4]} {PICTURED[4:].lower()}").headers["location"]
        assert clerk.get(f"{path}/letter").content == LETTER
        assert "it is not scanned for viruses" in clerk.get(path).text
        page = other.get(path).text
        assert all(each in page for each in (PICTURED, "another person approves or refuses it", "Due: review by"))
        assert f"{path}/approve" in page
        assert f"{path}/approve" not in clerk.get(path).text
        assert clerk.post(f"{path}/approve").status_code == 403
        wider = other.post(f"{path}/approve", data={"plates": "7THER11", "note": "typed"})
        assert (wider.status_code, fault_line(wider)) == (422, "No more is approved than was asked for.")
        assert 'value="typed"' in wider.text
        assert (
            other.post(f"{path}/approve", data={"plates": PICTURED, "pictures": "plates"}).headers["location"] == path
        )
        sha256 = make_package(clerk, path)
        again = job_fault(clerk, clerk.post(f"{path}/package"))
        assert again == "A package was made by this approval: say why it takes another one."
        wrong = clerk.post(f"{path}/hand-over", data={"sha256": "ab" * 32, "note": "by courier"})
        assert (wrong.status_code, fault_line(wrong).startswith("This file is not the package")) == (422, True)
        given = clerk.post(f"{path}/hand-over", data={"is_waiting": "yes", "note": f"{PICTURED}, by courier"})
        assert given.headers["location"] == path
        assert not list((clerks.directory / PACKAGES_NAME).iterdir())
        assert clerk.get(f"{path}/package").status_code == 404
        for step in ("confirm", "report"):
            assert clerk.post(f"{path}/{step}", data={"note": "letter of Monday"}).headers["location"] == path
        text = clerk.get(
            clerk.post("/releases/register", data={"period": this_month()}).headers["location"] + "/csv"
        ).text
    (line,) = [row for row in csv.DictReader(io.StringIO(text)) if row["request"] == path.rsplit("/", 1)[1]]
    assert (line["state"], line["decided_by"], line["reads"], line["package_sha256"]) == (
        "reported", "Commander", "1", sha256,
    )  # fmt: skip
    assert (PICTURED in text, line["words"], line["handed_over_how"]) == (False, "about [plate]", "[plate], by courier")
    steps = [each.action for each in newest(clerks, 60) if each.person_id == clerks.ids["commander"]]
    assert steps.count("decide_release") == 3


def test_a_letter_in_which_the_scanner_finds_something_is_not_handed_out(tmp_path: Path) -> None:
    some, scanner = make_register_office(tmp_path), tmp_path / "scanner"
    scanner.write_text(SCANNER, encoding="utf-8")
    scanner.chmod(0o755)
    with (some.directory / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(f'[releases]\nscan_command = ["{scanner}"]\n')
    with DepartmentPageServer(some.directory) as server, client_of(some, server, "records") as clerk:
        path = send(clerk).headers["location"]
        assert "it is not scanned for viruses" not in clerk.get(path).text
        assert clerk.get(f"{path}/letter").content == LETTER
        bad = clerk.get(f"{send(clerk, letter=BAD).headers['location']}/letter")
        assert (bad.status_code, "scanner found something in the letter" in bad.text) == (404, True)
        assert b"MALWARE" not in bad.content


def test_what_is_wrong_is_told_on_the_form_with_what_was_typed(
    clerks: Inquirers, register_server: DepartmentPageServer
) -> None:
    faults = {
        "The written request is empty or larger": {"letter": b""},
        "The request lacks its agency": {"agency": " "},
        "From and to are a date and a time": {"begin": "then"},
        "A request names the plates": {"plates": ","},
        "Choose what the agency wants it for": {"for": "spying"},
        "The area: ": {"area": "nowhere"},
    }
    with client_of(clerks, register_server, "records") as clerk:
        for line, fields in faults.items():
            answer = send(clerk, **fields)  # type: ignore[arg-type]
            assert (answer.status_code, fault_line(answer).startswith(line)) == (422, True), line
            assert "Lt. A. Ruiz" in answer.text
        large = send(clerk, letter=bytes(LETTER_BYTES_MAX + 1))
        assert (large.status_code, "larger than 10 MiB" in fault_line(large)) == (422, True)
        assert (
            fault_line(clerk.post("/releases/register", data={"period": "May"}))
            == "A month looks like 2026-11, a year like 2026."
        )


def test_the_rules_bar_pass_on_and_let_nobody_approve_their_own(
    clerks: Inquirers, register_server: DepartmentPageServer
) -> None:
    with client_of(clerks, register_server, "commander") as client:
        barred = client.get(send(client, seat="federal").headers["location"]).text
        assert ("barred by law" in barred, "Civil Code 1798.90.55(b)" in barred, "/approve" in barred) == (
            True,
            True,
            False,
        )
        passed_on = client.get(send(client, kind="private").headers["location"]).text
        assert ("with records" in passed_on, "Records Maintenance and Release Policy" in passed_on) == (True, True)
        path = send(client).headers["location"]
        assert "You entered it: another person approves it" in client.get(path).text
        own = client.post(f"{path}/approve")
        assert (own.status_code, "somebody else has to" in fault_line(own)) == (422, True)
        refused = client.post(f"{path}/refuse", data={"note": "no case"})
        assert (refused.headers["location"], "refused</b>, Commander: no case" in client.get(path).text) == (path, True)
        for page in (client.get("/releases").text, client.get(f"/releases/register/{this_month()}").text):
            assert ("County Sheriff" in page, PICTURED in page) == (True, False)
