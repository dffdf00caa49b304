"""Saved searches: each is its person's alone, is on record with its plates, and ends by itself, on each engine."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.inquiries.saved_searches import PER_PERSON_MAX, purpose_of_run
from alpr_edge.department.people.registry import People
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.search.saved_rows import delete_ended_searches
from alpr_edge.department.search.saved_search import NAME_CHARACTERS_MAX, SavedCriteria
from alpr_edge.domain.errors import AccessError, SearchError, StoreError
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.permissions.purposes import Purpose
from tests.department.engines import query
from tests.department.inquiries.conftest import TRAFFIC
from tests.department.inquiries.inquirers import Inquirers, StillClock, authoriser_of, changed_person, records_of
from tests.department.people.office import Office
from tests.department.search.traffic import BEGIN, UNITS, matching_ids

STOLEN = Purpose("stolen_vehicle", case="26-123456")
PLATES = sorted({read.plate for read in TRAFFIC if len(read.plate) > 4})[:2]
BY_PLATE = SavedCriteria(plates=tuple(PLATES))
COUNT = "SELECT count(*) FROM people_saved_searches"


@pytest.fixture(autouse=True)
def _empty(inquirers: Inquirers) -> Iterator[None]:
    yield
    query(inquirers.directory, "DELETE FROM people_saved_searches")


def test_a_search_is_saved_run_and_deleted_by_its_person_alone(office: InquiryOffice, inquirers: Inquirers) -> None:
    desk, first = office.saved_searches, office.log.size()
    officer, other = (authoriser_of(office, inquirers.ids[role]) for role in ("officer", "supervisor"))
    saved = desk.save(officer, STOLEN, " the two of May ", BY_PLATE)
    saved_id = saved.dates.saved_id
    records = records_of(office, first)
    assert [(each.action, each.query, each.case) for each in records] == [
        ("save_search", plate, "26-123456") for plate in PLATES
    ]
    assert all(saved_id in each.objects and "saved for 30 days" in each.note for each in records)
    (listed,) = desk.list(officer)
    assert (listed, saved.name, saved.dates.ends_at - saved.dates.made_at) == (saved, "the two of May", timedelta(30))
    assert desk.list(other) == []
    for words in (desk.open, desk.delete):
        with pytest.raises(SearchError, match="you have no such saved search"):
            words(other, saved_id)
    opened, first = desk.open(officer, saved_id), office.log.size()
    page = office.reads.page(officer, purpose_of_run(opened), opened.criteria.search_at(BEGIN))
    wanted = matching_ids(TRAFFIC, DepartmentSearch(plates=tuple(PLATES)), by_plate=True)
    assert [read.read_id for read in page.reads] == wanted
    runs = [(each.action, each.query, saved_id in each.note) for each in records_of(office, first)]
    assert sorted(runs) == [("search_reads", plate, True) for plate in PLATES]
    (count,) = desk.counts(authoriser_of(office, inquirers.ids["alpr-administrator"]))
    assert (count.name, count.count, count.ends_at) == ("Officer", 1, saved.dates.ends_at)
    desk.delete(officer, saved_id)
    assert (desk.list(officer), query(inquirers.directory, COUNT)) == ([], [(0,)])


def test_nothing_of_a_saved_search_lies_open_and_none_opens_for_another(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    officer = authoriser_of(office, inquirers.ids["officer"])
    saved = office.saved_searches.save(officer, STOLEN, "two of May", BY_PLATE)
    ((body,),) = query(inquirers.directory, "SELECT body FROM people_saved_searches")
    assert not any(text in bytes(body) for text in (PLATES[0].encode(), b"two of May", b"stolen"))
    assert PLATES[0] not in repr(saved)
    query(inquirers.directory, f"UPDATE people_saved_searches SET person_id = '{inquirers.ids['commander']}'")
    with pytest.raises(StoreError, match="does not open"):
        office.saved_searches.list(authoriser_of(office, inquirers.ids["commander"]))


def test_what_cannot_be_saved_is_told_in_a_line(office: InquiryOffice, inquirers: Inquirers) -> None:
    officer, save = authoriser_of(office, inquirers.ids["officer"]), office.saved_searches.save
    save(officer, STOLEN, "mine", BY_PLATE, 90)
    for name, criteria, days, told in (
        ("", BY_PLATE, None, "a name of a saved search is 1 to 80"),
        ("x" * (NAME_CHARACTERS_MAX + 1), BY_PLATE, None, "a name of a saved search is 1 to 80"),
        (f"car {PLATES[0].lower()}", BY_PLATE, None, "a name tells no plate"),
        ("part 7 AB", SavedCriteria(plates=("7AB*",)), None, "a name tells no plate"),
        ("the car 8XYZ999", BY_PLATE, None, "a name tells no plate"),
        ("MINE", BY_PLATE, None, "you have a saved search of this name"),
        ("long", BY_PLATE, 91, "lasts 1 to 90 days"),
        ("none", BY_PLATE, 0, "lasts 1 to 90 days"),
        ("all", SavedCriteria(), None, "too little to search by"),
        ("unit", SavedCriteria(unit_id=UNITS[0]), None, "needs a time as well"),
        ("days", SavedCriteria(unit_id=UNITS[0], last_days=367), None, "the last days of a saved search are 1 to 366"),
    ):
        with pytest.raises(SearchError, match=told) as error:
            save(officer, STOLEN, name, criteria, days)
        assert not any(plate in str(error.value) for plate in PLATES)
    for person, purpose, told in (
        ("auditor", STOLEN, "none of your roles"),
        ("alpr-administrator", STOLEN, "none of your roles"),
        ("officer", Purpose("criminal_investigation", "homicide"), "needs a case number"),
    ):
        with pytest.raises(AccessError, match=told):
            save(authoriser_of(office, inquirers.ids[person]), purpose, "other", BY_PLATE)
    for name in ("auditor", "alpr-administrator"):
        with pytest.raises(AccessError):
            office.saved_searches.list(authoriser_of(office, inquirers.ids[name]))
    with pytest.raises(AccessError):
        office.saved_searches.counts(officer)
    assert query(inquirers.directory, COUNT) == [(1,)]
    for number in range(1, PER_PERSON_MAX):
        save(officer, STOLEN, f"one more, {number}", BY_PLATE)
    too_many = f"you have {PER_PERSON_MAX} saved searches, as many as may be; delete one first"
    with pytest.raises(SearchError, match=too_many):
        save(officer, STOLEN, "one too many", BY_PLATE)


def test_it_ends_with_its_days_with_the_training_and_with_the_account(
    office: InquiryOffice, inquirers: Inquirers, clock: StillClock
) -> None:
    names = ("officer", "records", "commander", "supervisor")
    of = {name: authoriser_of(office, inquirers.ids[name]) for name in names}
    kept = {name: office.saved_searches.save(of[name], STOLEN, "mine", BY_PLATE, 50) for name in names}
    now = clock.instant.utc
    assert now is not None
    cut = now + timedelta(days=3)
    with changed_person(office, inquirers.ids["records"], alpr_training_until=cut.isoformat()):
        office.saved_searches.delete(of["records"], kept["records"].dates.saved_id)
        short = office.saved_searches.save(of["records"], STOLEN, "mine", BY_PLATE, 50)
        assert short.dates.ends_at == cut
    with closing(DepartmentDatabase(inquirers.directory, create=False)) as database:
        people, office_of = People(inquirers.directory, database), Office(inquirers.directory)
        people.change(office_of.author, inquirers.ids["commander"], {"valid_until": cut.date().isoformat()})
        people.suspend(office_of.author, inquirers.ids["supervisor"], AccountStatus.LEFT)
        office_of.database.close()
    rows = dict(query(inquirers.directory, "SELECT person_id, ends_at FROM people_saved_searches"))
    assert set(rows) == {inquirers.ids[name] for name in ("officer", "records", "commander")}
    clock.move(timedelta(days=4).total_seconds())
    for name in ("records", "commander"):
        with pytest.raises(SearchError, match="it has ended"):
            office.saved_searches.open(of[name], kept[name].dates.saved_id)
    later = authoriser_of(office, inquirers.ids["officer"])
    assert [each.dates.saved_id for each in office.saved_searches.list(later)] == [kept["officer"].dates.saved_id]
    moment = clock.instant.utc
    assert moment is not None
    with office.accounts.database.writing() as connection:
        assert delete_ended_searches(connection, moment) == 2
    assert query(inquirers.directory, COUNT) == [(1,)]


def test_a_saved_time_is_the_last_days_whenever_it_is_run_or_stays(office: InquiryOffice) -> None:
    period = SearchPeriod(BEGIN, BEGIN + timedelta(days=2))
    search = DepartmentSearch(unit_id=UNITS[0], period=period, camera_id="left", state="CA")
    assert SavedCriteria.of(search).search_at(BEGIN + timedelta(days=99)) == search
    moving = SavedCriteria.of(search, 7)
    now = BEGIN + timedelta(days=20)
    assert moving.search_at(now) == replace(search, period=SearchPeriod(now - timedelta(days=7), now))
    assert office.saved_searches.days == (30, 90)
