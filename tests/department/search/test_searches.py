"""Searches find what looking at every read finds, in its order and page by page, and say what they cannot see."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.search.department_searches import DepartmentSearches, LookBounds
from alpr_edge.department.search.pages import FoundPage, FoundRead, ReadKey, TimeBasis
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.ground.areas import GroundArea, GroundPolygon
from alpr_edge.domain.restrictions import Area
from tests.department.engines import EngineUnderTest
from tests.department.search.traffic import (
    BEGIN,
    CAMERAS,
    CENTRE,
    DAYS,
    STATES,
    UNITS,
    KnownRead,
    make_traffic,
    matching_ids,
    store_traffic,
)

READS = 400
EXAMPLES = 25
TRAFFIC = make_traffic(READS)
BY_ID = {read.read_id: read for read in TRAFFIC}
WHOLE = SearchPeriod(BEGIN, BEGIN + timedelta(days=DAYS + 1))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Iterator[DepartmentDatabase]:
    directory = engine.use(tmp_path_factory.mktemp("search") / "department")
    with closing(Storage(directory)) as storage:
        store_traffic(storage, TRAFFIC)
    with closing(DepartmentDatabase(directory, create=False)) as database:
        yield database


@pytest.fixture(scope="module")
def searches(database: DepartmentDatabase) -> DepartmentSearches:
    return DepartmentSearches(database)


def pages(searches: DepartmentSearches, search: DepartmentSearch, size: int) -> Iterator[FoundPage]:
    after: ReadKey | None = None
    for _ in range(READS * 2):
        page = searches.page(search, after, size)
        assert len(page.reads) <= size
        yield page
        after = page.next
        if after is None:
            return
    raise AssertionError("the pages do not end")


def all_ids(searches: DepartmentSearches, search: DepartmentSearch, size: int = 50) -> list[str]:
    return [read.read_id for page in pages(searches, search, size) for read in page.reads]


def moments() -> st.SearchStrategy[timedelta]:
    return st.integers(0, (DAYS + 1) * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def periods(draw: st.DrawFn) -> SearchPeriod:
    begin, end = sorted(draw(st.lists(moments(), min_size=2, max_size=2, unique=True)))
    return SearchPeriod(BEGIN + begin, BEGIN + end)


@st.composite
def areas(draw: st.DrawFn) -> GroundArea:
    north, east = draw(st.floats(-0.02, 0.02)), draw(st.floats(-0.02, 0.02))
    lat_deg, lon_deg = CENTRE[0] + north, CENTRE[1] + east
    if draw(st.booleans()):
        return Area(lat_deg, lon_deg, draw(st.floats(10, 3000)))
    high, wide = draw(st.floats(0.001, 0.02)), draw(st.floats(0.001, 0.02))
    corners = ((lat_deg, lon_deg), (lat_deg + high, lon_deg), (lat_deg + high / 2, lon_deg + wide))
    return GroundPolygon(corners)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A part of a plate that is there, with at least three known characters."""
    plate = draw(st.sampled_from(sorted({read.plate for read in TRAFFIC if len(read.plate) >= 5})))
    hidden = draw(st.sets(st.integers(0, len(plate) - 1), max_size=len(plate) - 3))
    text = "".join(draw(st.sampled_from("?*")) if place in hidden else each for place, each in enumerate(plate))
    if draw(st.booleans()):
        return f"*{text}" if draw(st.booleans()) else f"{text}*"
    return text if hidden else f"?{text}"


OTHERS = {
    "unit_id": st.sampled_from([None, None, *UNITS]),
    "camera_id": st.sampled_from([None, None, *CAMERAS]),
    "state": st.sampled_from([None, None, *STATES]),
    "is_untimed": st.sampled_from([False, False, False, True]),
}
SIZES = st.sampled_from([1, 7, 50, 200])


@settings(max_examples=EXAMPLES, deadline=None)
@given(patterns(), st.one_of(st.none(), periods()), st.one_of(st.none(), areas()), st.fixed_dictionaries(OTHERS), SIZES)
def test_a_part_of_a_plate_finds_what_looking_at_every_read_finds(
    searches: DepartmentSearches,
    pattern: str,
    period: SearchPeriod | None,
    area: GroundArea | None,
    others: dict[str, object],
    size: int,
) -> None:
    search = DepartmentSearch((pattern,), period, area, **others)  # type: ignore[arg-type] # drawn by name
    by_plate = period is None or area is None
    assert all_ids(searches, search, size) == matching_ids(TRAFFIC, search, by_plate=by_plate)


