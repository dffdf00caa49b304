"""Nothing that somebody without a clearance can get of a department depends on a covert hit.

Two departments differ by covert hits alone. Whoever is not cleared gets the same of both: every route by every role and
permission, what a search leads to, figures, reports and counts; and it takes the same statements of the database.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_edge.department.alarms.alarm import standing_alarms
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.batches.batch_counts import BatchCounts
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.metrics.figures import department_figures
from alpr_edge.department.reports.department_reports import DepartmentReports
from alpr_edge.department.website.month_publication import count_month
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.domain.statistics.periods import period_of_month
from tests.department.inquiries.hits.board_office import FEDERAL, answer_item, deliver
from tests.department.inquiries.inquirers import authoriser_of, changed_person
from tests.department.interchange.exchange_office import (
    LIST,
    UNIT,
    hit_item_of,
    read_item_of,
    read_now,
    withdrawal_of,
)
from tests.department.page.page_office import CROP, FOR_STOLEN, make_page_office
from tests.department.page.paired_offices import OfficePair, PairedOffice, open_pair
from tests.department.page.test_page_roles import NAMES, RULES
from tests.department.scenes import scene_item

ROLES = tuple(role.value.replace("_", "-") for role in Role)
PERMISSIONS = (
    frozenset(SourcePermission),
    frozenset({SourcePermission.DEPARTMENT, SourcePermission.STATE}),
    frozenset({SourcePermission.STATE}),
    frozenset[SourcePermission](),
)
FIRST, ALSO = "7CVT001", "7CVT002"
LAST = ("POST /lock", "POST /sign-out")
"""They end what the others need."""
_MOMENTS = {"disk_free_bytes", "disk_share", "certificates_left_s", "deletion_age_s", "last_good_s"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficePair]:
    folder = tmp_path_factory.mktemp("pairs")
    with open_pair(make_page_office(folder), folder) as some:
        add_hit(some, "pair-1", FIRST, {})
        yield some


def add_hit(pair: OfficePair, read_id: str, plate: str, about: dict[str, Any], *, is_over: bool = False) -> None:
    """Let both have a read, one with a covert hit of it, to which an officer answered."""
    read, scene = read_now(read_id, plate), scene_item()
    said = [answer_item(read_id, 1, DispositionPart.READ, "correct")]
    said += [withdrawal_of(read)] if is_over else []
    deliver(pair.plain.people.directory, scene, read_item_of(read, (CROP, scene.body)))
    hit = hit_item_of(read, covert=True, **about)
    deliver(pair.covert.people.directory, scene, read_item_of(read, (CROP, scene.body)), hit, *said)


def ask_all(some: PairedOffice, role: str, plate: str) -> dict[str, tuple[object, ...]]:
    """What somebody gets by all routes, by a search, and by what it leads to; with what goes on record of it."""
    got, first = dict[str, tuple[object, ...]](), some.office.log.size()
    with some.visitor(role) as ask:

        def note(name: str, method: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
            reply, answer = ask(method, path, fields)
            got[name] = (reply.status, reply.text, reply.size, reply.statements)
            return answer

        for name in RULES:
            if name not in LAST:
                method, _, path = name.partition(" ")
                note(name, method, path.format(**NAMES), dict(RULES[name].form))
        note("hit", "GET", f"/hits/{UNIT}/hit-of-pair-1")
        asked = FOR_STOLEN | {"plate": plate, "case": "26-123456"}
        history = note("ask for the history", "POST", "/history", asked).headers.get("location", "/none")
        note("history", "GET", history)
        search = note("search", "POST", "/search", asked).headers.get("location", "/none")
        note("results", "GET", search)
        read = note("read", "GET", f"{search}/1")
        for number, part in enumerate(read.text.split('src="/pictures/')[1:]):
            note(f"picture {number}", "GET", f"/pictures/{part.partition(chr(34))[0]}")
        word = search.split("/")[2] if search.count("/") > 2 else "none"
        note("hold form", "GET", f"/holds/from/{word}/1/1")
        note("hold", "POST", f"/holds/from/{word}/1/1", {"case": "26-123456", "reason": "evidence"})
        holds = note("ask for holds", "POST", "/holds", asked).headers.get("location", "/none")
        note("holds", "GET", holds)
    records = [body_of(each.body) for each in some.office.log.read(first, 1000)]
    return got | {"records": tuple(records)}


def body_of(body: bytes) -> tuple[object, ...]:
    """What a record says but for moments and what was drawn."""
    record = parse_record(body)
    return record.action, record.outcome, record.reason, record.query, record.shown, record.shown_bytes, record.objects


@pytest.mark.walk
@pytest.mark.review2(8)
@pytest.mark.parametrize("sources", PERMISSIONS, ids=lambda sources: "+".join(sorted(sources)) or "none")
@pytest.mark.parametrize("role", ROLES)
def test_whatever_somebody_asks_for_is_the_same_with_a_covert_hit_and_without(
    pair: OfficePair, role: str, sources: frozenset[SourcePermission]
) -> None:
    with pair.grant(role, sources):
        plain, covert = (ask_all(each, role, FIRST) for each in pair)
    assert plain.keys() == covert.keys()
    for name, got in plain.items():
        assert covert[name] == got, name


def figures_of(some: PairedOffice) -> tuple[object, ...]:
    """What is counted of a department, for whoever asks."""
    directory, now = some.people.directory, datetime.now(UTC)
    period = period_of_month(f"{now.astimezone():%Y-%m}")
    with closing(Storage(directory, create=False)) as storage:
        figures = department_figures(storage, BatchCounts(), now)
        alarms = [each.kind for each in standing_alarms(directory, now, storage)]
    with closing(DepartmentDatabase(directory, create=False)) as database:
        report = DepartmentReports(database).counts(period)
        month = count_month(database, some.office.log, period, lambda _: None)
    shown = {name: value for name, value in figures.items() if name not in _MOMENTS}
    return shown, alarms, report, repr(month), some.office.arrivals.current().plain


COVERT_HITS = st.fixed_dictionaries({
    "source": st.sampled_from([LIST, FEDERAL, "officers"]),
    "match": st.sampled_from(list(MatchKind)),
    "reason": st.sampled_from(list(Reason)),
})  # fmt: skip


@pytest.mark.walk
@pytest.mark.review2(7)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(about=COVERT_HITS, is_over=st.booleans(), role=st.sampled_from(ROLES), sources=st.sampled_from(PERMISSIONS))
def test_no_covert_hit_changes_what_is_counted_or_shown_to_whoever_is_not_cleared(
    pair: OfficePair, about: dict[str, Any], is_over: bool, role: str, sources: frozenset[SourcePermission]
) -> None:
    read_id = f"drawn-{datetime.now(UTC).timestamp():.6f}".replace(".", "-")
    add_hit(pair, read_id, ALSO, about, is_over=is_over)
    plain, covert = (figures_of(each) for each in pair)
    assert covert == plain
    with pair.grant(role, sources):
        got, got_covert = (ask_all(each, role, ALSO) for each in pair)
    for name, value in got.items():
        assert got_covert[name] == value, name


def test_the_two_departments_do_differ(pair: OfficePair) -> None:
    """Whoever is cleared sees the hit, so that a difference would be seen by the tests above."""
    seen = []
    for each in pair:
        person_id = each.people.ids["supervisor"]
        with changed_person(each.office, person_id, has_covert_clearance=True):
            lines = each.office.hits.lines(authoriser_of(each.office, person_id))
        seen.append("hit-of-pair-1" in {getattr(line, "hit_id", "") for line in lines})
    assert seen == [False, True]
