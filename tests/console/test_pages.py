"""The page by hand: who sees what, what a form does, and what hostile requests and list texts come to."""

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from itertools import islice

import httpx
import pytest

from alpr_edge.console.page_parts import FILES
from alpr_edge.console.waiting_hits import GLANCES_MAX
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.unit_store import open_store
from alpr_edge.web.live.event_streams import STREAMS_A_SESSION_MAX
from alpr_edge.web.visitor import COOKIE
from tests.app.stages.test_store_counts import until
from tests.console.page_rig import HOST, PageRig
from tests.staff import PEOPLE, staff_person
from tests.store.records import decided, hit, plate_read

PLATE = "7ABC123"
LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
HIT = "/hits/unit-1:hit-1"
PATHS = ("/", HIT, f"{HIT}/pictures/crop", f"{HIT}/pictures/scene")
HEADERS = {
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
BACKWARDS = "\u202e\u2066"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("page"), (*PEOPLE, LOCAL_OFFICER))
    with rig.serving():
        rig.add_hit(1)
        rig.add_hit(2, covert=True)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def test_without_a_session_there_is_the_form_and_nothing_else(rig: PageRig) -> None:
    with rig.client() as client:
        for path in PATHS:
            answer = client.get(path, follow_redirects=True)
            assert PLATE not in answer.text
            assert answer.headers["content-type"].startswith("text/html"), path
        assert client.get("/").headers["location"] == "/sign-in"
        assert client.get("/live").status_code == 403


@pytest.mark.parametrize("person", ["technician", "auditor", "alpr-administrator", "training-supervisor"])
def test_whoever_may_not_see_hits_sees_no_plate_and_no_picture(rig: PageRig, person: str) -> None:
    with rig.client(person) as client:
        assert client.get("/").headers["location"] == "/health"
        for path in PATHS[1:]:
            answer = client.get(path)
            assert (answer.status_code, PLATE in answer.text) == (403, False), path
    assert rig.staff.records()[-1].outcome == "refused"


def test_an_officer_sees_the_hit_and_each_look_is_on_record(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    page = officer.get("/")
    assert page.status_code == 200
    assert "NOT CONFIRMED - VERIFY THROUGH CLETS" in page.text
    crop = officer.get(f"{HIT}/pictures/crop")
    assert crop.content.startswith(b"\xff\xd8\xff")
    assert crop.headers["content-disposition"] == 'inline; filename="picture.jpg"'
    actions = [(record.action, record.person_id, record.component) for record in rig.staff.records()[before:]]
    assert actions == [("show_hit", "officer", "console")] * 2
    for name, value in HEADERS.items():
        assert page.headers[name] == value
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert PLATE not in str(page.headers)


def test_without_a_permission_for_the_source_there_is_no_plate(rig: PageRig) -> None:
    with rig.client("local") as client:
        page = client.get(HIT)
        assert (page.status_code, PLATE in page.text) == (200, False)
        assert "you have no permission for this source" in page.text
        assert client.get(f"{HIT}/pictures/scene").status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/hits/unit-1:hit-2", "/hits/unit-1:hit-2/pictures/crop", f"{HIT}/pictures/both", "/hits/none", "/x", "/hits/%00"],
)
def test_a_covert_hit_and_what_is_not_there_look_alike(officer: httpx.Client, path: str) -> None:
    answer = officer.get(path)
    assert (answer.status_code, PLATE in answer.text) == (404, False)


@pytest.mark.parametrize("name", ["../unit.py", "%2e%2e/application.py", "..%2f__init__.py", "hits.css", ""])
def test_nothing_beside_the_files_of_the_site_is_served(officer: httpx.Client, name: str) -> None:
    sheet = FILES.address("styles.css")
    assert officer.get(sheet).status_code == 200
    assert officer.get(sheet.replace("styles.css", name)).status_code == 404
    assert officer.get("/files/of-another-release/styles.css").status_code == 404


def test_the_policy_names_what_stands_within_the_page_and_nothing_else(officer: httpx.Client) -> None:
    page = officer.get("/")
    within = re.findall(r"<(style|script)>(.*?)</\1>", page.text, re.DOTALL)
    assert [name for name, _ in within] == ["style", "script"]
    policy = page.headers["content-security-policy"]
    for name, text in within:
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'self' 'sha256-{digest}';" in policy
    assert policy.count("sha256-") == 2
    assert "unsafe" not in policy


