"""Every route of the page by every role: what is shown, and what is refused. A route without a row here fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest
from starlette.routing import Route

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.console.application import create_console_app
from alpr_edge.console.page_parts import FILES
from alpr_edge.console.unit import open_console_unit
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.table import may_ever
from alpr_edge.web.live.hit_changes import HitChanges
from tests.console.page_rig import PageRig

PLATE, JPEG = "7ABC123", b"\xff\xd8\xff"
NAMES = {
    "hit_id": "unit-1:hit-1",
    "kind": "crop",
    "report_id": "none",
    "search_id": "none",
    "digest": FILES.address("styles.css").split("/")[2],
    "name": "styles.css",
    "page": "1",
    "read_id": "unit-1:read-1",
    "addition_id": "none",
    "entries_id": "none",
    "export_id": "none",
    "word": "none",
    "holds_id": "none",
    "draft_id": "none",
    "canvass_id": "none",
    "follow_id": "none",
    "camera_id": "front",
}
"""What stands for the names in a path."""


@dataclass(frozen=True)
class Rule:
    """What a route answers to whom, as status and, where it leads elsewhere, that path."""

    action: Action | None
    """What somebody has to be allowed for some purpose; None: everybody who is signed in."""
    allowed: str
    refused: str
    locked: str
    """To somebody who may, while the session is locked."""
    nobody: str
    """To a browser at which nobody is signed in."""
    form: dict[str, str] = field(default_factory=dict)


GONE = Rule(None, "404", "", locked="404", nobody="404")
"""What somebody looks up is known by a random word to their own session alone: test_lookups tries it."""
GONE_DRAWING = Rule(Action.CANVASS, "404", "403", locked="403", nobody="403")
"""So is a drawing, which in addition nobody sees who may not start a canvass: it shows the way of the car."""
HOLD = {"case": "26-123456", "reason": "evidence"}
ANSWER = {"part": "read", "answer": "correct"}
RULES = {  # those that lock and end the session are asked last
    "GET /": Rule(Action.SEE_HITS, "200", "303 /health", locked="200", nobody="303 /sign-in"),
    "GET /hits/{hit_id}": Rule(Action.SEE_HITS, "200", "403", locked="303 /?back=/hits/unit-1:hit-1", nobody="303 /"),
    "GET /hits/{hit_id}/pictures/{kind}": Rule(Action.SEE_HITS, "200", "403", locked="403", nobody="403"),
    "POST /hits/{hit_id}/answers": Rule(
        Action.DISPOSE, "303 /hits/unit-1:hit-1", "403", locked="403", nobody="403", form=ANSWER
    ),
    "POST /passenger": Rule(Action.SAY_NOT_DRIVING, "303 /", "403", locked="403", nobody="403"),
    "POST /mute": Rule(Action.MUTE, "303 /", "403", locked="403", nobody="403", form={"minutes": "5"}),
    "POST /mute/end": Rule(Action.MUTE, "303 /", "403", locked="403", nobody="403"),
    "POST /hits/{hit_id}/quiet": Rule(Action.DISPOSE, "303 /hits/unit-1:hit-1", "403", locked="403", nobody="403"),
    "POST /hits/{hit_id}/quiet/end": Rule(Action.DISPOSE, "303 /hits/unit-1:hit-1", "403", locked="403", nobody="403"),
    "POST /hits/{hit_id}/same-answer": Rule(
        Action.DISPOSE, "303 /hits/unit-1:hit-1", "403", locked="403", nobody="403", form={"newest": "unit-1:hit-1"}
    ),
    "GET /hits/{hit_id}/thumbnail": Rule(Action.SEE_HITS, "200", "403", locked="403", nobody="403"),
    "POST /hits/{hit_id}/correction": Rule(
        Action.DISPOSE, "303 /hits/unit-1:hit-1", "403", locked="403", nobody="403", form={"plate": "7ABC128"}
    ),
    "GET /hits/{hit_id}/earlier": Rule(Action.SEARCH, "200", "403", locked="403", nobody="403"),
    "GET /waiting": Rule(None, "200", "", locked="200", nobody="200"),
    "GET /reads": Rule(Action.SEE_READS, "200", "403", locked="403", nobody="403"),
    "POST /reads": Rule(Action.SEE_READS, "422", "403", locked="403", nobody="403"),
    "GET /reads/{follow_id}": Rule(None, "404", "", locked="303 /", nobody="303 /"),
    "GET /reads/{follow_id}/{read_id}": GONE,
    "GET /cameras": Rule(Action.MANAGE_SETTINGS, "200", "403", locked="403", nobody="403"),
    "GET /cameras/{follow_id}/{camera_id}": GONE,
    "GET /map/streets.pmtiles": Rule(None, "404", "", locked="403", nobody="403"),
    "GET /search": Rule(Action.SEARCH, "200", "403", locked="403", nobody="403"),
    "POST /search": Rule(Action.SEARCH, "422", "403", locked="403", nobody="403"),
    "GET /search/{search_id}/change": GONE,
    "POST /search/{search_id}/untimed": GONE,
    "GET /search/{search_id}/{page}": GONE,
    "GET /search/{search_id}/reads/{read_id}": GONE,
    "GET /search/{search_id}/reads/{read_id}/pictures/{kind}": GONE,
    "GET /entries": Rule(Action.SEE_HITS, "200", "403", locked="403", nobody="403"),
    "POST /entries": Rule(Action.SEE_HITS, "422", "403", locked="403", nobody="403"),
    "GET /entries/new": Rule(Action.ADD_ENTRY, "200", "403", locked="403", nobody="403"),
    "POST /entries/new": Rule(Action.ADD_ENTRY, "422", "403", locked="403", nobody="403"),
    "GET /entries/added/{addition_id}": Rule(Action.ADD_ENTRY, "303 /entries", "403", locked="403", nobody="403"),
    "GET /entries/{entries_id}": GONE,
    "POST /entries/{entries_id}/remove": GONE,
    "POST /search/{search_id}/hold": GONE,
    "POST /search/{search_id}/reads/{read_id}/hold": GONE,
    "POST /hits/{hit_id}/hold": Rule(
        Action.HOLD, "303 /hits/unit-1:hit-1", "403", locked="403", nobody="403", form=HOLD
    ),
    "GET /holds": Rule(Action.HOLD, "200", "403", locked="403", nobody="403"),
    "POST /holds": Rule(Action.HOLD, "422", "403", locked="403", nobody="403"),
    "GET /holds/{holds_id}": GONE,
    "POST /holds/{holds_id}/release": GONE,
    "GET /canvass": Rule(Action.CANVASS, "200", "403", locked="403", nobody="403"),
    "POST /canvass": Rule(Action.CANVASS, "422", "403", locked="403", nobody="403"),
    "POST /canvass/draw": Rule(Action.CANVASS, "303 /canvass/draw/WORD", "403", locked="403", nobody="403"),
    "GET /canvass/draw/{draft_id}": GONE_DRAWING,
    "POST /canvass/draw/{draft_id}": GONE_DRAWING,
    "GET /canvass/draw/{draft_id}/map.svg": GONE_DRAWING,
    "GET /canvass/draft/{draft_id}": GONE_DRAWING,
    "POST /canvass/{canvass_id}/end": GONE,  # of a canvass that is here test_canvass tries them by every role
    "GET /canvass/{canvass_id}/{page}": GONE,
    "GET /canvass/{canvass_id}/reads/{read_id}/{kind}": GONE,
    "GET /evidence": Rule(Action.EXPORT, "200", "403", locked="403", nobody="403"),
    "POST /evidence": Rule(Action.EXPORT, "422", "403", locked="403", nobody="403"),
    "GET /evidence/passphrases/{word}": Rule(Action.EXPORT, "303 /evidence", "403", locked="403", nobody="403"),
    "GET /evidence/{export_id}": Rule(Action.EXPORT, "404", "403", locked="403", nobody="403"),
    "POST /evidence/{export_id}/passphrase": Rule(Action.EXPORT, "404", "403", locked="403", nobody="403"),
    "GET /health": Rule(None, "200", "", locked="200", nobody="303 /sign-in"),
    "GET /health/strip": Rule(None, "200", "", locked="200", nobody="303 /sign-in"),
    "GET /reports": Rule(Action.SEE_LOG, "200", "403", locked="403", nobody="403"),
    "POST /reports": Rule(Action.SEE_LOG, "422", "403", locked="403", nobody="403"),
    "GET /reports/{report_id}": Rule(Action.SEE_LOG, "404", "403", locked="403", nobody="403"),
    "GET /live": Rule(None, "200", "", locked="200", nobody="403"),
    "GET /files/{digest}/{name}": Rule(None, "200", "", locked="200", nobody="200"),
    "GET /sign-in": Rule(None, "303 /", "", locked="200", nobody="200"),
    "GET /end-of-shift": Rule(None, "200", "", locked="303 /?back=/end-of-shift", nobody="303 /?back=/end-of-shift"),
    "POST /lock": Rule(None, "303 /", "", locked="303 /", nobody="303 /"),
    "POST /sign-out": Rule(None, "303 /sign-in", "", locked="303 /sign-in", nobody="303 /sign-in"),
}
FOR_NOBODY = {"POST /sign-in", "POST /reopen", "POST /passkey", "POST /passkey/options", "POST /passkey/reopen"}
"""By which somebody signs in: what they ask for is no role, and test_pages and test_passkeys try them."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("roles"))
    with rig.serving():
        rig.add_hit(1)
        yield rig


