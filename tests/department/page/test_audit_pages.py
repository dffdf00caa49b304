"""The pages of audits and incidents over TLS: drawn, reviewed by one, signed off by another; an incident to its end."""

import re
from datetime import UTC, datetime, timedelta

import httpx

from alpr_edge.department.page.server import DepartmentPageServer
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.job_answers import done_page, fault_line
from tests.department.page.page_office import PICTURED, audited_days, client_of, newest

NO_PLATE = "The text seems to name a plate, and stands where no plate is shown: leave it out."


def test_an_audit_goes_its_whole_way_by_two_people(clerks: Inquirers, register_server: DepartmentPageServer) -> None:
    server = register_server
    with client_of(clerks, server, "supervisor") as first, client_of(clerks, server, "commander") as second:
        for fields, line in (
            ({"period": "May"}, "May: no days; they look like"),
            ({"seed": "abc"}, "A seed is 32 to 128 hexadecimal digits"),
        ):
            wrong = first.post("/audits", data=fields)
            assert (wrong.status_code, fault_line(wrong).startswith(line)) == (422, True)
            assert f'value="{next(iter(fields.values()))}"' in wrong.text
        page = done_page(first, first.post("/audits", data={"period": audited_days(), "seed": "ab" * 32}))
        assert page.url.path == "/audits/1"
        assert "ab" * 32 in page.text
        assert page.text.count(f'class="plate">{PICTURED}') == 6
        assert "looked for the same plate 5 times, with no case" in page.text
        assert page.text.count("<td>search reads, allowed; 1 shown</td>") == 6
        assert page.text.count("<td>stolen vehicle, vehicle theft</td>") == 1
        (own,) = re.findall(r'row">(\d)</th>\s*<td>Supervisor \(you\)', page.text)
        (offered,) = re.findall(r'name="numbers"[^>]* value="([^"]*)"', page.text)
        assert own not in offered
        wrong = first.post("/audits/1/review", data={"numbers": own, "finding": "in_order"})
        refusal = f"Number {own} is a record of your own: somebody else has to review it."
        assert (wrong.status_code, fault_line(wrong)) == (422, refusal)
        why = first.post("/audits/1/review", data={"numbers": offered, "finding": "explained"})
        assert (fault_line(why), f'value="{offered}"' in why.text) == ("Say what you found; it stands on file.", True)
        for plate in (PICTURED, "8xyz 123"):
            text = f"{plate} is the wife's car"
            told = first.post("/audits/1/review", data={"numbers": offered, "finding": "explained", "text": text})
            assert (told.status_code, fault_line(told)) == (422, NO_PLATE)
        done = first.post("/audits/1/review", data={"numbers": offered, "finding": "explained", "text": "one case"})
        assert done.headers["location"] == "/audits/1/1"
        early = second.post("/audits/1/sign-off")
        assert fault_line(early) == "1 records of audit 1 have no finding yet."
        with client_of(clerks, server, "auditor") as auditor:
            assert auditor.post("/audits/1/sign-off").status_code == 403
            auditor.post("/audits/1/review", data={"numbers": own, "finding": "in_order"})
        assert fault_line(second.post("/audits/1/sign-off", data={"note": f"of {PICTURED}"})) == NO_PLATE
        assert fault_line(second.post("/audits/1/sign-off")) == "Say what you found; it stands on file."
        assert second.post("/audits/1/sign-off", data={"note": "done"}).headers["location"] == "/audits/1"
        assert "signed off" in second.get("/audits").text
    check_report(clerks, server)


