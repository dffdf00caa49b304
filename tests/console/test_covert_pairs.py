"""Nothing that somebody without a clearance can get in the car depends on a covert hit.

Two units differ by a covert hit alone. Whoever is not cleared gets the same of both pages by every route, whatever
their role and permissions, and the same stands on record; streams and figures tell nothing of it either.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import numpy as np
import pytest

from alpr_edge.app.attempts import Attempts
from alpr_edge.app.stages.store_counts import store_figures
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.services.hits.hit_revision import HitRevision
from alpr_edge.store.outbox.oldest_item import OldestWaiting
from alpr_edge.vision.jpeg_pictures import jpeg
from tests.console.page_rig import PageRig
from tests.console.test_lookups import FOR_STOLEN, ConfirmedClock
from tests.console.test_roles import NAMES, RULES
from tests.staff import PEOPLE, staff_person
from tests.store.records import CROP, SCENE, decided, hit, plate_read

pytestmark = pytest.mark.walk

PLATE = "4CVT999"
SHARP = jpeg(np.random.default_rng(7).integers(0, 256, (720, 1280, 3), np.uint8), 85)
NARROW = (
    staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT})),
    staff_person("state", Role.SUPERVISOR, sources=frozenset({SourcePermission.STATE})),
    staff_person("no-source", Role.COMMANDER, sources=frozenset()),
)
NOT_CLEARED = [each.person_id for each in (*PEOPLE, *NARROW) if not each.has_covert_clearance]
CHANGING = ("GET /live", "POST /lock", "POST /sign-out")
_WORDS = re.compile(r"[\w-]{16,}|\d\d:\d\d(:\d\d)?(\.\d+)?|\d{4}-\d\d-\d\d|\d+ (s|min|h) ago")
_COUNT = re.compile(r'(?<=data-changes=")\d+')
"""Begins anywhere in each process; what is counted is compared by `figures_of`."""


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageRig, PageRig]]:
    """Two units with a read each; the second has a covert hit of it."""
    plain, covert = (PageRig(tmp_path_factory.mktemp(name), (*PEOPLE, *NARROW)) for name in ("plain", "covert"))
    with ExitStack() as stack:
        for rig in (plain, covert):
            rig.staff.clock = ConfirmedClock()
            stack.enter_context(rig.serving())
            rig.add_hit(1)
        before = [figures_of(rig) for rig in (plain, covert)]
        assert before[0] == before[1]
        read = plate_read("unit-1:read-2", PLATE)
        silent = hit("unit-1:hit-2", read.read_id, PLATE)
        silent = replace(silent, entry=replace(silent.entry, covert=True))
        for rig, hits in ((plain, ()), (covert, (silent,))):
            rig.store.reads.commit([decided(read, hits, images=((CROP, b"plate"), (SCENE, SHARP)))])
        yield plain, covert


def figures_of(rig: PageRig) -> tuple[object, ...]:
    """What health, metrics and streams are made of."""
    oldest = OldestWaiting(rig.store.database, look_s=0.0)
    figures = store_figures(rig.store, oldest, Attempts(), rig.staff.clock)
    figures.pop("outbox_oldest_s")
    counts = rig.store.reads.counts()
    return figures, replace(counts, open_reads=0), HitRevision(rig.store.database, rig.staff.clock.now).current()


def ask_all(rig: PageRig, person_id: str) -> dict[str, tuple[object, ...]]:
    """What somebody gets by all routes, for a hit, for the covert one and for none, and by a search of its plate."""
    got, first = dict[str, tuple[object, ...]](), len(rig.staff.records())
    with rig.client(person_id) as client:

        def note(name: str, method: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
            answer = client.request(method, path, data=fields)
            is_picture = "image/jpeg" in answer.headers.get("content-type", "")
            answer_text = "" if is_picture else _COUNT.sub("", answer.text)
            text = answer.content.hex() if is_picture else _WORDS.sub("*", answer_text)
            location = _WORDS.sub("*", answer.headers.get("location", ""))
            got[name] = (answer.status_code, location, text, len(answer.content if is_picture else answer_text))
            return answer

        for name, rule in RULES.items():
            method, _, path = name.partition(" ")
            if name not in CHANGING:
                for number in ("1", "2", "none") if "{hit_id}" in path else ("2",):
                    names = NAMES | {"hit_id": f"unit-1:hit-{number}", "read_id": "unit-1:read-2"}
                    note(f"{name} {number}", method, path.format(**names), rule.form or None)
        search = note("search", "POST", "/search", FOR_STOLEN | {"plate": PLATE}).headers.get("location", "/none/1")
        note("results", "GET", search)
        note("read", "GET", f"{search[:-2]}/reads/unit-1:read-2")
        note("scene", "GET", f"{search[:-2]}/reads/unit-1:read-2/pictures/scene")
        note("hold", "POST", f"{search[:-2]}/hold", {"case": "26-123456", "reason": "evidence"})
        holds = note("ask for holds", "POST", "/holds", FOR_STOLEN).headers.get("location", "/none")
        note("holds", "GET", holds)
    records = rig.staff.records()[first:]
    said = [(each.action, each.outcome, each.reason, each.query, each.shown, each.shown_bytes) for each in records]
    return got | {"records": tuple(said)}


@pytest.mark.review2(8)
@pytest.mark.parametrize("person_id", NOT_CLEARED)
def test_whatever_somebody_asks_for_is_the_same_with_a_covert_hit_and_without(
    rigs: tuple[PageRig, PageRig], person_id: str
) -> None:
    plain, covert = (ask_all(rig, person_id) for rig in rigs)
    assert plain.keys() == covert.keys()
    for name, got in plain.items():
        assert covert[name] == got, name


@pytest.mark.review2(7)
def test_no_figure_and_no_stream_in_the_car_tells_of_a_covert_hit(rigs: tuple[PageRig, PageRig]) -> None:
    plain, covert = map(figures_of, rigs)
    assert covert == plain


def test_the_two_units_do_differ(rigs: tuple[PageRig, PageRig]) -> None:
    """Whoever is cleared sees the hit, so that a difference would be seen by the tests above."""
    answers = []
    for rig in rigs:
        with rig.client("chief") as chief:
            answers.append(chief.get("/hits/unit-1:hit-2").status_code)
    assert answers == [404, 200]
