"""Every route of the department's page by every role: what is shown, and what is refused. One without a row fails."""

from dataclasses import dataclass, field, replace

import httpx
import pytest
from starlette.routing import Route

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.page_parts import FILES
from alpr_edge.department.page.server import DepartmentPageServer, create_department_page
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.table import may_ever
from alpr_edge.web.live.hit_changes import HitChanges
from tests.department.inquiries.hits.board_office import HIDDEN, HITS, STOLEN
from tests.department.inquiries.inquirers import Inquirers
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.page_office import FOR_STOLEN, PICTURED, client_of, search_word

NAMES = {
    "search_id": "none",
    "page": "1",
    "place": "1",
    "picture_id": "none",
    "digest": FILES.address("styles.css").split("/")[2],
    "name": "styles.css",
    "history_id": "none",
    "unit_id": UNIT,
    "hit_id": f"hit-of-{HITS[STOLEN]}",
    "source": "amber",
    "word": "none",
    "request_id": "none",
    "package_id": "none",
    "period": "2026-11",
    "number": "1",
    "job_id": "none",
    "saved_id": "none",
    "inquiry_id": "none",
    "hold_id": "none",
    "read_id": "none",
    "session_id": "none",
    "passkey_id": "none",
}
"""What stands for the names in a path."""


@dataclass(frozen=True)
class Answers:
    """What a route answers to whom, as status and, where it leads elsewhere, that path."""

    allowed: str
    """To whoever may do the action for some purpose."""
    refused: str
    """To the other roles."""
    locked: str
    """While the session is locked, whoever it is."""
    nobody: str
    """To a browser at which nobody is signed in."""
    form: dict[str, str] = field(default_factory=dict)
    action: Action = Action.SEARCH
    """What whoever is allowed may do for some purpose; whoever may search may see hits, and nobody else."""


def of_action(action: Action, allowed: str) -> Answers:
    """Answers to whoever may do an action, and to nobody else."""
    return Answers(allowed, "403", locked="403", nobody="403", action=action)


def page_of_action(action: Action, allowed: str) -> Answers:
    """Those of a page, which leads whoever is not signed in to where they sign in."""
    return replace(of_action(action, allowed), locked="303 /", nobody="303 /")