def test_a_browser_keeps_the_files_of_the_site_and_nothing_else(officer: httpx.Client) -> None:
    page = officer.get("/")
    addresses = re.findall(r'(?:href|src)="(/files/[^"]+)"', page.text)
    assert {address.rpartition("/")[2] for address in addresses} == {"copy.js", "health.js", "icon.svg", "live.js"}
    for address in addresses:
        assert officer.get(address).headers["cache-control"] == "max-age=31536000, immutable"
    missing = officer.get("/files/of-another-release/styles.css")
    assert [each.headers["cache-control"] for each in (page, missing)] == ["no-store", "no-store"]


def test_answers_are_recorded_and_the_page_says_by_whom(rig: PageRig, officer: httpx.Client) -> None:
    rig.add_hit(10)
    path = "/hits/unit-1:hit-10"
    for form in ({"part": "read", "answer": "correct"}, {"part": "inquiry", "answer": "still_on_file"}):
        done = officer.post(f"{path}/answers", data=form)
        assert (done.status_code, done.headers["location"]) == (303, path)
    page = officer.get(path).text
    assert "still on file, awaiting agency" in page
    assert "<em>correct</em>, Officer" in page
    with rig.client("supervisor") as second:
        form = {"part": "confirmation", "answer": "confirmed", "name": "Desk of Fresno PD", "number": "77"}
        assert second.post(f"{path}/answers", data=form).status_code == 303
    assert "CONFIRMED by entering agency" in officer.get(path).text
    (shown,) = re.findall(r'name="undoes" value="([^"]+)">\s*<button[^>]*>Undo</button>', _group(officer, path))
    undo = {"part": "confirmation", "answer": "", "undoes": shown}
    assert officer.post(f"{path}/answers", data=undo | {"undoes": ""}).status_code == 422
    assert officer.post(f"{path}/answers", data=undo).status_code == 303
    assert "awaiting agency" in officer.get(path).text
    assert officer.post(f"{path}/answers", data=undo).status_code == 422, "a page from before the undoing"


def _group(client: httpx.Client, path: str) -> str:
    """The part of a hit's page that asks for the confirmation."""
    return client.get(path).text.partition('aria-label="Entering agency"')[2].partition("</form>")[0]


def test_a_text_for_the_terminal_has_the_plate_as_it_is_on_the_car(rig: PageRig, officer: httpx.Client) -> None:
    read = replace(plate_read("read-o", "7AB0120"), slot_votes=tuple(((each, 1.0),) for each in "7ABO120"))
    with open_store(rig.staff.unit, migrate=False) as store:
        store.reads.commit([decided(read, hits=(hit("unit-1:hit-o", "read-o", "7AB0120"),))])
    assert "QV.LIC/7ABO120.LIS/CA" in officer.get("/hits/unit-1:hit-o").text


@pytest.mark.parametrize(
    ("state", "changes", "letters"),
    [
        ("CA", {}, "CA"),
        ("NV", {}, ""),
        (None, {}, ""),
        ("NV", {"corrected_by": "person-1"}, "NV"),
    ],
)
def test_an_inquiry_has_no_state_that_the_unit_alone_read_and_a_confirmation_that_of_the_record(
    rig: PageRig, officer: httpx.Client, state: str | None, changes: dict[str, str], letters: str
) -> None:
    name = f"{state}-{len(changes)}"
    read = replace(plate_read(f"read-{name}", "7ABC120"), state=state, **changes)  # type: ignore[arg-type]
    with open_store(rig.staff.unit, migrate=False) as store:
        store.reads.commit([decided(read, hits=(hit(f"unit-1:{name}", f"read-{name}", "7ABC120"),))])
    page = officer.get(f"/hits/unit-1:{name}").text
    assert re.findall(r"QV\.LIC/7ABC120\.LIS/(\w*)", page) == [letters]
    assert f"<dd>listed CA, {'not read' if state is None else f'read {state}'}</dd>" in page
    assert re.findall(r"NIC/r1\.LIC/7ABC120\.LIS/(\w*)", page) == ["CA"]


@pytest.mark.parametrize(("headers", "is_use"), [({"X-Page-Refresh": "1"}, False), ({}, True)])
def test_a_page_that_refreshes_itself_keeps_no_session_open(
    rig: PageRig, headers: dict[str, str], is_use: bool
) -> None:
    unit, begun = rig.staff.unit, rig.staff.clock.now().shift(-600_000)
    token = rig.staff.begin_session("officer", login="console", address=HOST, now=begun)
    with rig.client() as client:
        client.cookies.set(COOKIE, token, domain=HOST)
        for path in ("/", HIT, f"{HIT}/pictures/crop", "/health", "/waiting"):
            asked = client.get(path, headers=headers)
            assert asked.status_code == 200, path
    with (
        open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts,
        accounts.reading() as rows,
    ):
        session = rows.session(token_digest(token))
    assert session is not None
    assert (session.used != begun) == is_use


