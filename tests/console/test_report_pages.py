"""Reports at the page: for those who answer for the readers, on record once each, and never with a plate."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from alpr_edge.domain.people.person import Role
from tests.console.page_rig import PageRig
from tests.console.test_lookups import ConfirmedClock
from tests.staff import PEOPLE

PLATE = "7ABC123"
DAYS = {"since": "2026-05-01", "until": "2026-05-31", "purpose": "audit"}
"""The hits of the rig are of May 2026."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("report-pages"))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 9):
            rig.add_hit(number)
        with rig.client("officer") as officer:
            for number in range(1, 7):
                answer = "misread" if number == 1 else "correct"
                officer.post(f"/hits/unit-1:hit-{number}/answers", data={"part": "read", "answer": answer})
        yield rig


def report(client: httpx.Client, **fields: str) -> httpx.Response:
    """The page that a form leads to."""
    done = client.post("/reports", data={**DAYS, **fields})
    assert done.status_code == 303, done.text
    assert re.fullmatch(r"/reports/[\w-]{22}", done.headers["location"])
    return client.get(done.headers["location"])


def test_an_auditor_sees_how_often_reads_are_right(rig: PageRig) -> None:
    before = len(rig.staff.records())
    with rig.client("auditor") as auditor:
        page = report(auditor, kind="precision")
        assert page.status_code == 200
        assert "Precision, 2026-05-01 to 2026-05-31" in page.text
        assert "83.3 %" in page.text, "5 of 6"
        assert "43.6 to 97.0 %" in page.text
        assert "Answers are given to hits alone" in page.text
        assert PLATE not in page.text
        assert auditor.get(page.url.path).text == page.text
    assert [record.action for record in rig.staff.records()[before:]] == ["report_precision"], "seen twice, made once"


def test_a_supervisor_counts_for_the_public(rig: PageRig) -> None:
    with rig.client("supervisor") as supervisor:
        assert 'href="/reports"' in supervisor.get("/").text
        page = report(supervisor, kind="transparency")
        assert "Transparency" in page.text
        assert ">hidden<" not in page.text
        assert ">hidden<" in report(supervisor, kind="transparency", small="5").text
    with rig.client("auditor") as auditor:
        assert 'href="/reports"' in auditor.get("/health").text, "the first page of whoever sees no hits"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"since": "2026-06-01"}, "The last day is before the first"),
        ({"since": ""}, "Give the first and the last day"),
        ({"until": "yesterday"}, "Give the first and the last day"),
        ({"since": "2020-01-01"}, "366 days at most"),
        ({"purpose": ""}, "Choose what it is for"),
    ],
)
def test_what_cannot_be_reported_is_told_beside_the_form(rig: PageRig, fields: dict[str, str], says: str) -> None:
    with rig.client("auditor") as auditor:
        page = auditor.post("/reports", data={**DAYS, **fields})
        assert page.status_code == 422
        assert says in page.text


def test_another_session_does_not_see_it(rig: PageRig) -> None:
    with rig.client("auditor") as auditor, rig.client("supervisor") as other:
        path = report(auditor).url.path
        assert other.get(path).status_code == 404
        auditor.post("/lock")
        assert auditor.get(path).status_code == 403


def test_an_officer_is_offered_none(rig: PageRig) -> None:
    with rig.client("officer") as officer:
        assert 'href="/reports"' not in officer.get("/").text
        assert officer.get("/reports").status_code == 403
        assert officer.post("/reports", data=DAYS).status_code == 403
    assert rig.staff.records()[-1].outcome == "refused"


def test_a_report_is_seen_again_only_by_whoever_may_still_make_it(rig: PageRig) -> None:
    with rig.client("auditor") as auditor:
        address = report(auditor, kind="precision").url.path
        rig.staff.install(*(replace(each, roles=frozenset({Role.TECHNICIAN})) for each in PEOPLE))
        try:
            assert auditor.get(address).status_code == 403
        finally:
            rig.staff.install(*PEOPLE)
        assert auditor.get(address).status_code == 200