@settings(max_examples=EXAMPLES, deadline=None)
@given(periods(), st.one_of(st.none(), areas()), st.fixed_dictionaries(OTHERS), SIZES)
def test_a_place_or_a_unit_finds_what_looking_at_every_read_finds(
    searches: DepartmentSearches,
    period: SearchPeriod,
    area: GroundArea | None,
    others: dict[str, object],
    size: int,
) -> None:
    if area is None:
        others = others | {"unit_id": others["unit_id"] or UNITS[0]}
    search = DepartmentSearch((), period, area, **others)  # type: ignore[arg-type] # drawn by name
    assert all_ids(searches, search, size) == matching_ids(TRAFFIC, search, by_plate=False)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.sampled_from(sorted({read.plate for read in TRAFFIC})), min_size=1, max_size=8),
    st.one_of(st.none(), periods()),
    st.fixed_dictionaries(OTHERS),
    SIZES,
)
def test_plates_find_what_looking_at_every_read_finds(
    searches: DepartmentSearches,
    plates: list[str],
    period: SearchPeriod | None,
    others: dict[str, object],
    size: int,
) -> None:
    search = DepartmentSearch(tuple(plates), period, **others)  # type: ignore[arg-type] # drawn by name
    assert all_ids(searches, search, size) == matching_ids(TRAFFIC, search, by_plate=True)


def test_where_a_page_looks_at_little_every_page_goes_on(database: DepartmentDatabase) -> None:
    """Statements that return few rows, and few of them a page: no read is lost or shown twice at their ends."""
    bounds = LookBounds(rows_at_once=3, plates_at_once=2, plate_looks_max=2, time_looks_max=2)
    searches = DepartmentSearches(database, bounds)
    part, rest = DepartmentSearch(("*0*7*A*",)), timedelta(minutes=1)
    area = DepartmentSearch((), SearchPeriod(BEGIN, WHOLE.end - rest), Area(*CENTRE, 1500.0))
    untimed = DepartmentSearch((), WHOLE, Area(*CENTRE, 1500.0), is_untimed=True)
    for search in (part, area, untimed):
        wanted = matching_ids(TRAFFIC, search, by_plate=bool(search.plates))
        assert len(wanted) > 10
        assert all_ids(searches, search, 5) == wanted


def reads_by_id(searches: DepartmentSearches) -> dict[str, FoundRead]:
    search = DepartmentSearch(tuple(sorted({read.plate for read in TRAFFIC})[:100]))
    return {read.read_id: read for page in pages(searches, search, 200) for read in page.reads}


def test_a_read_is_shown_with_what_is_sure_of_its_time(searches: DepartmentSearches) -> None:
    reads = reads_by_id(searches)
    for read_id, read in reads.items():
        known = BY_ID[read_id]
        assert read.seen_at == known.seen_at
        assert (read.plate, read.unit_id, read.camera_id) == (known.plate, known.unit_id, known.camera_id)
        basis = TimeBasis.PLACED if known.said else TimeBasis.NOT_SURE if known.seen_at is None else TimeBasis.OWN
        assert (read.basis, read.uncertainty_ms) == (basis, 40.0 if known.said else None)
        assert read.first_seen == known.stamped.astimezone(UTC).isoformat(timespec="milliseconds").replace(
            "+00:00", "Z"
        )
    assert {read.basis for read in reads.values()} == set(TimeBasis) - {TimeBasis.IMPORTED}


def is_counted(known: KnownRead, search: DepartmentSearch) -> bool:
    return known.seen_at is None and bool(matching_ids([known], _of_no_time(search), by_plate=False))


def _of_no_time(search: DepartmentSearch) -> DepartmentSearch:
    return DepartmentSearch(search.plates, search.period, search.area, search.unit_id, is_untimed=True)


def test_a_page_says_what_it_could_not_see(searches: DepartmentSearches) -> None:
    day = SearchPeriod(BEGIN, BEGIN + timedelta(days=1))
    area = DepartmentSearch((), day, Area(*CENTRE, 900.0))
    unseen = searches.page(area, None, 1).unseen
    assert unseen.untimed == sum(is_counted(known, area) for known in TRAFFIC) > 10
    of_the_day = (known for known in TRAFFIC if known.seen_at is not None and day.begin <= known.seen_at < day.end)
    assert unseen.placeless == sum(known.position is None for known in of_the_day) > 2
    assert (unseen.deleted, unseen.deleted_until) == (0, None)
    plate = DepartmentSearch((TRAFFIC[0].plate,), day)
    assert searches.page(plate).unseen.untimed == sum(is_counted(known, plate) for known in TRAFFIC) > 0
    assert searches.page(plate).unseen.placeless is None
    assert searches.page(DepartmentSearch(plate.plates)).unseen.untimed is None  # they are among those found
    assert searches.page(_of_no_time(area)).unseen.untimed is None


