"""What the page asks the capture daemon for, by hand: a misread's text and a mute, their state, and who may."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import NS_PER_S
from alpr_edge.domain.page_requests.request import CORRECTION_S_MAX
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.store.db.schema import requests
from tests.app.page_request_rig import entry_of
from tests.app.stages.test_store_counts import until
from tests.console.page_rig import PageRig
from tests.staff import PEOPLE, staff_person

LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
HIT = "/hits/unit-1:hit-1"
TRUE_PLATE = "7ABO128"
FORM = {"plate": TRUE_PLATE, "state": "CA"}
WAIT_S = 60.0


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("requests"), (*PEOPLE, LOCAL_OFFICER))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def wait_for(client: httpx.Client, path: str, holds: Callable[[str], bool]) -> str:
    """The page once it is as awaited."""
    end_s = time.monotonic() + WAIT_S
    page = client.get(path).text
    while not holds(page):
        assert time.monotonic() < end_s, page
        time.sleep(0.1)
        page = client.get(path).text
    return page


def test_a_misread_is_corrected_and_the_page_tells_of_the_new_hit(
    rig: PageRig, officer: httpx.Client, tmp_path: Path
) -> None:
    rig.add_hit(10)
    path = "/hits/unit-1:hit-10"
    done = officer.post(f"{path}/correction", data=FORM)
    assert (done.status_code, done.headers["location"]) == (303, path)
    page = officer.get(path).text
    assert f"<b>{TRUE_PLATE} CA</b>, Officer: is being matched" in page
    assert "<em>misread</em>, Officer" in page
    with rig.answering(tmp_path, entry_of("7AB0128", Reason.FELONY_VEHICLE)):
        page = wait_for(officer, path, lambda text: "matched: HIT" in text and "withdrawn" in text)
    assert (">MISREAD</h1>" in page, "VERIFY" in page) == (True, False)
    new = re.search(r'class="button" href="(/hits/[^"]+)">Show hit', page)
    assert new is not None
    found = officer.get(new[1]).text
    assert "Text corrected by Officer" in found
    assert "felony vehicle" in found
    assert "NOT CONFIRMED - VERIFY THROUGH CLETS" in found, "a new hit to verify"
    assert TRUE_PLATE not in new[1]


def test_a_correction_that_nobody_answers_in_time_is_said_not_to_be_matched(
    rig: PageRig, officer: httpx.Client
) -> None:
    made = rig.add_hit(15)
    path = f"/hits/{made.hit_id}"
    officer.post(f"{path}/correction", data=FORM)
    line = f"<b>{TRUE_PLATE} CA</b>, Officer: "
    assert f"{line}is being matched" in officer.get(path).text
    elapsed_ns = int((CORRECTION_S_MAX + 1) * NS_PER_S)
    with rig.store.database.write() as connection:
        age = update(requests).where(requests.c.read_id == made.read_id)
        connection.execute(age.values(made_boottime_ns=requests.c.made_boottime_ns - elapsed_ns))
    page = officer.get(path).text
    assert f"{line}NOT matched: the unit did not answer in time; say it again" in page
    assert "is being matched" not in page
    assert officer.post(f"{path}/correction", data=FORM).status_code == 303
    assert f"{line}is being matched" in officer.get(path).text, "said again"


def test_a_plate_that_is_not_listed_is_no_hit_and_its_earlier_reads_are_shown(
    rig: PageRig, officer: httpx.Client, tmp_path: Path
) -> None:
    rig.add_hit(20)
    rig.add_hit(21, plate="5XYZ999")
    path = "/hits/unit-1:hit-20"
    assert officer.get(f"{path}/earlier").status_code == 404
    officer.post(f"{path}/correction", data={"plate": "5xyz999", "state": ""})
    with rig.answering(tmp_path):
        wait_for(officer, path, lambda text: "matched: no hit" in text)
    page = officer.get(f"{path}/earlier")
    assert page.status_code == 200
    assert page.text.count("<b>5XYZ999</b>") == 1, "the earlier one, not the corrected one itself"
    assert rig.staff.records()[-1].action == "look_back"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"plate": ""},
        {"plate": "<b>"},
        {"plate": "x" * 300},
        {"plate": "7A*"},
        {"plate": "7ABC128", "state": "Mars"},
    ],
    ids=str,
)
def test_a_form_that_is_none_says_why_and_changes_nothing(
    rig: PageRig, officer: httpx.Client, form: dict[str, str]
) -> None:
    answer = officer.post(f"{HIT}/correction", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "is being matched" not in officer.get(HIT).text


@pytest.mark.parametrize(
    ("path", "form"),
    [(f"{HIT}/correction", FORM), ("/mute", {"minutes": "15"}), ("/mute/end", {})],
    ids=["correction", "mute", "its end"],
)
def test_nobody_else_and_no_other_site_asks_for_anything(rig: PageRig, path: str, form: dict[str, str]) -> None:
    for person in ("", "auditor"):
        with rig.client(person) as client:
            assert client.post(path, data=form).status_code == 403
    with rig.client("officer") as client:
        assert client.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.post("/lock").status_code == 303
        assert client.post(path, data=form).status_code == 403, "the session is locked"
        assert "is being matched" not in client.get("/").text


def test_without_a_permission_for_the_source_there_is_no_form_and_no_text(rig: PageRig, officer: httpx.Client) -> None:
    rig.add_hit(30)
    path = "/hits/unit-1:hit-30"
    officer.post(f"{path}/correction", data=FORM)
    with rig.client("local") as client:
        card = client.get(path).text.partition('<nav class="reel"')[0]
        assert "you have no permission" in card
        assert TRUE_PLATE not in card
        assert client.post(f"{path}/correction", data=FORM).status_code == 403
        assert client.get(f"{path}/earlier").status_code == 403


def test_the_unit_is_muted_told_of_to_everybody_and_sounds_again(
    rig: PageRig, officer: httpx.Client, tmp_path: Path
) -> None:
    assert "MUTED" not in officer.get("/").text
    assert officer.post("/mute", data={"minutes": "15"}).headers["location"] == "/"
    assert "muting..." in officer.get("/").text
    with rig.answering(tmp_path):
        page = wait_for(officer, "/", lambda text: "MUTED until" in text)
        assert "15 min left (Officer)" in page
        with rig.client("supervisor") as second:
            assert "MUTED until" in second.get("/").text
            second.post("/lock")
            locked = second.get("/").text
            assert "MUTED until" in locked
            assert "/mute/end" not in locked
        assert officer.post("/mute/end").status_code == 303
        wait_for(officer, "/", lambda text: "MUTED" not in text)
    actions = [record.action for record in rig.staff.records()]
    assert (actions.count("mute_alerts"), actions.count("end_mute")) >= (1, 1)


def test_a_mute_does_not_outlive_the_last_open_session(tmp_path: Path) -> None:
    rig = PageRig(tmp_path)
    with rig.serving(), rig.answering(tmp_path), rig.client("officer") as first, rig.client("supervisor") as second:
        first.post("/mute", data={"minutes": "30"})
        wait_for(second, "/", lambda text: "MUTED until" in text)
        second.post("/lock")
        state = rig.unit.mute_state()
        assert (state.mute is not None, state.is_asked) == (True, False), "a lock alone leaves it"
        first.post("/sign-out")
        until(lambda: rig.unit.mute_state().mute is None)


def test_a_mute_stays_while_another_session_is_open(tmp_path: Path) -> None:
    rig = PageRig(tmp_path)
    with rig.serving(), rig.answering(tmp_path), rig.client("officer") as first, rig.client("supervisor") as second:
        first.post("/mute", data={"minutes": "30"})
        wait_for(second, "/", lambda text: "MUTED until" in text)
        first.post("/sign-out")
        state = rig.unit.mute_state()
        assert (state.mute is not None, state.is_asked) == (True, False)


@pytest.mark.parametrize("minutes", ["", "0", "7", "-5", "5.0", "\u0665", "9" * 40, "<b>"])
def test_there_is_no_other_mute(officer: httpx.Client, minutes: str) -> None:
    assert officer.post("/mute", data={"minutes": minutes}).status_code == 404
    assert "muting..." not in officer.get("/").text
