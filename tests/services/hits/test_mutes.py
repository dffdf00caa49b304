"""Muting the unit: by whoever works in the car, for four lengths, on record; everybody sees whether it is muted."""

import itertools
from collections.abc import Iterator

import pytest

from alpr_edge.domain.errors import AccessError, DispositionError
from alpr_edge.domain.page_requests.mute import MUTE_MINUTES, EndOfMute, MuteOrder
from alpr_edge.domain.page_requests.request import RequestAnswer, RequestOutcome
from alpr_edge.services.hits.mutes import MuteState, UnitMutes
from alpr_edge.store.requests.page_requests import answer_request, waiting_requests
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import Staff
from tests.units import write_bare_unit

SOUNDS = MuteState(None, 0, is_asked=False, is_failed=False)


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return Staff(write_bare_unit(tmp_path_factory.mktemp("mutes")))


@pytest.fixture
def store(staff: Staff) -> Iterator[UnitStore]:
    with open_store(staff.unit, migrate=True) as store:
        with store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM requests")
        yield store


@pytest.fixture
def mutes(store: UnitStore) -> UnitMutes:
    numbers = itertools.count()
    return UnitMutes(store.database, lambda: f"unit-1:{id(numbers)}-{next(numbers)}")


def answer(staff: Staff, store: UnitStore, outcome: RequestOutcome = RequestOutcome.DONE) -> None:
    """Answer the newest request, as the capture daemon does."""
    with store.database.write() as connection:
        newest = waiting_requests(connection)[-1]
        answer_request(connection, newest.request_id, RequestAnswer(outcome), staff.clock.now())


@pytest.mark.parametrize("person", ["officer", "supervisor", "commander", "technician"])
def test_a_mute_is_asked_for_begun_and_ended_each_act_on_record(
    staff: Staff, store: UnitStore, mutes: UnitMutes, person: str
) -> None:
    before = len(staff.records())
    assert mutes.state(staff.clock.now()) == SOUNDS
    with staff.authoriser(person) as authoriser:
        mutes.begin(authoriser, 15)
        assert mutes.state(staff.clock.now()) == MuteState(None, 0, is_asked=True, is_failed=False)
        answer(staff, store)
        state = mutes.state(staff.clock.now())
        assert state.mute is not None
        assert (state.mute.person, state.minutes_left, state.is_asked) == (person.title(), 15, False)
        mutes.end(authoriser)
        assert mutes.state(staff.clock.now()).mute is not None, "until the unit has answered"
        answer(staff, store)
    assert mutes.state(staff.clock.now()) == SOUNDS
    records = [(each.action, each.person_id, each.note) for each in staff.records()[before:]]
    assert records == [("mute_alerts", person, "for 15 minutes"), ("end_mute", person, "")]


@pytest.mark.parametrize("person", ["", "auditor", "records", "training-supervisor", "alpr-administrator"])
def test_nobody_else_mutes_the_unit(staff: Staff, store: UnitStore, mutes: UnitMutes, person: str) -> None:
    with staff.authoriser(person) as authoriser:
        with pytest.raises(AccessError):
            mutes.begin(authoriser, 5)
        with pytest.raises(AccessError):
            mutes.end(authoriser)
    with store.database.read() as connection:
        assert waiting_requests(connection) == []
    assert [each.outcome for each in staff.records()[-2:]] == ["refused", "refused"]


def test_once_nobody_is_there_a_mute_is_ended_in_the_units_name_and_nothing_else_is_asked(
    staff: Staff, store: UnitStore, mutes: UnitMutes
) -> None:
    def requests() -> list[tuple[object, str, str]]:
        with store.database.read() as connection:
            return [(each.content, each.person_id, each.person) for each in waiting_requests(connection)]

    mutes.end_unattended(staff.clock.now())
    assert requests() == []
    with staff.authoriser("officer") as authoriser:
        mutes.begin(authoriser, 5)
    mutes.end_unattended(staff.clock.now())
    assert requests() == [(MuteOrder(5), "officer", "Officer"), (EndOfMute(), "", "unit")], (
        "before it has begun as well"
    )
    answer(staff, store)


def test_there_are_four_lengths(staff: Staff, store: UnitStore, mutes: UnitMutes) -> None:
    with staff.authoriser("officer") as authoriser:
        for minutes in range(60):
            if minutes not in MUTE_MINUTES:
                with pytest.raises(DispositionError, match="5, 10, 15, 30 minutes"):
                    mutes.begin(authoriser, minutes)
        for minutes in MUTE_MINUTES:
            mutes.begin(authoriser, minutes)
        mutes.end(authoriser)
    with store.database.read() as connection:
        asked = [each.content for each in waiting_requests(connection)]
    assert asked == [*map(MuteOrder, MUTE_MINUTES), EndOfMute()]


def test_a_mute_that_did_not_begin_is_told_of(staff: Staff, store: UnitStore, mutes: UnitMutes) -> None:
    with staff.authoriser("officer") as authoriser:
        mutes.begin(authoriser, 5)
    asked = staff.clock.now()
    assert mutes.state(asked.shift(61_000)).is_failed, "the unit does not answer"
    assert not mutes.state(asked.shift(301_000)).is_failed, "nobody waits for it any more"
    answer(staff, store, RequestOutcome.TOO_LATE)
    assert mutes.state(asked).is_failed
