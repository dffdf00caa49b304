"""Forms and addresses of the page in the car, and of the page that answers invitations."""

import html
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.console.application import create_console_app
from alpr_edge.console.page_site import site_of
from alpr_edge.console.unit import open_console_unit
from alpr_edge.department.http.invitations.app import create_invitation_app
from alpr_edge.department.people.changes import Author
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.visitor import CHALLENGE_COOKIE, COOKIE
from tests.app.page_request_rig import RequestRig
from tests.console.page_rig import PageRig
from tests.console.test_roles import NAMES, RULES
from tests.department.people.office import DOMAIN, OFFICER, Office, make_department
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.http_messages import AsgiServer, HttpMessage, NotHttpError, change_message, serving
from tests.fuzz.mutators import change_form

PORT = 8443
LEFT_OUT = {"GET /live", "POST /lock", "POST /sign-out"}
"""A stream without end, and what ends the session."""
PASSKEY = {
    "credential": '{"id":"aWQ","rawId":"aWQ","type":"public-key","response":{"clientDataJSON":"e30",'
    '"authenticatorData":"AA","signature":"AA","userHandle":null}}'
}
_FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'<(?:input|select|textarea|button)[^>]*name="([^"]+)"(?:[^>]*value="([^"]*)")?')
_CHANGE = change_message(change_form)


def request(path: str, cookies: str, fields: dict[str, str] | None = None) -> bytes:
    """A request of a browser."""
    headers = (
        *((b"Host", b"127.0.0.1:8443"), (b"Sec-Fetch-Site", b"same-origin"), (b"Cookie", cookies.encode())),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
    )
    method = b"GET" if fields is None else b"POST"
    return HttpMessage(method + b" " + path.encode() + b" HTTP/1.1", headers, urlencode(fields or {}).encode()).content


def forms_of(page: str, cookies: str) -> list[bytes]:
    """A request for each form of a page, filled in as it is."""
    return [
        request(
            html.unescape(path), cookies, {name: html.unescape(value) or "1" for name, value in _FIELD.findall(inside)}
        )
        for path, inside in _FORM.findall(page)
        if f"POST {path}" not in LEFT_OUT
    ]


def samples_of(server: AsgiServer, gets: list[str], cookies: str) -> list[bytes]:
    """Requests for some addresses, and for every form on what they show."""
    asked = [request(path, cookies) for path in gets]
    forms = [form for each in asked for form in forms_of(server.exchange(each)[1].decode("latin-1"), cookies)]
    return list(dict.fromkeys((*asked, *forms)))


@contextmanager
def console(folder: Path) -> Iterator[Parser]:
    """The page in the car, for somebody who may do most things there."""
    rig = PageRig(folder)
    with (
        rig.storing(),
        open_console_unit(rig.staff.unit, rig.staff.clock, partial(new_id, "unit-1")) as unit,
    ):
        rig.add_hit(1)
        app = create_console_app(
            unit, HitChanges(rig.store.database.data_version), partial(site_of, rig.certificate, PORT)
        )
        capture = RequestRig(rig.store, folder, rig.staff.clock)
        with closing(capture.player), serving(app) as server:
            cookies = f"{COOKIE}={rig.token('chief')}; {CHALLENGE_COOKIE}=none"
            routes = [name.format(**NAMES) for name in RULES if name not in LEFT_OUT]
            gets = [name.removeprefix("GET ") for name in routes if name.startswith("GET ")]
            posts = [
                request(name.format(**NAMES).removeprefix("POST "), cookies, rule.form)
                for name, rule in RULES.items()
                if name.startswith("POST ") and name not in LEFT_OUT
            ]
            keys = [request(path, "", PASSKEY) for path in ("/passkey", "/passkey/options", "/passkey/reopen")]
            samples = (*samples_of(server, gets, cookies), *posts, *keys)

            def answer(content: bytes) -> str:
                capture.stage.step()  # ``run`` answers beside the page; of a unit where none does only a hundred wait
                return server.answer(content)

            yield Parser(samples, _CHANGE, answer, (NotHttpError,))


@contextmanager
def invitations(folder: Path) -> Iterator[Parser]:
    """The page that answers invitations, which anybody reaches, with one that is open."""
    office = Office(make_department(folder / "department"))
    with closing(office.database):
        token = office.people.invite(Author("login:chief", datetime.now(UTC)), office.add(**OFFICER)).token
        site = RelyingParty(DOMAIN, "department", (f"https://{DOMAIN}",))
        with serving(create_invitation_app(office.people.invitations, site)) as server:
            opened = server.exchange(request("/invitation", "", {"token": token}))
            cookies = "; ".join(value.partition(";")[0] for name, value in opened[2] if name == "set-cookie")
            gets = [f"/invitation{path}" for path in ("", "/password", "/code", "/passkeys")]
            posts = [
                request(f"/invitation{path}", cookies, fields)
                for path, fields in (
                    ("/code", {"code": "123456"}),
                    ("/passkeys/options", {}),
                    ("/passkeys", PASSKEY),
                    ("/password", {"password": "short", "again": "short"}),
                    ("", {"token": "none"}),
                )
            ]
            yield Parser((*samples_of(server, gets, cookies), *posts), _CHANGE, server.answer, (NotHttpError,))