SEE, ENTER, DECIDE = Action.SEE_RELEASES, Action.ENTER_RELEASE, Action.RELEASE
LOG, REVIEW, SIGN, RECORD = Action.SEE_LOG, Action.REVIEW, Action.SIGN_OFF, Action.RECORD_INCIDENT
GONE = Answers("404", "404", locked="404", nobody="404")
"""A search and its pictures are known by random words to their own session alone: the tests below try it."""
OWN, OWN_FORM = page_of_action(Action.KEEP_OWN_ACCOUNT, "200"), of_action(Action.KEEP_OWN_ACCOUNT, "422")
LISTS, LISTS_FORM = page_of_action(Action.MANAGE_LISTS, "200"), of_action(Action.MANAGE_LISTS, "422")
RULES = {  # those that lock and end the session are asked last
    "GET /": Answers("303 /search", "200", locked="200", nobody="303 /sign-in"),
    "GET /left": Answers("200", "200", locked="303 /", nobody="303 /"),
    "GET /search": Answers("200", "403", locked="303 /", nobody="303 /"),
    "POST /search": Answers("422", "403", locked="403", nobody="403"),
    "GET /search/{search_id}/change": GONE,
    "POST /search/{search_id}/untimed": GONE,
    "GET /search/{search_id}/{page}": GONE,
    "GET /search/{search_id}/{page}/{place}": GONE,
    "GET /pictures/{picture_id}": GONE,
    "GET /hits": Answers("200", "403", locked="303 /", nobody="303 /"),
    "GET /hits/{unit_id}/{hit_id}": Answers("200", "403", locked="303 /", nobody="303 /"),
    "GET /hit-pictures/{picture_id}": GONE,
    "GET /history": Answers("200", "403", locked="303 /", nobody="303 /"),
    "POST /history": Answers("422", "403", locked="403", nobody="403"),
    "GET /history/{history_id}": GONE,
    "GET /saved-searches": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.KEEP_SEARCHES),
    "GET /saved-searches/people": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.MANAGE_PEOPLE),
    "GET /saved-searches/new/{search_id}": GONE,
    "POST /saved-searches/new/{search_id}": GONE,
    "GET /saved-searches/{saved_id}": GONE,
    "POST /saved-searches/{saved_id}/run": GONE,
    "POST /saved-searches/{saved_id}/delete": Answers(
        "404", "403", locked="403", nobody="403", action=Action.KEEP_SEARCHES
    ),
    "GET /holds": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.HOLD),
    "POST /holds": Answers("422", "403", locked="403", nobody="403", action=Action.HOLD),
    "GET /holds/from/{search_id}": GONE,
    "POST /holds/from/{search_id}": GONE,
    "GET /holds/from/{search_id}/{page}/{place}": GONE,
    "POST /holds/from/{search_id}/{page}/{place}": GONE,
    "GET /holds/{inquiry_id}": GONE,
    "POST /holds/{inquiry_id}": GONE,
    "GET /holds/{inquiry_id}/{hold_id}": GONE,
    "GET /holds/{inquiry_id}/{hold_id}/reads/{page}": GONE,
    "GET /holds/{inquiry_id}/{hold_id}/reads/{page}/{read_id}": GONE,
    "POST /holds/{inquiry_id}/{hold_id}/extend": GONE,
    "POST /holds/{inquiry_id}/{hold_id}/release": GONE,
    "GET /evidence": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.EXPORT),
    "POST /evidence": Answers("422", "403", locked="403", nobody="403", action=Action.EXPORT),
    "GET /evidence/{inquiry_id}": GONE,
    "GET /evidence/{inquiry_id}/package": GONE,
    "POST /evidence/{inquiry_id}/package": GONE,
    "GET /evidence/{inquiry_id}/packages/{package_id}": GONE,
    "GET /booked/{job_id}": GONE,
    "POST /evidence/{inquiry_id}/ask": GONE,
    "POST /evidence/{inquiry_id}/approve": GONE,
    "POST /evidence/{inquiry_id}/passphrase": GONE,
    "GET /units": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.MANAGE_SETTINGS),
    "GET /units/map": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.MANAGE_SETTINGS),
    "GET /units/{unit_id}/revoke": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.MANAGE_PEOPLE),
    "POST /units/{unit_id}/revoke": Answers("422", "403", locked="403", nobody="403", action=Action.MANAGE_PEOPLE),
    "GET /unit-settings": page_of_action(Action.MANAGE_SETTINGS, "200"),
    "GET /unit-settings/new": page_of_action(Action.SET_UNITS, "200"),
    "POST /unit-settings/new": of_action(Action.SET_UNITS, "422"),
    "GET /unit-settings/{number}": page_of_action(Action.MANAGE_SETTINGS, "404"),
    "POST /unit-settings/{number}/withdraw": of_action(Action.SET_UNITS, "422"),
    "GET /lists": LISTS,
    "GET /lists/{source}": LISTS,
    "GET /lists/{source}/upload": LISTS,
    "POST /lists/{source}/upload": LISTS_FORM,
    "GET /lists/{source}/upload/{word}": replace(LISTS, allowed="404"),
    "POST /lists/{source}/upload/{word}": replace(LISTS_FORM, allowed="404"),
    "GET /lists/{source}/audience": LISTS,
    "POST /lists/{source}/audience": LISTS_FORM,
    "GET /account": OWN,
    "GET /account/password": OWN,
    "POST /account/password": OWN_FORM,
    "POST /account/sessions/{session_id}/end": replace(OWN_FORM, allowed="404"),
    "GET /account/confirm": OWN,
    "POST /account/confirm": OWN_FORM,
    "POST /account/confirm/passkey": replace(OWN_FORM, allowed="403"),
    **{f"GET /account/factors/{{word}}{part}": GONE for part in ("", "/code")},
    **{f"POST /account/factors/{{word}}/{part}": GONE for part in ("code", "passkeys", "passkeys/options")},
    "POST /account/factors/{word}/passkeys/{passkey_id}/remove": GONE,
    "GET /roster": Answers("200", "403", locked="303 /", nobody="303 /", action=Action.MANAGE_PEOPLE),
    "GET /releases": page_of_action(SEE, "200"),
    "GET /releases/new": page_of_action(ENTER, "200"),
    "POST /releases/new": of_action(ENTER, "422"),
    "POST /releases/register": of_action(SEE, "422"),
    "GET /releases/register/{period}": page_of_action(SEE, "200"),
    "GET /releases/register/{period}/csv": page_of_action(SEE, "200"),
    **{f"GET /releases/{{request_id}}{part}": page_of_action(SEE, "404") for part in ("", "/letter")},
    **{f"POST /releases/{{request_id}}/{part}": of_action(DECIDE, "404") for part in ("approve", "refuse", "withdraw")},
    **{f"POST /releases/{{request_id}}/{part}": of_action(ENTER, "404") for part in ("package", "confirm", "report")},
    "POST /releases/{request_id}/hand-over": of_action(ENTER, "404"),
    "GET /releases/{request_id}/package": page_of_action(ENTER, "404"),
    "GET /packages/{job_id}": GONE,
    "POST /packages/{job_id}": Answers("404", "404", locked="303 /", nobody="303 /"),
    "GET /work/{job_id}": GONE,
    "GET /audits": page_of_action(LOG, "200"),
    "POST /audits": of_action(REVIEW, "422"),
    "GET /audits/{number}": page_of_action(LOG, "404"),
    "GET /audits/{number}/{page}": page_of_action(LOG, "404"),
    "POST /audits/{number}/review": of_action(REVIEW, "404"),
    "POST /audits/{number}/sign-off": of_action(SIGN, "404"),
    "POST /audits/{number}/report": of_action(LOG, "404"),
    "GET /audit-reports/{job_id}": GONE,
    "GET /audit-reports/{job_id}/csv": GONE,
    "GET /incidents": page_of_action(RECORD, "200"),
    "GET /incidents/new": page_of_action(RECORD, "200"),
    "POST /incidents/new": of_action(RECORD, "422"),
    "GET /incidents/{number}": page_of_action(RECORD, "404"),
    **{f"POST /incidents/{{number}}/{part}": of_action(RECORD, "404") for part in ("follow-up", "close")},
    "GET /map/outlines.json": Answers("404", "404", locked="403", nobody="403"),
    "GET /map/streets.pmtiles": Answers("416", "416", locked="403", nobody="403"),
    "GET /files/{digest}/{name}": Answers("200", "200", locked="200", nobody="200"),
    "GET /sign-in": Answers("303 /", "303 /", locked="200", nobody="200"),
    "POST /lock": Answers("303 /", "303 /", locked="303 /", nobody="303 /"),
    "POST /sign-out": Answers("303 /sign-in", "303 /sign-in", locked="303 /sign-in", nobody="303 /sign-in"),
}
FOR_NOBODY = {"POST /sign-in", "POST /reopen", "POST /passkey", "POST /passkey/options", "POST /passkey/reopen"}
"""By which somebody signs in: what they ask for is no role, and test_department_page tries them."""
STREAMS = {"GET /live"}
"""Without an end: a test below tries it."""
HOME_OF = {
    Role.TECHNICIAN: "303 /units",
    Role.ALPR_ADMINISTRATOR: "303 /units",
    Role.AUDITOR: "303 /releases",
}
"""Where those are led who may not search, and yet look after units or audit."""
ROLES = tuple(Role)


