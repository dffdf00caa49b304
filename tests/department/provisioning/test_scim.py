"""People by SCIM over TLS: what the standard's own tester finds, and that a leaver is out at once."""

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.department.people.people_rows import replace_entries
from alpr_edge.department.people.person_fields import changed_entry
from alpr_edge.department.people.registry import People, require_entry
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.web.visitor import COOKIE
from tests.department.engines import EngineUnderTest
from tests.department.inquiries.inquirers import Inquirers, begin_session
from tests.department.page.page_office import HOST

TOKEN = "a token of the tests alone"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ISSUER = "https://id.modesto.example"
CY = {
    "schemas": [USER, ENTERPRISE],
    "userName": "cy.long@modesto.example",
    "externalId": "s-77",
    "displayName": "Cy Long",
    "active": True,
    "title": "Detective",
    ENTERPRISE: {"employeeNumber": "77"},
}


@dataclass
class ScimRig:
    """A page that takes SCIM."""

    directory: Path
    url: str
    inquirers: Inquirers

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=TlsFiles(self.directory).authority)

    def client(self, token: str = TOKEN) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        return httpx.Client(base_url=self.url, verify=self.context(), headers=headers, trust_env=False, timeout=60)

    @contextmanager
    def people(self) -> Iterator[People]:
        with closing(DepartmentDatabase(self.directory, create=False)) as database:
            yield People(self.directory, database)

    def status_of(self, name: str) -> AccountStatus:
        with closing(DepartmentDatabase(self.directory, create=False)) as database, database.reading() as connection:
            return require_entry(connection, name).person.status


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[ScimRig]:
    settings = (
        'organisation = "MPD"\nlinks_single_sign_on = true\n'
        f'[single_sign_on]\nissuer = "{ISSUER}"\nclient_id = "a"\nclient_secret = "{{folder}}/secret"\n'
    )
    with serving(tmp_path_factory.mktemp("scim"), engine, settings) as some:
        yield some


@contextmanager
def serving(folder: Path, engine: EngineUnderTest, settings: str) -> Iterator[ScimRig]:
    """Serve a page that takes SCIM, by what follows on the token in the settings."""
    inquirers = Inquirers.make(folder / "department", engine, now=datetime.now(UTC))
    for name, text in {"token": hashlib.sha256(TOKEN.encode()).hexdigest(), "secret": "s" * 32}.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    with (inquirers.directory / FILE_NAME).open("a") as file:
        file.write(f'\n[provisioning]\ntoken = "{folder / "token"}"\n{settings.format(folder=folder)}')
    with DepartmentPageServer(inquirers.directory) as server:
        yield ScimRig(inquirers.directory, f"https://{HOST}:{server.port}/scim/v2", inquirers)


def patch(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
    operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    return {"schemas": [PATCH], "Operations": operations}


ON_SQLITE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.lengthy)]  # some hundred requests


@pytest.mark.parametrize("engine", ON_SQLITE, indirect=True, scope="module")
def test_the_tester_of_the_standard_finds_no_fault(rig: ScimRig) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx2.Client(base_url=rig.url, verify=rig.context(), headers=headers, trust_env=False, timeout=60) as client:
        results = check_server(SyncSCIMClient(client))
    faults = [
        (each.title, each.reason)
        for each in results
        if each.status not in {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED}
    ]
    assert faults == []
    assert len(results) > 20