@pytest.mark.parametrize(
    ("search", "says"),
    [
        (DepartmentSearch(), "too little to search by; add a plate, or an area and a time, or a unit and a time"),
        (DepartmentSearch(period=WHOLE), "too little to search by"),
        (DepartmentSearch(camera_id="front", period=WHOLE), "too little to search by"),
        (DepartmentSearch(("7A*",)), "needs 3 known characters; add what else is known"),
        (DepartmentSearch(("*-? ?*7?A",)), "needs 3 known characters"),
        (DepartmentSearch(("7ABC*", "7ABC123")), "by itself: leave the other plates out"),
        (DepartmentSearch(("7ABC12345678",)), "longer than 10 characters"),
        (DepartmentSearch(("7ABC12345678*",)), "longer than 10 characters"),
        (DepartmentSearch(("*7*A*B*C*1*2*3*4*",)), "longer than 16 characters with its wildcards"),
        (DepartmentSearch(("7ABC123", "\u00d6BB12")), "that is no plate: it holds a letter or digit beside A to Z"),
        (DepartmentSearch(("- -",)), "that is no plate: it holds no letter or digit"),
        (DepartmentSearch(tuple(f"7ABC{number}" for number in range(101))), "101 plates are too many"),
        (DepartmentSearch(area=Area(*CENTRE, 900.0)), "by an area needs a time as well; add from and to"),
        (DepartmentSearch(unit_id="car-1"), "by a unit needs a time as well; add from and to"),
        (DepartmentSearch(area=Area(*CENTRE, 90_000.0), period=WHOLE), "wider than some 15 km by 15 km"),
        (
            DepartmentSearch(unit_id="car-1", period=SearchPeriod(BEGIN, BEGIN + timedelta(days=367))),
            "longer than 366 days",
        ),
        (DepartmentSearch(("7ABC123",), SearchPeriod(BEGIN, BEGIN)), "ends before it begins"),
        (DepartmentSearch(("7ABC123",), state="QX"), "that is no state: two letters or a name"),
        (DepartmentSearch(("7ABC123",), state="??"), "that is no state"),
        (
            DepartmentSearch(("7ABC123",), SearchPeriod(BEGIN.replace(tzinfo=None), BEGIN.replace(tzinfo=None))),
            "needs its zone",
        ),
    ],
)
def test_what_would_look_through_everything_is_refused(
    searches: DepartmentSearches, search: DepartmentSearch, says: str
) -> None:
    with pytest.raises(SearchError, match=says) as error_info:
        searches.page(search)
    assert "\n" not in str(error_info.value)


def test_a_page_is_of_its_search_and_of_a_bounded_size(searches: DepartmentSearches) -> None:
    one = DepartmentSearch((TRAFFIC[0].plate,))
    for size in (0, 201):
        with pytest.raises(SearchError, match="a page has 1 to 200 reads"):
            searches.page(one, None, size)
    other = next(read.plate for read in TRAFFIC if read.plate != TRAFFIC[0].plate)
    after = ReadKey(min(other, TRAFFIC[0].plate), BEGIN + timedelta(days=99), "", "")
    assert {read.plate for read in searches.page(one, after).reads} <= {TRAFFIC[0].plate}
    with pytest.raises(SearchError, match="no such page"):
        searches.page(DepartmentSearch((), WHOLE, Area(*CENTRE, 9.0)), ReadKey("", None, "", ""))


def test_a_state_is_found_by_its_letters_and_by_its_name(searches: DepartmentSearches) -> None:
    found = [all_ids(searches, DepartmentSearch(unit_id="car-1", period=WHOLE, state=text)) for text in ("CA", "ca ")]
    found.append(all_ids(searches, DepartmentSearch(unit_id="car-1", period=WHOLE, state="California")))
    assert found[0] == found[1] == found[2]
    assert {BY_ID[read_id].state for read_id in found[0]} == {"CA", None}


def test_the_letter_is_the_digit_and_marks_are_left_out(searches: DepartmentSearches) -> None:
    plate = next(read.plate for read in TRAFFIC if "0" in read.plate and len(read.plate) == 7)
    wanted = matching_ids(TRAFFIC, DepartmentSearch((plate,)), by_plate=True)
    written = f" {plate[:2].lower()}-{plate[2:]} ".replace("0", "o")
    assert all_ids(searches, DepartmentSearch((written,))) == wanted
    assert set(all_ids(searches, DepartmentSearch((f"{written}*",)))) >= set(wanted)
