"""Searches of stored reads: what they find, page by page, what they say they cannot see, and what goes on record."""

import fnmatch
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.domain.errors import AccessError, FeedError, SearchError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.patterns import is_partial, partial_fault
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.restrictions import Area
from alpr_edge.services.search.read_searches import PAGE_READS, ReadSearch, ReadSearches, SearchCursor, SearchPage
from alpr_edge.services.search.search_input import SearchRequest, parse_search
from alpr_edge.settings import HotlistSettings, StoreSettings, load
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads import search as statements
from alpr_edge.store.reads.search import Period, ReadFilter
from alpr_edge.store.reads.search_gaps import DeletionCounts
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.vision.jpeg_pictures import jpeg, shrink
from tests.staff import STOLEN, Staff
from tests.store.records import CROP, SCENE, START, decided, hit, plate_read
from tests.units import write_bare_unit

CAMERAS = ("front", "rear")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PLATES = ("7ABC123", "7ABC128", "8ABC123", "A1", "AB12", "1Z", "7A8C123")


def instant_at(minutes: float, boot_id: str = "boot-1", source: UtcSource = UtcSource.GNSS) -> Instant:
    utc = START + timedelta(minutes=minutes) if source is not UtcSource.UNKNOWN else None
    return Instant(boot_id, round((minutes + 1000) * 60e9), utc, source, 20.0)


def store_read(store: UnitStore, read_id: str, plate: str, at: Instant, **changes: object) -> None:
    made = replace(plate_read(read_id, plate), first_seen=at, last_seen=at.shift(400))
    store.reads.commit([decided(replace(made, **changes), images=((CROP, b"crop " + read_id.encode()),))])  # type: ignore[arg-type] # any field


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnitStore]:
    """Seventy reads, one a minute; the first ten before the first fix, which the boot's clock pairs place."""
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("searched"))), migrate=True) as unit_store:
        for number in range(70):
            at = instant_at(number, source=UtcSource.UNKNOWN if number < 10 else UtcSource.GNSS)
            changes = {"camera_id": CAMERAS[number % 2], "state": (None, "CA", "NV")[number % 3]}
            place = Position(37.0 + number / 1000, -120.0, 0.0, 0.9, "gnss")
            store_read(unit_store, f"read-{number}", PLATES[number % 7], at, position=place, **changes)
        for minute in (10, 11, 12, 40, 41):
            clock_pairs.record(unit_store.database, instant_at(minute))
        yield unit_store


@pytest.fixture(scope="module")
def searches(store: UnitStore) -> ReadSearches:
    return ReadSearches(store, HotlistSettings(), StoreSettings(), CAMERAS)


def pages_of(searches: ReadSearches, chief: Authoriser, search: ReadSearch) -> list[SearchPage]:
    """All pages of a search."""
    cursor: SearchCursor | None = searches.begin(search)
    pages = []
    while cursor is not None:
        pages.append(searches.page(chief, STOLEN, search, cursor))
        cursor = pages[-1].next
    return pages


def numbers_of(searches: ReadSearches, chief: Authoriser, wanted: ReadFilter, *, untimed: bool = False) -> list[int]:
    """The numbers of the reads that a search finds, in the order in which it shows them."""
    pages = pages_of(searches, chief, ReadSearch(wanted, untimed))
    return [int(shown.read.read_id.removeprefix("read-")) for page in pages for shown in page.reads]


PATTERN = st.text("7A8BC1*?", min_size=2, max_size=9).filter(
    lambda text: not partial_fault(text) or not is_partial(text)
)


@settings(max_examples=10, deadline=None)
@example("7ABC123")
@example("7A?C12?")
@example("*12*")
@example("?A1*")
@example("1?*A")
@given(PATTERN)
def test_a_plate_with_wildcards_finds_what_plain_comparison_finds(
    searches: ReadSearches, chief: Authoriser, text: str
) -> None:
    wanted = parse_search(SearchRequest(plate=text), CAMERAS, START, None)
    pattern = wanted.pattern or ""
    expected = [number for number in range(69, -1, -1) if fnmatch.fnmatchcase(PLATES[number % 7], pattern)]
    assert numbers_of(searches, chief, wanted) == expected