def test_from_the_first_day_to_the_last(rig: ScimRig) -> None:
    with rig.client() as client:
        made = client.post("/Users", json=CY)
        assert made.status_code == 201, made.text
        person_id, version = made.json()["id"], made.headers["ETag"]
        assert made.headers["Location"].endswith(f"/scim/v2/Users/{person_id}")
        with closing(DepartmentDatabase(rig.directory, create=False)) as database:
            with database.reading() as connection:
                person = require_entry(connection, "77").person
            assert IdentityLinks(database).person_id(ISSUER, "s-77") == person_id
        assert (person.name, person.email, person.organisation, person.title, person.approved_by) == (
            "Cy Long", "cy.long@modesto.example", "MPD", "Detective", "system:scim",
        )  # fmt: skip
        assert not person.roles | person.sources
        assert (person.training.cjis_until, person.is_sworn) == (None, False)
        assert client.post("/Users", json=CY).status_code == 409
        for filter_text in ('userName eq "CY.Long@modesto.example"', 'externalId eq "s-77"'):
            assert client.get("/Users", params={"filter": filter_text}).json()["totalResults"] == 1
        assert client.get("/Users", params={"filter": 'title co "D"'}).json()["scimType"] == "invalidFilter"
        listed = client.get("/Users", params={"startIndex": 1, "count": 1}).json()
        assert (len(listed["Resources"]), listed["itemsPerPage"]) == (1, 1)
        changed = client.patch(f"/Users/{person_id}", json=patch(title="Sergeant"), headers={"If-Match": version})
        assert (changed.status_code, client.get(f"/Users/{person_id}").json()["title"]) == (204, "Sergeant")
        late = client.patch(f"/Users/{person_id}", json=patch(title="x"), headers={"If-Match": version})
        assert late.status_code == 412
        assert client.delete(f"/Users/{person_id}").status_code == 204
        assert client.get(f"/Users/{person_id}").status_code == 404
    assert rig.status_of("77") is AccountStatus.SUSPENDED
    with rig.people() as people:
        actions = [each.action for each in people.changes() if each.person_id in {person_id, ""}]
        assert actions[-4:] == ["change", "suspend", "publish", "unlink"]


