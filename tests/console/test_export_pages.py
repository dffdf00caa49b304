"""Exports at the page: for whoever may export and is trained now, and lost by no second touch and no lock."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pyotp
import pytest

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.console.evidence.export_jobs import AskedExport, Run
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person, Role, Training
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.evidence.case_export import Progress
from alpr_edge.services.evidence.export_request import ExportRequest, ExportResult
from alpr_edge.web.visitor import COOKIE, Visitor
from tests.console.page_rig import HOST, PageRig
from tests.console.test_evidence_in_browser import OTHER_DISK
from tests.console.test_export_jobs import PASSPHRASE, WAIT_S_MAX, run_of
from tests.staff import BEGUN, staff_person

CASE, PASSWORD = "26-000123", "correct horse battery"
CLERK, OTHER_CLERK = staff_person("clerk", Role.RECORDS), staff_person("clara", Role.RECORDS)
ENDED = (
    replace(CLERK, training=Training()),
    replace(CLERK, training=replace(CLERK.training, alpr_until=BEGUN)),
    replace(CLERK, valid_until=BEGUN),
)
"""The clerk, whose trainings or account have ended; to be suspended ends the session as well."""
FORM = {"purpose": "stolen_vehicle", "case": CASE, "medium": "stick", "number": "M-7"}


@pytest.fixture(scope="module")
def media() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="alpr-edge-media-", dir=OTHER_DISK))
    (folder / "stick").mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[PageRig]:
    console = f'at_speed = "never"\n[evidence]\nmedia_directory = "{media}"'
    rig = PageRig(tmp_path_factory.mktemp("exports"), (CLERK, OTHER_CLERK), console=console)
    with rig.serving():
        yield rig


@pytest.fixture
def clerk(rig: PageRig) -> Iterator[httpx.Client]:
    rig.staff.install(CLERK, OTHER_CLERK)
    with rig.client("clerk") as client:
        yield client


@pytest.fixture
def wanted_export(media: Path) -> AskedExport:
    """What :data:`FORM` asks for."""
    return AskedExport(Purpose("stolen_vehicle", case=CASE), ExportRequest(CASE, media / "stick", "M-7"))


def credentials() -> Credentials:
    """What opens a locked session again."""
    return Credentials(Argon2Passwords().hash(PASSWORD), pyotp.random_base32(), password_set=BEGUN)


def begin(rig: PageRig, client: httpx.Client, wanted_export: AskedExport, run: Run) -> str:
    """The address of an export of a client's session."""
    return (
        f"/evidence/{rig.unit.export_jobs.begin(Visitor(client.cookies[COOKIE], '', HOST, {}, {}), wanted_export, run)}"
    )


def export(rig: PageRig, client: httpx.Client, wanted_export: AskedExport) -> str:
    """The address of an export of a client's session that is done."""
    address = begin(rig, client, wanted_export, run_of())
    end_export(rig)
    return address


def end_export(rig: PageRig) -> None:
    """Wait until the export that runs is over."""
    assert rig.unit.export_jobs._thread is not None
    rig.unit.export_jobs._thread.join(WAIT_S_MAX)


@pytest.mark.parametrize("ended", ENDED)
def test_whose_training_or_account_has_ended_sees_no_export_and_no_passphrase(
    rig: PageRig, clerk: httpx.Client, wanted_export: AskedExport, ended: Person
) -> None:
    address = export(rig, clerk, wanted_export)
    rig.staff.install(ended)
    for answer in (clerk.get(address), clerk.post(f"{address}/passphrase")):
        assert (answer.status_code, "Not shown" in answer.text) == (403, True)
        assert "case.zip" not in answer.text
    form = clerk.get("/evidence").text
    assert (CASE in form, address in form) == (False, False)
    assert "Another agency: by Releases at the department alone (policy 462.7)." in form
    rig.staff.install(CLERK)
    assert "case.zip" in clerk.get(address).text
    shown = clerk.post(f"{address}/passphrase").headers["location"]
    rig.staff.install(ended)
    answer = clerk.get(shown)
    assert (answer.status_code, PASSPHRASE in answer.text) == (403, False)
    rig.staff.install(CLERK)
    assert PASSPHRASE in clerk.get(shown).text, "it was shown to nobody yet"
    assert clerk.get(shown).headers["location"] == "/evidence"


def test_a_second_touch_leads_to_the_passphrase_until_it_was_shown(
    rig: PageRig, clerk: httpx.Client, wanted_export: AskedExport
) -> None:
    address = export(rig, clerk, wanted_export)
    first, second = (clerk.post(f"{address}/passphrase") for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert PASSPHRASE in clerk.get(second.headers["location"]).text
    assert clerk.get(second.headers["location"]).headers["location"] == "/evidence"
    refused = clerk.post(f"{address}/passphrase")
    assert (refused.status_code, "was shown already" in refused.text) == (404, True)


def test_a_second_touch_leads_to_the_export_that_runs(
    rig: PageRig, clerk: httpx.Client, wanted_export: AskedExport
) -> None:
    may_end = threading.Event()

    def run(progress: Progress) -> ExportResult:
        may_end.wait(WAIT_S_MAX)
        return run_of()(progress)

    address = begin(rig, clerk, wanted_export, run)
    try:
        answers = [clerk.post("/evidence", data=FORM) for _ in range(2)]
        assert [(each.status_code, each.headers["location"]) for each in answers] == [(303, address)] * 2
        another = clerk.post("/evidence", data={**FORM, "case": "26-000124"})
        assert (another.status_code, "Another export runs" in another.text) == (422, True)
        assert address in another.text
        with rig.client("clara") as other:
            refused = other.post("/evidence", data=FORM)
        assert (refused.status_code, address in refused.text) == (422, False)
    finally:
        may_end.set()
        end_export(rig)
    assert "The package is on the medium" in clerk.get(address).text


def test_the_form_leads_back_to_the_exports_of_the_session(rig: PageRig, wanted_export: AskedExport) -> None:
    rig.staff.install(CLERK, OTHER_CLERK, credentials=credentials())
    with rig.client("clerk") as clerk:
        address = export(rig, clerk, wanted_export)
        clerk.post(f"{address}/passphrase")
        clerk.post("/lock")
        assert address not in clerk.get("/evidence").text
        assert clerk.post("/reopen", data={"password": PASSWORD}).headers["location"] == "/"
        page = clerk.get("/evidence").text
        assert f'href="{address}">Case {CASE}: on the medium, passphrase not shown yet</a>' in page
        shown = clerk.post(f"{address}/passphrase").headers["location"]
        assert PASSPHRASE in clerk.get(shown).text
        assert f'href="{address}">Case {CASE}: on the medium, passphrase shown</a>' in clerk.get("/evidence").text
    for person in ("clara", "clerk"):
        with rig.client(person) as other:
            assert address not in other.get("/evidence").text, person