def ask(client: httpx.Client, name: str) -> tuple[str, bytes]:
    """What a route answers: status and where it leads, and its body."""
    method, _, path = name.partition(" ")
    answer = client.request(method, path.format(**NAMES), data=RULES[name].form or None)
    return f"{answer.status_code} {answer.headers.get('location', '')}".strip(), answer.content


def test_every_route_has_a_row(inquirers: Inquirers) -> None:
    with open_office(inquirers.directory) as office:
        routes = create_department_page(
            DepartmentSite(office, "Department", None), HitChanges(office.arrivals.current)
        ).routes
    known = {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in set(route.methods or ()) - {"HEAD"}
    }
    assert known == {*RULES, *FOR_NOBODY, *STREAMS}


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_sees(inquirers: Inquirers, server: DepartmentPageServer, role: Role) -> None:
    with client_of(inquirers, server, role.value.replace("_", "-")) as client:
        for name, answers in RULES.items():
            expected = answers.allowed if may_ever(frozenset({role}), answers.action) else answers.refused
            expected = HOME_OF.get(role, expected) if name == "GET /" else expected
            assert ask(client, name)[0] == expected, name


@pytest.mark.parametrize("role", ROLES)
def test_who_is_shown_a_plate(inquirers: Inquirers, server: DepartmentPageServer, role: Role) -> None:
    may = may_ever(frozenset({role}), Action.SEARCH)
    with client_of(inquirers, server, role.value.replace("_", "-")) as client:
        begun = client.post("/search", data=FOR_STOLEN | {"plate": PICTURED})
        shown = client.get(begun.headers["location"]) if begun.status_code == 303 else begun
        board, hit = (client.get(f"/hits{path}") for path in ("", f"/{UNIT}/hit-of-{HITS[STOLEN]}"))
    assert (shown.status_code, PICTURED in shown.text) == ((200, True) if may else (403, False))
    assert (board.status_code, STOLEN in board.text) == ((200, True) if may else (403, False))
    assert (hit.status_code, "What was said of it" in hit.text) == ((200, True) if may else (403, False))
    assert HIDDEN not in board.text