@settings(max_examples=10, deadline=None)
@example(begin=-5, minutes=200, camera=None, state=None, has_area=False)
@example(begin=3, minutes=4, camera="rear", state=None, has_area=False)
@given(
    begin=st.integers(-5, 75),
    minutes=st.integers(1, 80),
    camera=st.sampled_from((None, *CAMERAS)),
    state=st.sampled_from((None, "CA", "NV")),
    has_area=st.booleans(),
)
def test_time_place_camera_and_state_find_what_plain_comparison_finds(
    searches: ReadSearches,
    chief: Authoriser,
    begin: int,
    minutes: int,
    camera: str | None,
    state: str | None,
    has_area: bool,
) -> None:
    area = Area(37.02, -120.0, 1_200.0) if has_area else None
    period = Period(START + (begin - 0.5) * MINUTE, START + (begin + minutes - 0.5) * MINUTE)
    found = numbers_of(searches, chief, ReadFilter(None, period, area, camera, state))
    assert sorted(found, reverse=True) == [
        number
        for number in range(69, -1, -1)
        if begin <= number < begin + minutes
        and (camera is None or camera == CAMERAS[number % 2])
        and (state is None or (None, "CA", "NV")[number % 3] in {state, None})
        and (area is None or abs(37.0 + number / 1000 - 37.02) * 111_195 <= 1_200.0)
    ]


def test_each_page_is_bounded_and_on_record_with_the_plate_that_was_searched_for(
    searches: ReadSearches, chief: Authoriser, staff: Staff
) -> None:
    before = len(staff.records())
    search = ReadSearch(ReadFilter("*1*", Period(START - HOUR, START + 2 * HOUR), camera_id=None))
    pages = pages_of(searches, chief, search)
    assert [len(page.reads) for page in pages] == [PAGE_READS, PAGE_READS, 20]
    assert [page.share for page in pages] == [pytest.approx(25 / 70), pytest.approx(50 / 70), 1.0]
    records = staff.records()[before:]
    assert [(record.action, record.query, record.shown) for record in records] == [
        ("search_reads", "*1*", 25),
        ("search_reads", "*1*", 25),
        ("search_reads", "*1*", 20),
    ]
    assert records[0].purpose == "stolen_vehicle"
    assert records[0].note.startswith("seen 2026-05-04T11:30:00.123Z to ")


