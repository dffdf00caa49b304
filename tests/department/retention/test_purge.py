"""The purge of policy 462.5: what was kept long enough goes with all that is stored of it, what is held never."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.collection.deletion_runs import NO_IDS, chain_ids
from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.holds.hold import HoldKind, HoldRelease, HoldTerms
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.protocol.holds import (
    hold_item_id,
    hold_payload,
    hold_release_item_id,
    hold_release_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, encode
from tests.department.engines import EngineUnderTest, drop_newer_tables, query
from tests.department.retention.office import (
    TODAY,
    UNIT,
    Office,
    hit_items,
    late_tone_item,
    pictures_of,
    read_item,
    time_item,
)
from tests.store.holds import CASE, CLERK, a_hold
from tests.store.records import instant
from tests.uplink.items import item

FEW = [f"read-{number:02}" for number in range(50)]
"""More than one transaction deletes."""


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


def deliver(office: Office, *read_ids: str, days_ago: float) -> None:
    items = [each for read_id in read_ids for each in (read_item(read_id), *pictures_of(read_id))]
    office.deliver(*items, days_ago=days_ago)


def hold(office: Office, *read_ids: str, until: datetime | None = None, at: datetime = TODAY) -> str:
    terms = HoldTerms(HoldKind.READ, "", CASE, "a subpoena", until)
    (placed,) = office.storage.holds.place(read_ids, terms, HoldAuthor("chief", at))
    return placed.hold_id


def due_count(office: Office, now: datetime) -> int:
    return office.storage.open_purge(lambda: now, is_clock_trusted=True).due().reads


def test_after_a_year_a_read_goes_with_everything_that_is_stored_of_it(office: Office) -> None:
    office.deliver(read_item("old"), *pictures_of("old"), *hit_items("old"), days_ago=366)
    deliver(office, "older-by-a-day-less", days_ago=365)
    assert office.counts()["dispositions"] == 1
    run = office.purge()
    assert (run.reads, run.hits, run.pictures, run.items, run.held, run.is_whole) == (1, 1, 2, 7, 0, True)
    assert run.ids_digest == chain_ids(NO_IDS, [f"{UNIT} old"])
    left = {"items": 3, "reads": 1, "hits": 0, "alerts": 0, "late_tones": 0, "withdrawals": 0, "dispositions": 0}
    assert office.counts() == left | {"read_times": 0, "read_pictures": 2}
    assert office.files() == {picture.sha256 for picture in pictures_of("older-by-a-day-less")}
    assert office.purge().reads == 0


@pytest.mark.parametrize("with_hit", [True, False])
def test_a_late_tone_goes_with_its_read(office: Office, *, with_hit: bool) -> None:
    items = [read_item("old"), late_tone_item("old"), *(hit_items("old") if with_hit else [])]
    office.deliver(*items, days_ago=366)
    assert office.counts()["late_tones"] == 1
    assert office.purge().items == len(items)
    assert not any(office.counts().values())


def test_what_is_due_is_counted_and_nothing_deleted(office: Office) -> None:
    deliver(office, "a", "b", days_ago=400)
    hold(office, "b")
    due = office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).due()
    assert (due.reads, due.held) == (1, 1)
    assert office.reads() == ["a", "b"]


def test_what_the_department_holds_stays_until_it_is_released_or_over(office: Office) -> None:
    deliver(office, "a", "b", "c", days_ago=500)
    hold_id = hold(office, "a")
    hold(office, "b", until=TODAY + timedelta(days=30))
    assert (office.purge().held, office.reads()) == (2, ["a", "b"])
    assert office.purge(TODAY + timedelta(days=31)).reads == 1
    assert office.reads() == ["a"]
    office.storage.holds.release(hold_id, HoldAuthor("chief", TODAY))
    assert office.purge().reads == 1
    assert office.reads() == []


def test_what_a_car_holds_stays_as_well(office: Office) -> None:
    deliver(office, "a", "b", days_ago=500)
    held = a_hold("hold-1")
    body = encode(hold_payload(held, UNIT, ["a"]))
    office.deliver(item(hold_item_id("hold-1", ["a"]), ItemKind.HOLD, body), days_ago=1)
    assert office.purge().held == 1
    assert office.reads() == ["a"]
    released = encode(hold_release_payload("hold-1", UNIT, HoldRelease(CLERK, instant(), "case closed")))
    office.deliver(item(hold_release_item_id("hold-1"), ItemKind.HOLD_RELEASE, released), days_ago=0)
    assert office.purge().reads == 1


def test_a_hold_on_anothers_read_of_the_same_id_holds_nothing_here(office: Office) -> None:
    deliver(office, "a", days_ago=500)
    office.deliver(item("x", ItemKind.ACCESS, b"{}"), days_ago=0, unit_id="unit-2")
    body = encode(hold_payload(a_hold("hold-1"), "unit-2", ["a"]))
    part = Part(hold_item_id("hold-1", ["a"]), ItemKind.HOLD.value, body, item("h", ItemKind.HOLD, body).sha256)
    office.storage.store("unit-2", [part])
    assert office.purge().reads == 1


def test_reads_of_two_cars_with_the_same_id_have_nothing_to_do_with_each_other(office: Office) -> None:
    office.deliver(read_item("a"), *hit_items("a"), days_ago=400)
    office.deliver(read_item("b"), read_item("c", "b"), *hit_items("b"), days_ago=100)
    for table, column in (
        ("items", "item_id"),
        ("reads", "read_id"),
        ("hits", "read_id"),
        ("read_pictures", "read_id"),
    ):
        office.execute(f"UPDATE {table} SET unit_id = 'unit-2' WHERE {column} IN ('b', 'c', 'hit-of-b')")
        office.execute(f"UPDATE {table} SET {column} = 'a' WHERE {column} = 'b'")
    office.execute("UPDATE reads SET supersedes = 'a' WHERE supersedes = 'b'")
    run = office.purge()
    assert (run.reads, run.hits, office.reads()) == (1, 1, ["a", "c"])
    assert office.purge(TODAY + timedelta(days=300)).reads == 2


def test_a_read_and_its_corrections_go_together_when_the_last_is_old_enough(office: Office) -> None:
    pictures = pictures_of("read-1")
    office.deliver(read_item("read-1", pictures=pictures), *pictures, days_ago=400)
    office.deliver(read_item("read-2", "read-1", pictures), days_ago=380)
    office.deliver(read_item("read-3", "read-2", pictures), days_ago=10)
    assert office.purge().reads == 0
    later = TODAY + timedelta(days=356)
    hold_id = hold(office, "read-2")
    assert (office.purge(later).held, len(office.reads())) == (3, 3)
    office.storage.holds.release(hold_id, HoldAuthor("chief", TODAY))
    assert office.purge(later).reads == 3
    assert office.files() == set()


def test_a_picture_that_another_read_has_stays_with_it(office: Office) -> None:
    pictures = pictures_of("shared")
    office.deliver(read_item("a", pictures=pictures), *pictures, days_ago=400)
    office.deliver(read_item("b", pictures=pictures), days_ago=100)
    assert (office.purge().pictures, office.files()) == (0, {each.sha256 for each in pictures})
    assert office.purge(TODAY + timedelta(days=300)).pictures == 2
    assert office.files() == set()


def test_a_picture_that_two_cars_sent_stays_with_the_other(office: Office) -> None:
    pictures = pictures_of("same")
    office.deliver(read_item("a", pictures=pictures), *pictures, days_ago=400)
    office.deliver(*pictures, days_ago=1, unit_id="unit-2")
    office.date(["a", *(each.sha256 for each in pictures)], TODAY - timedelta(days=400))
    office.execute("UPDATE items SET received_at = '2026-11-19' WHERE unit_id = 'unit-2'")
    assert office.purge().pictures == 2
    assert office.files() == {each.sha256 for each in pictures}


def test_pictures_and_hits_whose_reads_never_came_go_as_well(office: Office) -> None:
    office.deliver(*pictures_of("lost"), *hit_items("lost"), days_ago=366)
    office.deliver(*pictures_of("young"), days_ago=100)
    run = office.purge()
    assert (run.reads, run.hits, run.pictures) == (0, 1, 2)
    assert office.counts()["items"] == 2
    assert office.files() == {each.sha256 for each in pictures_of("young")}


def test_hits_may_be_kept_longer(office: Office) -> None:
    office.settings("[retention]\nread_days = 365\nhit_days = 1826\n")
    deliver(office, "plain", days_ago=400)
    office.deliver(read_item("hit"), *hit_items("hit"), days_ago=400)
    assert (office.purge().reads, office.reads()) == (1, ["hit"])


def test_a_state_that_bounds_the_days_counts_them_from_the_capture(office: Office) -> None:
    office.settings('[retention]\nstate = "WA"\n')
    captured = datetime.fromisoformat("2026-05-04T12:30:00+00:00")
    deliver(office, "a", days_ago=(TODAY - captured).days - 10)
    assert office.purge(captured + timedelta(days=20)).reads == 0
    run = office.purge(captured + timedelta(days=21, seconds=1))
    assert (run.reads, run.read_days, run.is_law_verified) == (1, 21, False)
    assert "Washington" in run.law


def test_a_time_that_is_not_sure_any_more_counts_for_nothing(office: Office) -> None:
    office.settings('[retention]\nstate = "WA"\n')
    deliver(office, "a", days_ago=10)
    assert due_count(office, TODAY) == 1  # seen in May
    office.deliver(time_item("a", None), days_ago=0)
    assert due_count(office, TODAY) == 0
    assert due_count(office, TODAY + timedelta(days=12)) == 1


@pytest.mark.review2(11)
@pytest.mark.parametrize("source", [UtcSource.RTC, UtcSource.UNKNOWN])
@pytest.mark.parametrize("state", ["WA", "OR"])
def test_a_clock_that_nobody_confirmed_makes_no_read_old(office: Office, state: str, source: UtcSource) -> None:
    office.settings(f'[retention]\nstate = "{state}"\nhit_days = 400\n')
    reset = datetime(2024, 1, 1, tzinfo=UTC)
    office.deliver(read_item("fresh", seen=reset, source=source), *hit_items("fresh"), days_ago=0)
    office.deliver(read_item("plain", seen=reset, source=source), days_ago=0)
    assert due_count(office, TODAY) == 0
    assert (office.purge().reads, office.reads()) == (0, ["fresh", "plain"])
    bound = timedelta(days=STATE_PERIODS[state].days_max or 0)
    assert due_count(office, TODAY + bound + timedelta(seconds=1)) == 1, "its days count from its receipt"
    office.deliver(time_item("plain", TODAY - timedelta(days=400)), days_ago=0)
    assert due_count(office, TODAY) == 1, "what the unit is sure of later counts"


def test_which_reads_a_hold_was_for_is_known_when_they_are_gone(office: Office) -> None:
    deliver(office, "a", days_ago=500)
    office.storage.holds.release(hold(office, "a"), HoldAuthor("chief", TODAY))
    assert office.purge().reads == 1
    assert query(office.directory, "SELECT read_id FROM held_reads") == [("a",)]


def test_a_run_that_breaks_off_is_on_record_and_the_next_goes_on(office: Office) -> None:
    deliver(office, *FEW, days_ago=400)

    def stop(deleted_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).run("timer", stop)
    before = len(office.reads())
    assert 0 < before < len(FEW)
    assert office.purge().reads == before
    records = [run.record for run in office.storage.deletions()]
    assert [b'"is_whole":true' in record for record in records] == [False, True]
    assert office.files() == set()


def test_two_purges_at_once_are_one(office: Office) -> None:
    deliver(office, *FEW, days_ago=400)
    refusals = []

    def second(deleted_count: int) -> None:
        try:
            office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).run("timer")
        except DepartmentError as error:
            refusals.append(str(error))

    assert office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).run("timer", second).reads == len(FEW)
    assert refusals
    assert all("another process is at it" in refusal for refusal in refusals)


def test_a_car_that_delivers_meanwhile_loses_nothing(office: Office) -> None:
    deliver(office, *FEW, days_ago=400)
    same = pictures_of(FEW[0])
    receipted: set[str] = set()

    def send() -> None:
        """Deliver reads with that picture, each again until all of it is receipted, as a car does."""
        for number in itertools.count():
            new = [read_item(f"new-{number:03}", pictures=same), *same]
            parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in new]
            while [answer.sha256 for answer in office.storage.store(UNIT, parts)] != [each.sha256 for each in new]:
                pass
            receipted.add(new[0].item_id)
            if is_over.is_set():
                return

    is_over = threading.Event()
    sender = threading.Thread(target=send)
    sender.start()
    try:
        run = office.purge()
    finally:
        is_over.set()
        sender.join(60)
    assert run.reads == len(FEW)
    assert receipted == set(office.reads())
    assert office.files() == {each.sha256 for each in same}


def test_three_years_of_nightly_purges(office: Office) -> None:
    """A read a month from March 2023 on, every fifth held for two years: each goes within ten days, none before.

    The year of each has the 29th of February 2024 in it, and one of the nights is 365 days after each.
    """
    begin = datetime.fromisoformat("2023-03-01T09:00:00+00:00")
    moments = [begin + timedelta(days=30 * number) for number in range(12)]
    for number, moment in enumerate(moments):
        deliver(office, f"read-{number:02}", days_ago=(TODAY - moment).total_seconds() / 86_400)
    held = {f"read-{number:02}" for number in range(0, 12, 5)}
    hold(office, *held, until=begin + timedelta(days=730), at=begin)
    gone: dict[str, datetime] = {}
    for night in (begin + timedelta(days=day) for day in range(365, 755, 10)):
        before = set(office.reads())
        office.purge(night)
        gone |= dict.fromkeys(before - set(office.reads()), night)
    assert set(gone) == {f"read-{number:02}" for number in range(12)}
    for number, moment in enumerate(moments):
        read_id = f"read-{number:02}"
        least = begin + timedelta(days=730) if read_id in held else moment.replace(year=moment.year + 1)
        assert least <= gone[read_id] <= least + timedelta(days=10), read_id


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("read_days = 364", "retention.read_days: below the 366 days"),
        ("hit_days = 30", "retention.hit_days: below the 366 days"),
        ('state = "WA"\nread_days = 22', "retention.read_days: above the 21 days"),
        ('state = "NJ"\nread_days = 400', "retention.read_days: below the 1096 days"),
        ('state = "XX"', "retention.state"),
        ("days = 3", "retention.days"),
    ],
)
def test_a_period_against_the_law_deletes_nothing(office: Office, text: str, told: str) -> None:
    deliver(office, "a", days_ago=5000)
    office.settings(f"[retention]\n{text}\n")
    with pytest.raises(DepartmentError, match=told):
        office.purge()
    assert office.storage.counts().reads == 1


def test_what_is_due_for_more_than_a_week_is_told(office: Office) -> None:
    deliver(office, "a", "b", days_ago=371)
    assert office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).overdue() == []
    hold(office, "a")
    (line,) = office.storage.open_purge(lambda: TODAY + timedelta(days=2)).overdue()
    assert "alpr-edge department purge" in line
    office.purge()
    assert office.storage.open_purge(lambda: TODAY + timedelta(days=2)).overdue() == []


def test_the_pictures_of_reads_of_before_are_known(tmp_path: Path) -> None:
    office = Office(tmp_path / "department")
    deliver(office, "a", days_ago=400)
    office.deliver(read_item("b", pictures=[]), days_ago=400)
    deliver(office, "damaged", days_ago=400)
    office.execute("UPDATE items SET body = CAST('{\"evid' AS BLOB) WHERE item_id = 'damaged'")
    office.storage.close()
    drop_newer_tables(office.directory)
    query(office.directory, "UPDATE alembic_version SET version_num = '0010'")
    office.storage = Storage(office.directory)
    assert office.counts()["read_pictures"] == 2
    assert (office.purge().pictures, office.files()) == (4, set())  # those of the damaged one by their own age
    office.storage.close()