def test_a_locked_session_shows_nothing_whatever_it_asks_for(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "officer") as client:
        word = search_word(client, plate=PICTURED)
        client.post("/lock")
        assert client.get(f"/search/{word}/1").status_code == 404
        for name, answers in RULES.items():
            answer, body = ask(client, name)
            assert (answer, PICTURED.encode() in body, STOLEN.encode() in body) == (answers.locked, False, False), name
        assert client.get("/live").status_code == 403


def test_what_was_saved_held_and_booked_is_shown_by_role_and_to_its_session(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    """What the routes above answer with words that are good: to officers, to others, and to another session."""
    stolen = FOR_STOLEN | {"case": "26-123456"}
    with client_of(inquirers, server, "officer") as client, client_of(inquirers, server, "records") as other:
        word = search_word(client, plate=PICTURED)
        client.get(f"/search/{word}/1")
        paths = [f"/saved-searches/new/{word}", f"/holds/from/{word}", f"/holds/from/{word}/1/1"]
        paths.append(client.post("/holds", data=stolen).headers["location"])
        assert [client.get(path).status_code for path in paths] == [200] * 4
        assert [other.get(path).status_code for path in paths] == [404] * 4
        assert client.post(paths[0], data={"name": "mine"}).status_code == 303
        mine = client.get("/saved-searches").text.split("/saved-searches/saved-")[1].split('"')[0]
        saved = f"/saved-searches/saved-{mine}"
        assert [each.get(saved).status_code for each in (client, other)] == [200, 404]
        assert [each.post(f"{saved}/run").status_code for each in (client, other)] == [303, 404]
        assert [each.post(f"{saved}/delete").status_code for each in (other, client)] == [404, 303]
        packages = other.post("/evidence", data=stolen).headers["location"]
        assert (other.get(packages).status_code, client.get(packages).status_code) == (200, 404)
        assert client.post("/evidence", data=stolen).status_code == 403
    with client_of(inquirers, server, "alpr-administrator") as client:
        assert [client.post(path, data=stolen).status_code for path in ("/holds", "/evidence")] == [403, 403]


def test_without_a_session_no_route_shows_a_read(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server) as client:
        for name, answers in RULES.items():
            assert ask(client, name)[0] == answers.nobody, name


def test_a_search_is_known_to_its_own_session_alone(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client, client_of(inquirers, server, "commander") as other:
        word = search_word(client, plate=PICTURED)
        assert client.get(f"/search/{word}/1").status_code == 200
        for path in (f"/search/{word}/1", f"/search/{word}/change", f"/search/{word}/1/1"):
            answer = other.get(path)
            assert (answer.status_code, PICTURED in answer.text) == (404, False)
