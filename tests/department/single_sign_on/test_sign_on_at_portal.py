"""Single sign-on by a provider that others wrote, Debian's LemonLDAP::NG: from its form to the sign-out."""

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyotp
import pytest

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.identity_settings import SingleSignOnTable
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.department.single_sign_on.faults import SignOnError
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from tests.department.inquiries.inquirers import SECRET, Inquirers
from tests.department.page.page_office import client_of, leads_to_sign_in, newest
from tests.department.people.office import DOMAIN
from tests.department.single_sign_on.portal import Portal, form_of, new_key, register_code
from tests.department.single_sign_on.provider import CLIENT_ID, CLIENT_SECRET

LINKS = {"dwho": "officer", "rtyler": "records"}
"""People of the portal, by whom they are at the department."""
PORTAL_S_MAX = 30.0


@dataclass
class PortalRig:
    """A page whose people sign in at a portal."""

    inquirers: Inquirers
    portal: Portal
    server: DepartmentPageServer
    apps: dict[str, pyotp.TOTP] = field(default_factory=dict)
    """The apps of codes that people have registered at the portal."""
    asked: list[str] = field(default_factory=list)
    """What the portal asked people for."""

    def begin(self, client: httpx.Client) -> httpx.URL:
        """Begin at the page; where the browser goes."""
        begun = client.post("/single-sign-on", data={"acknowledged": "yes"})
        found = re.search(rf'href="({self.portal.issuer}/oauth2/authorize[^"]+)"', begun.text)
        assert (begun.status_code, found is not None) == (200, True), begun.text
        assert found is not None
        return httpx.URL(html.unescape(found[1]))

    def answer(self, browser: httpx.Client, address: httpx.URL, name: str) -> str:
        """Give the portal what it asks for; where the browser goes next, at the page."""
        page = browser.get(address)
        for _step in range(8):
            if page.is_redirect:
                address = httpx.URL(page.headers["location"])
                if address.host == DOMAIN:
                    return address.raw_path.decode()
                page = browser.get(address)
                continue
            fields = form_of(page)
            if 'name="code"' in page.text:
                self.asked.append("code")
                page = browser.post("/totp2fcheck", data={**fields, "code": self.apps[name].now()})
            elif 'name="password"' in page.text:
                self.asked.append("password")
                page = browser.post(_action(page), data={**fields, "user": name, "password": name})
            else:
                page = browser.post(_action(page), data={**fields, "confirm": "1"})
        pytest.fail(f"the portal does not lead back: {page.status_code} {page.url.path} {page.text[:4000]}")

    def sign_in(self, client: httpx.Client, browser: httpx.Client, name: str) -> httpx.Response:
        return client.get(self.answer(browser, self.begin(client), name))


def _action(page: httpx.Response) -> httpx.URL:
    found = re.search(r'<form\b[^>]*\baction="([^"]*)"', page.text)
    return page.url.join(html.unescape(found[1])) if found is not None and found[1] != "#" else page.url


def register(rig: PortalRig, name: str) -> None:
    with rig.portal.browser() as browser:
        form = browser.get("/")
        assert browser.post("/", data={**form_of(form), "user": name, "password": name}).is_redirect
        rig.apps[name] = register_code(browser)


@contextmanager
def portal_rig(folder: Path, plackup: str) -> Iterator[PortalRig]:
    """Serve both for as long as the block runs."""
    (folder / "portal").mkdir()
    portal, secret = Portal(folder / "portal"), folder / "client-secret"
    secret.touch(mode=0o600)
    secret.write_text(f"{CLIENT_SECRET}\n")
    inquirers = Inquirers.make(folder / "department", now=datetime.now(UTC))
    (inquirers.directory / FILE_NAME).write_text(
        f'[single_sign_on]\nissuer = "{portal.issuer}"\nclient_id = "{CLIENT_ID}"\nclient_secret = "{secret}"\n'
        f'ca_file = "{portal.authority}"\nacr_values = ["loa-3"]\n'
    )
    with closing(DepartmentDatabase(inquirers.directory, create=False)) as database:
        author = Author("login:chief", datetime.now(UTC))
        for subject, role in LINKS.items():
            IdentityLinks(database).link(author, inquirers.ids[role], portal.issuer, subject)
    with (
        DepartmentPageServer(inquirers.directory) as server,
        portal.serving(plackup, f"https://{DOMAIN}:{server.port}"),
    ):
        rig = PortalRig(inquirers, portal, server)
        register(rig, "dwho")
        yield rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, require_lemonldap: Callable[[], str]) -> Iterator[PortalRig]:
    with portal_rig(tmp_path_factory.mktemp("portal"), require_lemonldap()) as some:
        yield some