def test_reads_that_were_stored_late_are_found_as_well(
    chief: Authoriser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As after a salvage: the order of arrival is not that of time, and a search by time begins where time says."""
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("late"))), migrate=True) as store:
        for number in range(40):
            store_read(store, f"read-{number}", "1Z", instant_at(100 * number))
        store_read(store, "read-77", "1Z", instant_at(1001))
        searches = ReadSearches(store, HotlistSettings(), StoreSettings(), CAMERAS)
        search = ReadSearch(ReadFilter(period=Period(START + 990 * MINUTE, START + 1010 * MINUTE)))
        begin = searches.begin(search)
        assert begin.spans[0][1] - begin.spans[0][0] < 5, "it begins near the time"
        found = [shown.read.read_id for page in pages_of(searches, chief, search) for shown in page.reads]
        assert sorted(found) == ["read-10", "read-77"]


def test_a_read_without_a_known_time_is_counted_and_shown_apart(
    chief: Authoriser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("untimed"))), migrate=True) as store:
        store_read(store, "read-1", "1Z", instant_at(0))
        store_read(store, "read-2", "1Z", instant_at(0, "boot-2", UtcSource.UNKNOWN))
        store_read(store, "read-3", "1Z", instant_at(1, "boot-3", UtcSource.RTC))
        store_read(store, "read-4", "8ABC123", instant_at(1, "boot-3", UtcSource.RTC))
        searches = ReadSearches(store, HotlistSettings(), StoreSettings(), CAMERAS)
        wanted = ReadFilter("1Z", Period(START - HOUR, START + HOUR))
        (page,) = pages_of(searches, chief, ReadSearch(wanted))
        assert ([shown.read.read_id for shown in page.reads], page.untimed_count) == (["read-1"], 2)
        (apart,) = pages_of(searches, chief, ReadSearch(wanted, is_untimed=True))
        assert [shown.read.read_id for shown in apart.reads] == ["read-3", "read-2"]
        assert not any(shown.last_seen.sure for shown in apart.reads)


def test_a_page_says_what_the_search_cannot_see(store: UnitStore, searches: ReadSearches, chief: Authoriser) -> None:
    period = Period(START, START + 50 * MINUTE)
    (page, *_) = pages_of(searches, chief, ReadSearch(ReadFilter(period=period)))
    assert [_minutes(gap) for gap in page.limits.gaps] == [(0, 10), (12, 40), (41, 50)]
    assert page.limits.silent_cameras == ()
    assert (page.limits.deletions, page.limits.has_damaged_database) == (DeletionCounts(0, 0), False)
    assert page.limits.oldest is None
    late = Period(START + 200 * MINUTE, START + 300 * MINUTE)
    (page,) = pages_of(searches, chief, ReadSearch(ReadFilter(period=late)))
    assert page.limits.gaps == (late,)
    one = Period(START + 13.5 * MINUTE, START + 14.5 * MINUTE)
    with_more = ReadSearches(store, HotlistSettings(), StoreSettings(), (*CAMERAS, "left"))
    (page,) = pages_of(with_more, chief, ReadSearch(ReadFilter(period=one)))
    assert page.limits.silent_cameras == ("left", "rear")


def _minutes(gap: Period) -> tuple[int, int]:
    return (round((gap.begin - START) / MINUTE), round((gap.end - START) / MINUTE))


def test_a_read_that_was_found_is_looked_at_with_its_picture_each_on_record(
    searches: ReadSearches, chief: Authoriser, staff: Staff
) -> None:
    before = len(staff.records())
    assert searches.read(chief, STOLEN, "read-7").read.plate == PLATES[0]
    assert searches.picture(chief, STOLEN, "read-7", CROP) == b"crop read-7"
    for look in (lambda: searches.read(chief, STOLEN, "no"), lambda: searches.picture(chief, STOLEN, "read-7", SCENE)):
        with pytest.raises(SearchError):
            look()
    records = staff.records()[before:]
    assert [(record.action, record.objects, record.shown) for record in records][:2] == [
        ("show_reads", ("read-7",), 1)
    ] * 2
    assert [record.shown for record in records[2:]] == [0, 0]


def test_covert_hits_are_in_no_result(chief: Authoriser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("covert"))), migrate=True) as store:
        overt, silent = hit("hit-1", "read-1"), hit("hit-2", "read-1")
        covert = replace(silent, entry=replace(silent.entry, covert=True))
        store.reads.commit([decided(plate_read("read-1"), hits=(overt, covert))])
        searches = ReadSearches(store, HotlistSettings(), StoreSettings(), CAMERAS)
        (page,) = pages_of(searches, chief, ReadSearch(ReadFilter("7ABC123")))
        assert [[each.hit_id for each in shown.hits] for shown in page.reads] == [["hit-1"]]


def test_a_scene_does_not_tell_that_its_read_has_a_covert_hit(
    chief: Authoriser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (720, 1280, 3), np.uint8)
    kept_sharp, kept_plain = jpeg(noise, 85), jpeg(shrink(noise, 640), 70)
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("scenes"))), migrate=True) as store:
        overt, silent = hit("hit-1", "overt"), hit("hit-2", "covert")
        silent = replace(silent, entry=replace(silent.entry, covert=True))
        store.reads.commit([
            decided(plate_read("overt"), hits=(overt,), images=((SCENE, kept_sharp),)),
            decided(plate_read("covert"), hits=(silent,), images=((SCENE, kept_sharp),)),
            decided(plate_read("plain"), images=((SCENE, kept_plain),)),
        ])  # fmt: skip
        searches = ReadSearches(store, HotlistSettings(), StoreSettings(), CAMERAS)
        scenes = {name: searches.picture(chief, STOLEN, name, SCENE) for name in ("overt", "covert", "plain")}
    assert scenes["overt"] == kept_sharp
    pictures = [cv2.imdecode(np.frombuffer(scene, np.uint8), cv2.IMREAD_COLOR) for scene in scenes.values()]
    sizes = [picture.shape for picture in pictures if picture is not None]
    assert sizes == [(720, 1280, 3), (360, 640, 3), (360, 640, 3)]
    assert len(scenes["covert"]) < 1.1 * len(scenes["plain"])
    assert scenes["plain"] != kept_plain, "made anew as well: that a picture was is no sign either"


def test_without_a_session_or_a_purpose_nothing_is_found(
    searches: ReadSearches, chief: Authoriser, nobody: Authoriser
) -> None:
    search = ReadSearch(ReadFilter("1Z"))
    for authoriser, purpose in ((nobody, STOLEN), (chief, Purpose("")), (chief, Purpose("immigration_enforcement"))):
        with pytest.raises(AccessError):
            searches.page(authoriser, purpose, search, searches.begin(search))


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (SearchRequest(), "give a plate, a time or a place"),
        (SearchRequest(camera="front"), "give a plate, a time or a place"),
        (SearchRequest(plate="7*"), "cannot be searched for: a partial plate needs 2"),
        (SearchRequest(plate="1*2*3*4*5*6*7*8*9*"), "longer than 16 characters with its wildcards"),
        (SearchRequest(plate="!!"), "no plate"),
        (SearchRequest(plate="7ABC\u00b2"), "holds a letter or digit beside A to Z"),
        (SearchRequest(plate="1Z", camera="left"), "no such camera"),
        (SearchRequest(time="2y"), "no such time"),
        (SearchRequest(time="between", begin="2026-05-04T18:00"), "such as 2026-05-04T18:00"),
        (SearchRequest(time="between", begin="9999-12-31T23:59-14:00", end="x"), "such as 2026-05-04T18:00"),
        (SearchRequest(time="between", begin="2026-05-04T18:00", end="2026-05-04T18:00"), "ends before it begins"),
        (SearchRequest(place="here", radius="500"), "no place"),
        (SearchRequest(place="91,0", radius="500"), "latitude and longitude"),
        (SearchRequest(place="37,-120", radius="-1"), "latitude and longitude"),
        (SearchRequest(place="37,-120", radius="nan"), "latitude and longitude"),
    ],
)
def test_what_cannot_be_searched_by_is_refused_in_words(request_: SearchRequest, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        parse_search(request_, CAMERAS, START, None)


def test_a_time_up_to_now_needs_a_clock_that_is_confirmed() -> None:
    assert parse_search(SearchRequest(time="4h"), CAMERAS, START, None).period == Period(START - 4 * HOUR, START)
    with pytest.raises(FeedError, match="no receiver or time server confirms the time"):
        parse_search(SearchRequest(time="4h"), CAMERAS, None, None)


def test_here_is_the_place_of_the_newest_read(store: UnitStore) -> None:
    here = statements.newest_place(store.database)
    assert here == (37.069, -120.0)
    wanted = parse_search(SearchRequest(place="here", radius="250"), CAMERAS, START, here)
    assert wanted.area == Area(37.069, -120.0, 250.0)


def test_a_time_is_that_of_the_clock_on_the_wall() -> None:
    typed = SearchRequest(time="between", begin="2026-05-04T18:00", end="2026-05-04T19:00")
    period = parse_search(typed, CAMERAS, None, None).period
    assert period is not None
    assert period.begin == datetime(2026, 5, 4, 18).astimezone()
