"""The pages of units' settings over TLS: the difference is shown before anything is published, on record."""

import re
from contextlib import closing
from datetime import timedelta

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.domain.department_settings.exchange import SettingsStatement
from tests.department.inquiries.inquirers import Inquirers
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.job_answers import fault_line
from tests.department.page.page_office import client_of, newest

PATH = "/unit-settings"
FORM = {"values": "[decision]\ntimeout_ms = 900.0\n", "units": UNIT, "reason": "slow cameras", "answer": "check"}


@pytest.fixture(autouse=True)
def unit(inquirers: Inquirers) -> None:
    with closing(Storage(inquirers.directory, create=False)) as storage:
        if not any(each.unit_id == UNIT for each in storage.units.records()):
            storage.units.invite(UNIT, timedelta(hours=1))


def test_settings_are_published_once_what_changes_was_shown_and_withdrawn(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "alpr-administrator") as client:
        shown = client.post(f"{PATH}/new", data=FORM)
        assert (shown.status_code, "decision.timeout_ms" in shown.text, "900.0" in shown.text) == (200, True, True)
        assert "Nothing was published" in client.get(PATH).text
        seen = shown.text.split('name="seen" value="')[1].split('"')[0]
        meant = FORM | {"answer": "publish", "seen": seen}
        assert client.post(f"{PATH}/new", data=meant).headers["location"] == PATH
        late = client.post(f"{PATH}/new", data=meant)
        assert (late.status_code, "meanwhile" in late.text) == (422, True)
        page = client.get(PATH).text
        serial = page.split(f'href="{PATH}/')[2].split('"')[0]
        assert ("slow cameras" in page, UNIT in page) == (True, True)
        publication = client.get(f"{PATH}/{serial}").text
        assert "<td>900.0</td><td>each car&#39;s own again</td>" in publication
        again = client.post(f"{PATH}/{serial}/withdraw", data={"confirmed": "x"})
        assert (again.status_code, "Type the serial" in again.text) == (422, True)
        done = client.post(f"{PATH}/{serial}/withdraw", data={"confirmed": serial, "reason": "mended"})
        assert done.headers["location"] == PATH
        page = client.get(PATH).text
        assert (f"withdraws {serial}" in page, "mended" in page) == (True, True)
    records = [(each.action, each.note) for each in newest(inquirers, 12)]
    assert ("publish_settings", "slow cameras") in records
    assert ("withdraw_settings", "mended") in records


def test_what_a_unit_would_refuse_is_told_by_its_key(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "alpr-administrator") as client:
        for fields, told in (
            ({"values": '[unit]\nid = "x"\n'}, "is set in the car alone"),
            ({"values": "[decision"}, "ot valid TOML"),
            ({"values": ""}, "o key is set in it"),
            ({"units": "car-99"}, "there is no such unit"),
            ({"values": "x" * 9000}, "longer than 8000 characters"),
        ):
            answer = client.post(f"{PATH}/new", data=FORM | fields)
            assert (answer.status_code, told in answer.text) == (422, True), fields


def test_a_fresh_form_is_empty_and_shows_an_example(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "alpr-administrator") as client:
        ((fields, content),) = re.findall(r"<textarea([^>]*)>([^<]*)</textarea>", client.get(f"{PATH}/new").text)
    assert (content, "maxlength" in fields) == ("", False)
    assert 'placeholder="[decision]&#10;timeout_ms = 700"' in fields


def test_settings_that_were_not_published_are_told_of_without_commands(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "alpr-administrator") as client:
        missing = client.get(f"{PATH}/99")
        assert (missing.status_code, fault_line(missing)) == (404, "These settings were not published.")
        unknown = client.post(f"{PATH}/new", data=FORM | {"units": "car-99"})
        assert fault_line(unknown) == "car-99: there is no such unit."


def test_a_technician_sees_who_has_what_and_sets_nothing(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with closing(Storage(inquirers.directory, create=False)) as storage:
        storage.held_settings.note(UNIT, SettingsStatement(3, 2, 4, "hotlist: <b>why</b>"))
    with client_of(inquirers, server, "technician") as client:
        page = client.get(PATH)
        assert (page.status_code, f"{PATH}/new" in page.text) == (200, False)
        for path in (f"{PATH}/new", f"{PATH}/1/withdraw"):
            assert client.post(path, data=FORM).status_code == 403
