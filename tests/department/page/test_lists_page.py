"""The pages of lists and roster over TLS: a feed is checked, shown and published on record; who has what since when."""

import http.client
import re
import ssl
from contextlib import closing

import httpx

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.list_requests import ListRequest
from alpr_edge.department.page.lists.feed_upload import FORM_BYTES_MAX
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.publishing.uploaded_feeds import FOLDER_NAME
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers
from tests.department.page.page_office import HOST, client_of, newest

ADMINISTRATOR = "alpr-administrator"
HEADER = "Plate Number,Description,State/Province\n"
PLATES = [f"7AMB{number:03}" for number in range(30)]
UPLOAD = "/lists/amber/upload"


def feed_of(plates: list[str]) -> str:
    return HEADER + "".join(f"{plate},AMBER Alert,CA\n" for plate in plates)


REFUSED = {
    feed_of(PLATES[:5]): "the list in use 30",
    "no feed\n": "refused, nothing is published",
    "": "The file of the feed is empty; choose another.",
}


def upload(client: httpx.Client, content: str, **fields: str) -> httpx.Response:
    return client.post(UPLOAD, data={"change": "complete"} | fields, files={"feed": ("amber.csv", content)})


def test_a_feed_is_shown_before_it_is_published_and_each_step_is_on_record(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    uploads = inquirers.directory / FOLDER_NAME
    with client_of(inquirers, server, ADMINISTRATOR) as client, client_of(inquirers, server, ADMINISTRATOR) as other:
        shown = upload(client, feed_of(PLATES)).headers["location"]
        assert (client.get("/lists/amber").text.count("Nothing is published."), other.get(shown).status_code) == (
            1,
            404,
        )
        page = client.get(shown).text
        assert re.search(r"Added</th><td>30<", page)
        assert (len(list(uploads.iterdir())), client.post(shown, data={"answer": "publish"}).status_code) == (1, 303)
        assert list(uploads.iterdir()) == []
        left = upload(client, feed_of([*PLATES[2:], "8NEW001"])).headers["location"]
        assert re.search(r"Added</th><td>1<.*Removed</th><td>2<", client.get(left).text, re.DOTALL)
        assert client.post(left, data={"answer": "leave"}).status_code == 303
        for content, told in REFUSED.items():
            refused = upload(client, content)
            assert (refused.status_code, told in refused.text, str(uploads) in refused.text) == (422, True, False)
        assert "30 entries" in client.get("/lists/amber").text
        shown_at_last = client.get("/lists").text + client.get("/lists/amber").text
        assert not any(plate in shown_at_last for plate in PLATES)
    records = [(each.action, each.objects, each.note) for each in newest(inquirers, 20)]
    assert ("publish_list", ("amber",), "complete: 30 added, 0 removed, 0 changed") in records
    assert ("show_lists", ("amber",), "check of a feed: complete") in records
    assert list(uploads.iterdir()) == []


def test_what_is_odd_in_a_feed_is_shown_before_it_is_published(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, ADMINISTRATOR) as client:
        page = client.get(upload(client, feed_of([*PLATES, '"8NEW001', '8NEW002"', "I"])).headers["location"]).text
    told = re.search(r"To be looked at</th><td>1 behind a quote .*<br>1 with a plate of one character", page)
    assert told is not None


def test_nobody_else_uploads_and_no_body_is_read_of_them(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    for role in ("officer", ""):
        with client_of(inquirers, server, role) as client:
            assert upload(client, feed_of(PLATES)).status_code == 403
    with client_of(inquirers, server, ADMINISTRATOR) as client:
        del client.headers["Sec-Fetch-Site"]
        assert upload(client, feed_of(PLATES)).status_code == 403
        assert declared_too_long(client, inquirers) == 413


def declared_too_long(client: httpx.Client, inquirers: Inquirers) -> int:
    """The answer to an upload whose declared length is too much, before any of it was sent."""
    context = ssl.create_default_context(cafile=TlsFiles(inquirers.directory).authority)
    connection = http.client.HTTPSConnection(HOST, client.base_url.port, context=context, timeout=60)
    connection.putrequest("POST", UPLOAD, skip_host=True)
    for name in ("Host", "Cookie"):
        connection.putheader(name, client.headers[name])
    connection.putheader("Sec-Fetch-Site", "same-origin")
    connection.putheader("Content-Length", str(FORM_BYTES_MAX + 1))
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.endheaders()
    with closing(connection):
        return connection.getresponse().status


def test_who_a_list_is_for_and_which_unit_has_it_and_the_roster(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    enrol_unit(inquirers.directory, "car-7", inquirers.directory.parent / "tls-7")
    with client_of(inquirers, server, ADMINISTRATOR) as client, closing(
        Storage(inquirers.directory, create=False)
    ) as storage:  # fmt: skip
        path = upload(client, feed_of(PLATES), accept_shrink="yes").headers["location"]
        client.post(path, data={"answer": "publish"})
        assert "never asked for it" in client.get("/lists/amber").text
        serial = storage.lists.steps_of("amber")[-1].serial
        for stated, words in ((0, "sent, not yet fetched"), (serial, "has it")):
            storage.list_requests.note(ListRequest("car-7", "amber", stated))
            storage.held_versions.note_list("car-7", "amber", stated)
            assert re.search(rf"car-7</th>\s*<td>(<b>)?{words}", client.get("/lists/amber").text)
        for fields, status in (
            ({"whom": "some", "units": "two/words"}, 422),
            ({"whom": "some", "units": "car-7"}, 303),
            ({"whom": "some", "units": "car-7 car-99"}, 422),
        ):
            answer = client.post("/lists/amber/audience", data=fields)
            assert (answer.status_code, "there is no such unit." in answer.text) == (status, status == 422)
        assert storage.lists.audiences()["amber"] == frozenset({"car-7"})
        assert client.post("/lists/amber/audience", data={"whom": "all"}).status_code == 303
        assert client.get("/lists/nothing-of-this-name").status_code == 404
        newest_serial = storage.rosters.serial()
        for stated, words in ((0, "sent, not yet fetched"), (newest_serial, "has it")):
            storage.held_versions.note_roster("car-7", stated)
            page = client.get("/roster").text
            assert re.search(rf"car-7</th>\s*<td>(<b>)?{words}", page)
        assert (f"Roster {newest_serial} of" in page, "<td>publish</td>" in page) == (True, True)


def test_whom_a_list_is_for_is_told_before_anything_is_published(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    enrol_unit(inquirers.directory, "car-8", inquirers.directory.parent / "tls-8")
    with client_of(inquirers, server, ADMINISTRATOR) as client:
        for fields, told in (({"whom": "some", "units": "car-8"}, "car-8"), ({"whom": "all"}, "all units")):
            assert client.post("/lists/sightings/audience", data=fields).status_code == 303
            page = client.get("/lists/sightings").text
            assert f"Nothing is published. It is meant for {told}." in page
            assert ("No unit asked for it.</td>" in page, "none is enrolled" in page) == (True, False)
