"""A canvass at the department: every read of an area and a time is held for a case, each once; late ones too."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.holds.department_canvass import DepartmentCanvass
from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.domain.errors import HoldError, SearchError
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.restrictions import Area
from tests.cli.department.test_inquiries import newest, sign_in_as
from tests.department.engines import EngineUnderTest, query
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers
from tests.department.search.traffic import BEGIN, CENTRE, DAYS, UNITS, make_traffic, matching_ids, store_traffic
from tests.store.holds import CASE

TRAFFIC = make_traffic(120)
LATE = [replace(read, read_id=f"{read.read_id}-late") for read in TRAFFIC if read.said is None][:9]
AREA = Area(*CENTRE, 1200.0)
PERIOD = SearchPeriod(BEGIN, BEGIN + timedelta(days=DAYS))
SEARCH = DepartmentSearch(area=AREA, period=PERIOD)
CHIEF = HoldAuthor("chief", BEGIN + timedelta(days=30))
TERMS = HoldTerms(HoldKind.SEARCH, "", CASE, "canvass")
HELD = "SELECT read_id FROM held_reads ORDER BY read_id"


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    some = Inquirers.make(tmp_path_factory.mktemp("canvass") / "department", engine, datetime.now(UTC))
    for unit in UNITS:
        enrol_unit(some.directory, unit, some.directory.parent / unit)
    return some


@pytest.fixture
def directory(inquirers: Inquirers) -> Path:
    return inquirers.directory


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    with closing(Storage(directory)) as storage:
        yield storage


def held_ids(directory: Path) -> list[str]:
    return sorted(row[0] for row in query(directory, HELD))


def test_each_read_is_held_once_and_late_ones_when_it_is_run_again(storage: Storage, directory: Path) -> None:
    store_traffic(storage, TRAFFIC)
    shown, canvass = list[int](), DepartmentCanvass(storage.database)
    expected = sorted(matching_ids(TRAFFIC, SEARCH, by_plate=False))
    with pytest.raises(HoldError, match="smaller area"):
        DepartmentCanvass(storage.database, reads_max=len(expected) - 1).hold(
            AREA, PERIOD, TERMS, CHIEF, with_untimed=False
        )
    with pytest.raises(SearchError, match="smaller"):
        canvass.hold(replace(AREA, radius_m=50_000.0), PERIOD, TERMS, CHIEF, with_untimed=False)
    assert held_ids(directory) == []
    first = DepartmentCanvass(storage.database, shown.append).hold(AREA, PERIOD, TERMS, CHIEF, with_untimed=False)
    assert held_ids(directory) == expected
    assert (first.reads, first.held_before, shown[-1]) == (len(expected), 0, len(expected))
    assert {(hold.case_number, hold.person, hold.until) for hold in first.placed} == {(CASE, "chief", None)}
    assert sum(hold.reads for hold in first.placed) == len(expected) > len(first.placed) == len(UNITS)
    again = canvass.hold(AREA, PERIOD, TERMS, CHIEF, with_untimed=False)
    assert (again.reads, again.held_before, again.placed) == (len(expected), len(expected), ())
    store_traffic(storage, LATE)
    late = sorted(matching_ids(LATE, SEARCH, by_plate=False))
    assert late
    canvass.hold(AREA, PERIOD, TERMS, CHIEF, with_untimed=False)
    assert held_ids(directory) == sorted([*expected, *late])
    other = canvass.hold(AREA, PERIOD, replace(TERMS, case_number="26-999999"), CHIEF, with_untimed=False)
    assert other.held_before == 0
    untimed = matching_ids([*TRAFFIC, *LATE], replace(SEARCH, is_untimed=True), by_plate=False)
    assert first.unseen.untimed == len(matching_ids(TRAFFIC, replace(SEARCH, is_untimed=True), by_plate=False)) > 0
    whole = canvass.hold(AREA, PERIOD, TERMS, CHIEF, with_untimed=True)
    assert sum(hold.reads for hold in whole.placed) == len(untimed)


def test_a_later_end_holds_what_an_earlier_end_would_let_go(storage: Storage) -> None:
    canvass, soon = DepartmentCanvass(storage.database), CHIEF.at + timedelta(days=1)
    ends = (soon, soon, soon + timedelta(days=1), soon, None, None, soon)
    counts = []
    for until in ends:
        terms = replace(TERMS, case_number="26-222222", until=until)
        held = canvass.hold(AREA, PERIOD, terms, CHIEF, with_untimed=False)
        counts.append((held.held_before == held.reads, held.held_before == 0))
    assert counts == [(False, True), (True, False), (False, True), (True, False), (False, True)] + [(True, False)] * 2


def test_the_command_holds_and_tells_what_it_could_not_see(storage: Storage, inquirers: Inquirers) -> None:
    store_traffic(storage, TRAFFIC)
    sign_in_as(inquirers, "officer")
    words = ["department", "holds", "canvass", "--directory", str(inquirers.directory), "--reason", "canvass"]
    words += ["--case", "26-111111", "--purpose", "crime_scene_canvass", "--offense", "homicide"]
    words += ["--from", PERIOD.begin.isoformat(), "--to", PERIOD.end.isoformat(), "--area"]
    done = CliRunner().invoke(app, [*words, str(AREA), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["reads"] == sum(hold["reads"] for hold in told["placed"]) > 0
    text = CliRunner().invoke(app, [*words, str(AREA)]).output
    assert f"{told['reads']} reads found; {told['reads']} were held for this case before" in text
    assert "without a sure time: see --untimed" in text
    assert "without a place: hold them by their ids" in text
    assert not any(read.plate in text for read in TRAFFIC if len(read.plate) > 2)
    *_, asked, held, _ = newest(inquirers, 4)
    note = f"canvass; seen {rfc3339(PERIOD.begin)} to {rfc3339(PERIOD.end)}, around {AREA}"
    assert (asked.action, asked.case, asked.note, asked.objects) == ("hold_read", "26-111111", note, ())
    assert held.objects == tuple(hold["hold_id"] for hold in told["placed"])
    refused = CliRunner().invoke(app, [*words, "37.6,-121.0"])
    assert (refused.exit_code, "--area: an area is" in refused.output) == (1, True), refused.output