def test_whoever_is_not_active_any_more_is_out_at_once_in_pages_and_cars(rig: ScimRig) -> None:
    bo = CY | {"userName": "bo@modesto.example", "externalId": "s-1", ENTERPRISE: {"employeeNumber": "B1000"}}
    with rig.client() as client:
        person_id = client.post("/Users", json=bo).json()["id"]
        with open_office(rig.directory) as office:
            token = begin_session(office, person_id, COMPONENT, HOST)
        with rig.people() as people:
            serial = people.rosters.serial()
        page = httpx.Client(base_url=rig.url.removesuffix("/scim/v2"), verify=rig.context(), trust_env=False)
        page.headers["Cookie"] = f"{COOKIE}={token}"
        assert page.get("/").status_code == 200
        # As Entra sends it.
        out = client.patch(
            f"/Users/{person_id}",
            json={"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]},
        )
        assert out.status_code == 204, out.text
        assert client.get(f"/Users/{person_id}").json()["active"] is False
        assert page.get("/").headers["location"] == "/sign-in"
        page.close()
        with rig.people() as people:
            assert people.rosters.serial() == serial + 1
        assert client.patch(f"/Users/{person_id}", json=patch(active=True)).status_code == 204
        assert rig.status_of(person_id) is AccountStatus.ACTIVE
        with rig.people() as people:
            people.suspend(Author("login:chief", datetime.now(UTC), "a threat"), person_id)
        assert client.get(f"/Users/{person_id}").json()["active"] is False
        assert client.patch(f"/Users/{person_id}", json=patch(active=True)).status_code == 204
    assert rig.status_of(person_id) is AccountStatus.SUSPENDED


def test_whoever_left_stays_so_whatever_the_other_system_says(rig: ScimRig) -> None:
    di = CY | {"userName": "di@modesto.example", "externalId": "s-2", ENTERPRISE: {"employeeNumber": "B1001"}}
    with rig.client() as client:
        person_id = client.post("/Users", json=di).json()["id"]
        assert client.patch(f"/Users/{person_id}", json=patch(active=False)).status_code == 204
        with rig.people() as people:
            people.change(Author("login:chief", datetime.now(UTC)), person_id, {"status": "left"})
        answer = client.patch(f"/Users/{person_id}", json=patch(active=True))
        assert answer.status_code == 204, answer.text
        assert rig.status_of(person_id) is AccountStatus.LEFT
        assert client.delete(f"/Users/{person_id}").status_code == 204
        assert rig.status_of(person_id) is AccountStatus.LEFT
        again = client.post("/Users", json=di)
        assert again.status_code == 201, again.text
        assert again.json()["id"] != person_id


def test_it_brings_back_nobody_whose_account_is_of_another_agency(rig: ScimRig) -> None:
    """Whoever comes by SCIM is of the department; this account was changed by hand before that was compared."""
    guest = CY | {"userName": "gus@modesto.example", "externalId": "s-3", ENTERPRISE: {"employeeNumber": "B1003"}}
    with rig.client() as client:
        person_id = client.post("/Users", json=guest).json()["id"]
        assert client.patch(f"/Users/{person_id}", json=patch(active=False)).status_code == 204
        with closing(DepartmentDatabase(rig.directory, create=False)) as database, database.writing() as connection:
            entry = require_entry(connection, person_id)
            replace_entries(connection, [changed_entry(entry, {"organisation": "County Sheriff"})])
        answer = client.patch(f"/Users/{person_id}", json=patch(active=True))
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
        assert "'County Sheriff' is not this department (MPD)" in answer.json()["detail"]
    assert rig.status_of(person_id) is AccountStatus.SUSPENDED


def test_a_user_name_is_one_user_s(rig: ScimRig) -> None:
    users = [
        CY | {"userName": name, "externalId": f"s-{badge}", ENTERPRISE: {"employeeNumber": badge}}
        for name, badge in (("ed.lee", "B2000"), (" Ed.Lee", "B2001"), ("fay.lee", "B2001"))
    ]
    with rig.client() as client:
        first, second, third = (client.post("/Users", json=each) for each in users)
        assert [each.status_code for each in (first, second, third)] == [201, 409, 201]
        assert second.json()["scimType"] == "uniqueness"
        taken = client.patch(f"/Users/{third.json()['id']}", json=patch(userName="ED.LEE"))
        assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
        assert client.patch(f"/Users/{first.json()['id']}", json=patch(userName="ED.LEE")).status_code == 204


def test_what_is_not_right_is_refused_and_changes_nothing(rig: ScimRig) -> None:
    with rig.client() as client:
        taken = client.post("/Users", json=CY | {"userName": "officer@modesto.example"})
        assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
        new = CY | {"userName": "new@modesto.example", "externalId": "s-9", ENTERPRISE: {"employeeNumber": "99"}}
        wrong = [new | {"userName": " "}, new | {"displayName": "x\u0007"}, new | {"title": "x" * 300}]
        for user in (*wrong, new | {"externalId": "é"}, {"schemas": [USER]}):
            assert client.post("/Users", json=user).status_code == 400, user
        large = client.post("/Users", json=CY | {"displayName": "x" * 20_000})
        assert (large.status_code, large.json()["status"]) == (413, "413")
        assert client.post("/Users", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
        assert client.post("/Bulk", json={}).status_code == 501


def test_without_the_token_nobody_learns_anything_and_soon_waits(rig: ScimRig) -> None:
    with rig.client("wrong") as client:
        first = client.get("/Users")
        assert (first.status_code, first.headers["WWW-Authenticate"]) == (401, 'Bearer realm="SCIM"')
        answers = [client.get("/Users").status_code for _ in range(10)]
    assert (answers[0], answers[-1]) == (401, 429)
    with rig.client() as client:
        assert client.get("/Users").status_code == 200


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True, scope="module")
def test_people_are_of_the_department_that_the_settings_name_anywhere(tmp_path: Path, engine: EngineUnderTest) -> None:
    settings = '[administration]\ndepartment = "Modesto PD"\n[people]\noris = ["CA0500300"]\n'
    with serving(tmp_path, engine, settings) as rig, rig.client() as client:
        made = client.post("/Users", json=CY)
        assert made.status_code == 201, made.text
        with closing(DepartmentDatabase(rig.directory, create=False)) as database, database.reading() as connection:
            assert require_entry(connection, "77").person.organisation == "Modesto PD"