def test_waiting_hits_are_counted_also_where_the_row_has_no_room(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rig = PageRig(tmp_path_factory.mktemp("many"))
    with rig.serving(), rig.client("officer") as client:
        rig.add_hit(1, level=Level.URGENT)
        for number in range(2, GLANCES_MAX + 4):
            rig.add_hit(number)
        waiting = GLANCES_MAX + 3
        page = client.get("/").text
        assert f"<h2>{waiting} waiting</h2>" in page
        assert 'data-hit="unit-1:hit-1"' in page, "the gravest, which is the oldest"
        assert client.get("/waiting").json() == {"count": waiting, "grave": GLANCES_MAX}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"part": "read"},
        {"part": "outcome", "answer": "other"},
        {"part": "read", "answer": SCRIPT},
        {"part": "password", "answer": "correct"},
        {"part": "confirmation", "answer": "confirmed", "name": "x" * 300},
        {"part": "inquiry", "answer": "not_practicable", "reason": BACKWARDS},
    ],
)
def test_a_form_that_is_none_changes_nothing(rig: PageRig, officer: httpx.Client, form: dict[str, str]) -> None:
    rig.add_hit(hash(str(form)) % 10**9)
    path = f"/hits/unit-1:hit-{hash(str(form)) % 10**9}"
    answer = officer.post(f"{path}/answers", data=form)
    assert answer.status_code in {404, 422}
    assert "<script>alert" not in answer.text
    assert 'aria-label="What was said of it"' not in officer.get(path).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "https://elsewhere.example"},
        {},
    ],
)
def test_a_form_of_another_site_does_nothing(rig: PageRig, headers: dict[str, str]) -> None:
    with rig.client("officer") as client:
        del client.headers["Sec-Fetch-Site"]
        for path in ("/sign-out", "/lock", f"{HIT}/answers", "/sign-in"):
            answer = client.post(path, data={"part": "read", "answer": "correct"}, headers=headers)
            assert answer.status_code == 403
        assert client.get("/").status_code == 200, "nobody was signed out"


def test_a_body_that_is_too_long_is_refused(officer: httpx.Client) -> None:
    texts = {"reason": "x" * 20_000, "password": "correct horse battery"}
    answer = officer.post(f"{HIT}/answers", data={"part": "read"} | texts)
    assert (answer.status_code, "<h1>Not sent</h1>" in answer.text) == (413, True)
    assert all(words in answer.text for words in ("by about 3,700 characters", "Nothing was sent: copy them from here"))
    assert (answer.text.count("<textarea"), f">{texts['reason']}</textarea>" in answer.text) == (1, True)
    assert texts["password"] not in answer.text


def test_texts_of_lists_are_shown_as_texts(rig: PageRig, officer: httpx.Client) -> None:
    texts = {"vehicle": SCRIPT, "remarks": BACKWARDS + "y" * 10_000, "record_id": "'\"><b>"}
    rig.add_hit(30, Reason.OTHER, **texts)
    page = officer.get("/hits/unit-1:hit-30").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>'" not in page


def test_a_stolen_cookie_is_worth_nothing_elsewhere(rig: PageRig) -> None:
    token = rig.staff.begin_session("officer", login="console", address="192.0.2.7")
    with rig.client() as client:
        client.cookies.set(COOKIE, token, domain=HOST)
        assert client.get("/").headers["location"] == "/sign-in"
        client.cookies.set(COOKIE, rig.staff.begin_session("officer", address=HOST), domain=HOST)
        assert client.get("/").headers["location"] == "/sign-in", "a session of the command line is none of the page"


def test_a_locked_session_shows_level_and_list_alone(rig: PageRig) -> None:
    with rig.client("officer") as client:
        assert client.post("/lock").status_code == 303
        page = client.get("/")
        assert page.status_code == 200
        assert PLATE not in page.text
        assert "doj-svs" in page.text
        assert client.get(HIT).headers["location"] == f"/?back={HIT}", "an open page becomes the locked one"
        assert client.get(f"{HIT}/pictures/crop").status_code == 403


def test_a_wrong_password_leaves_the_locked_page(rig: PageRig) -> None:
    with rig.client("officer") as client:
        client.post("/lock")
        answer = client.post("/reopen", data={"password": "wrong"})
        assert (answer.status_code, "<h1>Locked</h1>" in answer.text, PLATE in answer.text) == (403, True, False)
        assert 'role="alert"' in answer.text
        assert 'data-page="/"' in answer.text, "it keeps itself live by an address that can be had"
        assert client.get("/").status_code == 200, "the session is still there"
    with rig.client() as nobody:
        assert "<h1>Sign in</h1>" in nobody.post("/reopen", data={"password": "wrong"}).text