def routes_of(rig: PageRig) -> set[str]:
    """Method and path of every route of the page."""
    unit, make_id = rig.staff.unit, partial(new_id, "unit-1")
    with open_console_unit(unit, rig.staff.clock, make_id) as opened:
        routes = create_console_app(opened, HitChanges(opened.store.database.data_version)).routes
    assert all(isinstance(route, Route) for route in routes)
    return {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in set(route.methods or ()) - {"HEAD"}
    }


def ask(client: httpx.Client, name: str) -> tuple[str, bytes]:
    """What a route answers: status and where it leads, and its body; of a stream the first event."""
    method, _, path = name.partition(" ")
    with client.stream(method, path.format(**NAMES), data=RULES[name].form or None) as answer:
        body = next(answer.iter_bytes(), b"") if name == "GET /live" else answer.read()
    location = re.sub(r"/[\w-]{22}$", "/WORD", answer.headers.get("location", ""))
    return f"{answer.status_code} {location}".strip(), body


def shows_hits(body: bytes) -> bool:
    return PLATE.encode() in body or body.startswith(JPEG)


def test_every_route_has_a_row(rig: PageRig) -> None:
    assert routes_of(rig) == {*RULES, *FOR_NOBODY}


@pytest.mark.parametrize("role", Role)
def test_what_a_role_sees(rig: PageRig, role: Role) -> None:
    with rig.client(role.value.replace("_", "-")) as client:
        for name, rule in RULES.items():
            is_allowed = rule.action is None or may_ever(frozenset({role}), rule.action)
            answer, body = ask(client, name)
            assert answer == (rule.allowed if is_allowed else rule.refused), name
            assert not shows_hits(body) or may_ever(frozenset({role}), Action.SEE_HITS), name


def test_a_locked_session_shows_no_hit_whatever_it_asks_for(rig: PageRig) -> None:
    with rig.client("officer") as client:
        client.post("/lock")
        for name, rule in RULES.items():
            answer, body = ask(client, name)
            assert (answer, shows_hits(body)) == (rule.locked, False), name


def test_without_a_session_no_route_shows_a_hit(rig: PageRig) -> None:
    with rig.client() as client:
        for name, rule in RULES.items():
            answer, body = ask(client, name)
            assert (answer, shows_hits(body)) == (rule.nobody, False), name