def check_report(clerks: Inquirers, server: DepartmentPageServer) -> None:
    """The report on the audit that was signed off fits the logs, has no plate, and is its own session's."""
    with client_of(clerks, server, "supervisor") as first, client_of(clerks, server, "commander") as second:
        report = done_page(second, second.post("/audits/1/report"))
        assert ("NOT SO" in report.text, "The access log has every step" in report.text) == (False, True)
        assert report.text.count("<td>search reads, allowed; 1 shown</td><td>stolen vehicle") == 6
        assert report.text.count("<td>stolen vehicle, vehicle theft</td>") == 1
        table = second.get(f"{report.url.path}/csv").text
        assert (table.count(",stolen_vehicle,vehicle_theft,,allowed,1,"), table.count(",allowed,1,")) == (1, 6)
        assert (table.count("explained"), PICTURED in report.text + table) == (5, False)
        assert first.get(report.url.path).status_code == 404
    actions = [each.action for each in newest(clerks, 40)]
    assert {"draw_audit", "review_records", "sign_off_audit", "show_audits"} <= set(actions)


def test_an_incident_is_entered_followed_up_and_closed_with_its_notice(
    clerks: Inquirers, register_server: DepartmentPageServer
) -> None:
    known = f"{(datetime.now(UTC) - timedelta(hours=1)).astimezone():%Y-%m-%dT%H:%M}"
    facts = {"kind": "breach", "what": "a stick\r\nwas lost", "known": known, "told_by": "Ana Ruiz"}
    with client_of(clerks, register_server, "auditor") as client:
        for fields, line in (
            ({"kind": ""}, "An incident has a kind"),
            ({"people": "some"}, "A number of people or reads is a number."),
            ({"known": "then"}, "Happened and known are a date and a time"),
            ({"what": f"somebody looked for {PICTURED}"}, NO_PLATE),
            ({"notices": f"the owner of {PICTURED[:4]} {PICTURED[4:]}"}, NO_PLATE),
        ):
            wrong = client.post("/incidents/new", data=facts | fields)
            assert (wrong.status_code, fault_line(wrong).startswith(line), "Ana Ruiz" in wrong.text) == (
                422,
                True,
                True,
            )
        path = client.post("/incidents/new", data=facts).headers["location"]
        added = {"what": "the stick was found", "people": "3", "notices": "to A. B., today, by letter\r\n"}
        unsaid = client.post(f"{path}/close", data={"what": "over"})
        assert fault_line(unsaid).startswith("A breach is closed once its notices are on file;")
        assert ">over</textarea>" in unsaid.text
        bare = client.post(f"{path}/close", data={"what": "No notice due."})
        assert (bare.status_code, "and why" in fault_line(bare)) == (422, True)
        assert client.post(f"{path}/follow-up", data=added).headers["location"] == path
        assert client.post(f"{path}/close", data={"what": "over"}).headers["location"] == path
        page = client.get(path).text
        assert all(each in page for each in ("closed", "to A. B., today, by letter", "<dd>3</dd>"))
        assert "closed" in client.get("/incidents").text
        assert fault_line(client.post(f"{path}/follow-up", data=added)).startswith("The incident is closed")


def test_a_text_that_is_too_long_is_refused_and_stays_in_the_form(
    clerks: Inquirers, register_server: DepartmentPageServer
) -> None:
    known, text = f"{datetime.now(UTC).astimezone():%Y-%m-%dT%H:%M}", "x" * 4001
    with client_of(clerks, register_server, "auditor") as client:
        assert ("<textarea" in client.get("/incidents/new").text, cut_fields(client, "/incidents/new")) == (True, [])
        facts = {"kind": "other", "what": "a fault", "known": known, "told_by": "Ana Ruiz"}
        path = client.post("/incidents/new", data=facts).headers["location"]
        assert cut_fields(client, path) == []
        for form, fields in (("/incidents/new", facts), (f"{path}/follow-up", {}), (f"{path}/close", {})):
            long = client.post(form, data=fields | {"what": text})
            assert (long.status_code, f">{text}</textarea>" in long.text) == (422, True)
            assert fault_line(long) == "A text has 4000 characters at most, all printable."
    with client_of(clerks, register_server, "records") as client:
        assert ("<textarea" in client.get("/releases/new").text, cut_fields(client, "/releases/new")) == (True, [])


def cut_fields(client: httpx.Client, path: str) -> list[str]:
    """The fields for texts at which a browser cuts off what is pasted."""
    return re.findall(r"<textarea[^>]*maxlength[^>]*>", client.get(path).text)