def test_a_covert_hit_waits_for_nobody_and_offers_no_answer(rig: PageRig) -> None:
    with rig.client("chief") as client:
        page = client.get("/hits/unit-1:hit-2")
        assert (page.status_code, PLATE in page.text) == (200, True)
        assert "Covert: the department deals with it" in page.text
        assert 'name="answer"' not in page.text
        assert "/correction" not in page.text
        waiting = int(page.text.partition("<h2>")[2].partition(" waiting")[0])
        rows = re.findall(r'<li class="glance level-[a-z]+(?: possible)?"(.*?)</li>', page.text, re.DOTALL)
        counts = [re.search(r"(\d+) hits</span>", row) for row in rows]
        assert waiting == sum(1 if count is None else int(count[1]) for count in counts)
        assert waiting == client.get("/waiting").json()["count"], "which counts no covert hit"


def test_a_page_that_says_what_is_wrong_tells_where_it_is_had_again(rig: PageRig, officer: httpx.Client) -> None:
    rig.add_hit(40)
    path = "/hits/unit-1:hit-40"
    answer = officer.post(f"{path}/answers", data={"part": "outcome", "answer": "other"})
    assert (answer.status_code, f'data-page="{path}"' in answer.text) == (422, True)
    assert 'data-page="/"' in officer.get("/").text


def test_card_and_row_have_one_level_whatever_sounded(rig: PageRig, officer: httpx.Client) -> None:
    made = rig.add_hit(41, level=Level.URGENT, kind=MatchKind.CONFUSABLE, sounded=Level.NOTICE)
    page = officer.get(f"/hits/{made.hit_id}").text
    assert f'class="card level-urgent possible" data-hit="{made.hit_id}"' in page
    assert f'class="glance level-urgent possible" data-glance="{made.hit_id}"' in page
    assert "<b>possible urgent</b>" in page
    certain = rig.add_hit(42, level=Level.URGENT)
    page = officer.get(f"/hits/{certain.hit_id}").text
    assert f'class="card level-urgent" data-hit="{certain.hit_id}"' in page


def test_a_confirmed_record_is_no_confirmed_vehicle(rig: PageRig, officer: httpx.Client) -> None:
    made = rig.add_hit(50)
    path = f"/hits/{made.hit_id}"

    def page_after(part: str, answer: str) -> str:
        form = {"part": part, "answer": answer, "name": "Desk of Fresno PD"}
        done = officer.post(f"{path}/answers", data=form, follow_redirects=True)
        assert done.status_code == 200
        return done.text

    page_after("inquiry", "still_on_file")
    assert "banner confirmed" in page_after("confirmation", "confirmed")
    for answer in ("misread", "wrong_state", "not_this_vehicle"):
        page, words = page_after("read", answer), answer.replace("_", " ").upper()
        assert ("banner confirmed" in page, f"{words} - the record alone is confirmed" in page) == (False, True)
    assert "banner confirmed" in page_after("read", "correct")
    rig.withdraw(made)
    page = officer.get(path).text
    assert ("banner confirmed" in page, "ALERT WITHDRAWN - the record alone is confirmed" in page) == (False, True)


def test_a_session_has_a_few_streams_and_leaves_the_others_theirs(rig: PageRig) -> None:
    with rig.client("officer") as client, rig.client("supervisor") as other:
        with ExitStack() as streams:
            opened = [streams.enter_context(client.stream("GET", "/live")) for _ in range(STREAMS_A_SESSION_MAX)]
            assert {answer.status_code for answer in opened} == {200}
            assert stream_of(client) == (503, [])
            assert stream_of(other)[0] == 200
        until(lambda: stream_of(client)[0] == 200)  # the server has seen that they were closed
        client.post("/lock")
        status, lines = stream_of(client)
        assert (status, "event: locked" in lines) == (200, True)


def stream_of(client: httpx.Client) -> tuple[int, list[str]]:
    """The status of a stream, and its first two events."""
    with client.stream("GET", "/live") as answer:
        return answer.status_code, list(islice(answer.iter_lines(), 8))


def test_end_of_shift_ends_the_session(rig: PageRig) -> None:
    with rig.client("officer") as client:
        token = client.cookies[COOKIE]
        done = client.post("/sign-out")
        assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
        client.cookies.set(COOKIE, token, domain=HOST)
        assert client.get("/").headers["location"] == "/sign-in"
