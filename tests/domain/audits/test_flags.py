"""What stands out among records, and that no sentence repeats a plate."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.audits.flags import (
    NIGHT_BURST_RECORDS,
    REPEATS,
    REPEATS_WITHOUT_CASE,
    AuditFlag,
    FlagKind,
    find_flags,
)
from alpr_edge.domain.audits.shifts import parse_shift, shift_on
from alpr_edge.domain.errors import AuditError
from tests.domain.audits.accesses import HOUSEHOLD, NOON, ZONE, rules, search

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAYS = parse_shift("08:00-17:00", "mon,tue,wed,thu,fri", date(2026, 1, 1))
NIGHTS = parse_shift("21:00-05:00", "mon,tue", date(2026, 1, 1))


def flags_of(*records: AccessRecord, **shifts: object) -> dict[FlagKind, AuditFlag]:
    return {flag.kind: flag for flag in find_flags(records, rules(**shifts))}  # type: ignore[arg-type] # as named


def test_an_ordinary_search_stands_out_by_nothing() -> None:
    assert flags_of(search(0, HOUR), search(1, HOUR, purpose="criminal_investigation", case="26-000001")) == {}


def test_a_search_without_the_case_that_its_purpose_asks_for() -> None:
    found = flags_of(
        *(search(number, number * HOUR, f"8XYZ98{number}", purpose="homeland_security") for number in (0, 1))
    )
    assert list(found) == [FlagKind.NO_CASE]
    flag = found[FlagKind.NO_CASE]
    assert flag.sentence == (
        "Núñez, A. searched 2 times for homeland security without a case, which that purpose asks for"
    )
    assert [key.sequence for key in flag.records] == [0, 1]
    refused = search(2, HOUR, purpose="homeland_security", outcome="refused", reason="case_missing")
    assert flags_of(refused) == {}


def test_the_same_plate_again_and_again_and_pages_of_one_search_are_one_look() -> None:
    days = [search(number, number * 24 * HOUR) for number in range(REPEATS_WITHOUT_CASE)]
    assert list(flags_of(*days)) == [FlagKind.REPEAT]
    assert flags_of(*days[1:]) == {}
    assert flags_of(*(search(number, number * MINUTE) for number in range(9))) == {}
    with_case = [search(number, number * 24 * HOUR, case="26-000001") for number in range(REPEATS)]
    assert flags_of(*with_case)[FlagKind.REPEAT].sentence.endswith(
        "looked for the same plate 10 times, each with a case"
    )
    assert flags_of(*with_case[1:]) == {}


def test_outside_of_the_shift_that_is_declared() -> None:
    shifts = {"p-17": (DAYS,)}
    assert flags_of(search(0, timedelta()), search(1, 6 * HOUR), shifts=shifts) == {}, "an hour behind it is no matter"
    flag = flags_of(search(0, 6 * HOUR + MINUTE), search(1, None), shifts=shifts)[FlagKind.OFF_SHIFT]
    assert flag.sentence == ("Núñez, A. looked once outside of the shift (08:00-17:00 on mon, tue, wed, thu, fri)")
    later = parse_shift("16:00-23:00", "tue", date(2026, 11, 24))
    assert flags_of(search(0, 8 * HOUR), shifts={"p-17": (DAYS, later)}) == {}


def test_bursts_by_day_and_by_night() -> None:
    crowd = [search(number, number * MINUTE / 3, f"8XYZ{number:03}") for number in range(25)]
    assert list(flags_of(*crowd)) == [FlagKind.BURST]
    assert len(flags_of(*crowd)[FlagKind.BURST].records) == 25
    assert flags_of(*(search(number, number * 5 * MINUTE, f"8XYZ{number:03}") for number in range(25))) == {}
    night = [search(number, 12 * HOUR + number * MINUTE, f"8XYZ{number:03}") for number in range(NIGHT_BURST_RECORDS)]
    assert list(flags_of(*night)) == [FlagKind.NIGHT_BURST]
    assert flags_of(*night[1:]) == {}
    assert flags_of(*night, shifts={"p-17": (NIGHTS,)}) == {}, "who works at night looks at night"


def test_searches_by_area_unit_and_time_are_searches_too() -> None:
    by_area: dict[str, Any] = {"plate": "", "note": "seen .., around 37.6,-121.0,250", "shown": 25}
    crowd = [search(number, number * MINUTE / 4, **by_area) for number in range(40)]
    assert list(flags_of(*crowd)) == [FlagKind.BURST]
    night = [search(number, 12 * HOUR + number * MINUTE, **by_area) for number in range(NIGHT_BURST_RECORDS)]
    assert list(flags_of(*night)) == [FlagKind.NIGHT_BURST]
    assert list(flags_of(search(0, HOUR, **by_area, purpose="homeland_security"))) == [FlagKind.NO_CASE]
    assert list(flags_of(search(0, 9 * HOUR, plate="", shown=0), shifts={"p-17": (DAYS,)})) == [FlagKind.OFF_SHIFT]
    looks = [search(number, number * MINUTE / 4, "", action="show_reads", shown=1) for number in range(40)]
    assert flags_of(*looks) == {}, "to look at a read that a search found is no search"


def test_the_own_household_barred_words_and_break_glass() -> None:
    found = flags_of(
        search(0, HOUR, HOUSEHOLD[1]),
        search(1, HOUR, note="for a deportation"),
        search(2, HOUR, purpose="protest", outcome="refused", reason="purpose_barred"),
        search(3, HOUR, reason="flagged protected_health_care"),
        search(4, HOUR, HOUSEHOLD[1], person_id="p-18", person="Chan, B."),
        search(5, HOUR, person_id="", person="Root", break_glass=True),
    )
    assert set(found) == {FlagKind.HOUSEHOLD, FlagKind.BARRED, FlagKind.BREAK_GLASS}
    assert [key.sequence for key in found[FlagKind.HOUSEHOLD].records] == [0]
    every = find_flags([search(1, HOUR, note="for a deportation"), search(2, HOUR, purpose="protest")], rules())
    assert [flag.sentence.rpartition(": ")[2] for flag in every if flag.kind is FlagKind.BARRED] == [
        "immigration enforcement", "protest",
    ]  # fmt: skip


def test_a_change_of_people_by_whoever_did_not_sign_in_for_it_stands_out() -> None:
    change: dict[str, Any] = {
        "action": "change_people",
        "plate": "",
        "person_id": "login:chief",
        "person": "chief",
        "shown": 0,
    }
    note = "done: add; without a session: nobody else is left"
    found = flags_of(*(search(number, HOUR, **change | {"note": note}) for number in range(2)))
    assert list(found) == [FlagKind.WITHOUT_SESSION]
    assert found[FlagKind.WITHOUT_SESSION].sentence == "chief changed people without a session 2 times"
    assert flags_of(search(0, HOUR, **change | {"note": "done: add; as ordered"})) == {}
    assert flags_of(search(0, HOUR, **change | {"note": note, "person_id": "p-17"})) == {}


def test_a_date_behind_the_days_stands_out() -> None:
    ahead = [search(number, timedelta(days=365 * (number + 1))) for number in range(2)]
    assert flags_of(search(2, 364 * 24 * HOUR)) == {}
    flag = flags_of(search(2, HOUR), *ahead)[FlagKind.DATED_AHEAD]
    assert [key.sequence for key in flag.records] == [0, 1]
    assert flag.sentence.endswith(
        "on record 2 times with a date behind these days: a clock was wrong, or was set ahead"
    )


def test_the_unit_itself_is_nobody() -> None:
    assert find_flags([search(0, HOUR, person_id="", purpose="homeland_security")], rules()) == ()


def test_a_shift_of_the_night_begins_the_day_before() -> None:
    for hour, is_in in ((19.9, False), (20, True), (4, True), (6, True), (6.1, False)):
        local = datetime(2026, 11, 24, tzinfo=ZONE) + hour * HOUR
        assert NIGHTS.covers(local) is is_in, hour
    assert not NIGHTS.covers(datetime(2026, 11, 26, 4, tzinfo=ZONE))
    assert shift_on((DAYS, NIGHTS), date(2025, 12, 31)) is None
    assert shift_on((DAYS, NIGHTS), NOON.date()) is NIGHTS


@pytest.mark.parametrize(("hours", "days"), [("8-17", "mon"), ("08:00", "mon"), ("08:00-17:00", "monday"), ("", "")])
def test_hours_that_are_none(hours: str, days: str) -> None:
    with pytest.raises(AuditError, match="look like"):
        parse_shift(hours, days, date(2026, 1, 1))


PLATES = ("7ABC123", "8XYZ987", "9AAA111", "8XY*")
accesses = st.builds(
    search,
    st.integers(0, 10**6),
    st.one_of(st.none(), st.integers(0, 14 * 24 * 60).map(lambda minutes: minutes * MINUTE)),
    st.sampled_from(PLATES),
    person_id=st.sampled_from(["p-17", "p-18"]),
    purpose=st.sampled_from(["stolen_vehicle", "homeland_security", "protest"]),
    case=st.sampled_from(["", "26-000001"]),
    note=st.sampled_from(["", "rally"]),
    log_id=st.sampled_from(["a" * 32, "b" * 32]),
)
logs = st.lists(accesses, max_size=12, unique_by=lambda each: (each.log_id, each.sequence))


@settings(max_examples=25)
@given(logs, st.randoms(use_true_random=False))
def test_the_order_in_which_records_come_changes_nothing(records: list[AccessRecord], random: object) -> None:
    shifts = {"p-18": (DAYS,)}
    expected = find_flags(records, rules(shifts))
    mixed = list(records)
    random.shuffle(mixed)  # type: ignore[attr-defined] # of hypothesis
    assert find_flags(mixed, rules(shifts)) == expected


@settings(max_examples=25)
@given(logs)
def test_a_flag_is_about_records_of_one_person_and_repeats_no_plate(records: list[AccessRecord]) -> None:
    by_key = {(each.log_id, each.sequence): each for each in records}
    for flag in find_flags(records, rules()):
        assert flag.records
        assert {by_key[key].person_id for key in flag.records} == {flag.person_id}
        assert not any(plate in flag.sentence for plate in PLATES)


@settings(max_examples=25)
@given(logs, accesses)
def test_one_more_record_takes_nothing_off_the_flags(records: list[AccessRecord], more: AccessRecord) -> None:
    if (more.log_id, more.sequence) in {(each.log_id, each.sequence) for each in records}:
        return
    before = {(flag.kind, key) for flag in find_flags(records, rules()) for key in flag.records}
    after = {(flag.kind, key) for flag in find_flags([*records, more], rules()) for key in flag.records}
    assert before <= after