def test_whoever_gave_two_factors_is_signed_in_and_out_of_both(rig: PortalRig) -> None:
    with client_of(rig.inquirers, rig.server) as client, rig.portal.browser() as browser:
        done = rig.sign_in(client, browser, "dwho")
        assert (done.status_code, 'content="0;url=/"' in done.text) == (200, True), newest(rig.inquirers, 1)[0].note
        assert client.get("/").headers["location"] == "/search"
        record = newest(rig.inquirers, 1)[0]
        assert (record.action, record.person_id) == ("sign_in", rig.inquirers.ids["officer"])
        found = re.search(r'href="(https://localhost[^"]+)"', client.post("/sign-out").text)
        assert found is not None
        out = browser.get(html.unescape(found[1]))
        assert (out.status_code, out.headers.get("location")) == (302, f"https://{DOMAIN}:{rig.server.port}/sign-in")
        assert 'name="password"' in browser.get("/").text
        assert leads_to_sign_in(client.get("/search"))


def test_whoever_takes_the_second_factor_out_of_the_request_gives_it_here(rig: PortalRig) -> None:
    with client_of(rig.inquirers, rig.server) as client, rig.portal.browser() as browser:
        address = rig.begin(client).copy_remove_param("acr_values")
        asked = client.get(rig.answer(browser, address, "rtyler"))
        assert (asked.status_code, "Second factor" in asked.text) == (200, True), newest(rig.inquirers, 1)[0].note
        assert leads_to_sign_in(client.get("/search"))
        code = {"code": pyotp.TOTP(SECRET).now()}
        assert client.post("/single-sign-on/code", data=code).status_code == 200
        assert client.get("/").headers["location"] == "/search"
        assert "id_token_hint=" in client.post("/sign-out").text


def test_a_sign_in_of_an_hour_ago_is_not_taken_and_asked_for_anew(rig: PortalRig) -> None:
    with client_of(rig.inquirers, rig.server) as client, rig.portal.browser() as browser:
        assert rig.sign_in(client, browser, "dwho").status_code == 200
        asked_before = list(rig.asked)
        assert rig.sign_in(client, browser, "dwho").status_code == 200
        assert rig.asked == asked_before
        age_sessions(rig.portal, 3600)
        address = rig.begin(client).copy_remove_param("max_age")
        old = client.get(rig.answer(browser, address, "dwho"))
        assert (old.status_code, rig.asked) == (403, asked_before)
        assert newest(rig.inquirers, 1)[0].note.endswith("the ID token does not hold: old_sign_in")
        assert rig.sign_in(client, browser, "dwho").status_code == 200
        assert rig.asked == [*asked_before, "password", "code"]


def test_a_code_is_good_for_its_verifier_and_once(rig: PortalRig) -> None:
    table = SingleSignOnTable(
        issuer=rig.portal.issuer,
        client_id=CLIENT_ID,
        client_secret=str(rig.inquirers.directory.parent / "client-secret"),
        ca_file=str(rig.portal.authority),
    )
    with client_of(rig.inquirers, rig.server) as client, rig.portal.browser() as browser:
        path = rig.answer(browser, rig.begin(client), "dwho")
        code = httpx.URL(path).params["code"]
        with pytest.raises(SignOnError, match="no token for this code"):
            ProviderClient(table, rig.inquirers.directory).id_token(
                code, "v" * 43, f"https://{DOMAIN}:{rig.server.port}/single-sign-on/answer"
            )
        assert client.get(path).status_code == 403
        assert newest(rig.inquirers, 1)[0].note.endswith("the provider gives no token for this code (status 400)")


def test_a_new_key_of_the_portal_is_taken_at_once(rig: PortalRig) -> None:
    with client_of(rig.inquirers, rig.server) as client, rig.portal.browser() as browser:
        assert rig.sign_in(client, browser, "dwho").status_code == 200
        rig.portal.configure(**new_key("second"))
        end_s = time.monotonic() + PORTAL_S_MAX
        while rig.portal.key_ids() != ["second"]:
            assert time.monotonic() < end_s
            time.sleep(0.5)
        assert rig.sign_in(client, browser, "dwho").status_code == 200, newest(rig.inquirers, 1)[0].note


def age_sessions(portal: Portal, seconds: int) -> None:
    """Have the portal's sessions begin so much earlier."""
    aged = 0
    for file in (portal.folder / "sessions").iterdir():
        if file.is_file():
            content = json.loads(file.read_text())
            aged += "_lastAuthnUTime" in content
            content = {name: _earlier(name, value, seconds) for name, value in content.items()}
            file.write_text(json.dumps(content))
    assert aged


def _earlier(name: str, value: object, seconds: int) -> object:
    return int(str(value)) - seconds if name == "_lastAuthnUTime" else value
