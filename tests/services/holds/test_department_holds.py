"""The department's holds in the car: placed, kept through any repeat and restart, withdrawn when released."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alpr_edge.app.department_holds import DepartmentHoldsStage
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import HoldOrigin
from alpr_edge.domain.protocol.holds import HOLDS_SPOOL_NAME, DepartmentHoldPayload, DepartmentHoldsPayload
from alpr_edge.domain.protocol.items import encode
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.holds.department_holds import take_in_department_holds
from alpr_edge.settings import Settings, load
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import INCOMING, FeedNote
from alpr_edge.store.retention import holds
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import Staff
from tests.store.holds import a_hold, place
from tests.store.records import decided_record, instant
from tests.units import write_bare_unit

CASE = "26-123456"


@dataclass
class Car:
    """A unit with three reads."""

    settings: Settings
    store: UnitStore
    staff: Staff

    def take_in(self, *given: DepartmentHoldPayload) -> tuple[int, int]:
        payload = DepartmentHoldsPayload(unit_id="unit-1", holds=list(given))
        changes = take_in_department_holds(self.settings, self.store.database, payload, instant())
        return len(changes.placed), len(changes.released)

    def hand_over(self, content: bytes) -> None:
        draft = self.store.incoming.start(HOLDS_SPOOL_NAME, FeedNote(etag='"1"'))
        draft.append(content)
        draft.finish()

    def kept_ids(self) -> set[str]:
        """The reads that holds of the department keep."""
        with self.store.database.read() as connection:
            return {
                read_id
                for hold in holds.list_holds(self.store.database)
                if hold.origin is HoldOrigin.DEPARTMENT
                for read_id in holds.read_ids_of(connection, hold.hold_id)
            }


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Car]:
    file = write_bare_unit(tmp_path_factory.mktemp("car"))
    unit = load(file)
    with open_store(unit, migrate=True) as store:
        store.reads.commit([decided_record(f"read-{number}") for number in (1, 2, 3)])
        yield Car(unit, store, Staff(file))


def given_hold(hold_id: str, *read_ids: str, until: str | None = None) -> DepartmentHoldPayload:
    return DepartmentHoldPayload(
        hold_id=f"department:{hold_id}",
        case_number=CASE,
        reason="discovery",
        until=until,
        person="chief",
        made="2026-05-04T12:00:00.000Z",
        read_ids=list(read_ids),
    )


def test_it_is_placed_once_kept_and_withdrawn_and_that_is_on_record(car: Car) -> None:
    place(car.store.database, a_hold("unit-1:own"), "read-1")
    before, hold = len(car.staff.records()), given_hold("first", "read-1", "read-2", "gone")
    assert (car.take_in(hold), car.take_in(hold), car.kept_ids()) == ((1, 0), (0, 0), {"read-1", "read-2"})
    assert car.take_in(given_hold("first", "read-1", "read-2", "read-3")) == (0, 0)
    assert car.kept_ids() == {"read-1", "read-2", "read-3"}, "reads that came since"
    assert (car.take_in(), car.kept_ids()) == ((0, 1), set())
    assert [hold.hold_id for hold in holds.list_holds(car.store.database)] == ["unit-1:own"]
    assert (car.take_in(hold), car.kept_ids()) == ((0, 0), set()), "what was released is over"
    records = car.staff.records()[before:]
    assert [(each.action, each.person, each.objects) for each in records] == [
        ("hold_read", "unit", ("department:first",)),
        ("release_read", "unit", ("department:first",)),
    ]
    items = [item.item_id for item in car.store.outbox.due(1000, 10**8)]
    assert not [item_id for item_id in items if "department" in item_id], "the department knows of its own"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (DepartmentHoldsPayload(unit_id="unit-2", holds=[]), "another unit"),
        (DepartmentHoldsPayload(unit_id="unit-1", holds=[given_hold("x", "read-1", until="soon")]), "a moment that is"),
    ],
)
def test_what_is_no_hold_of_this_unit_changes_nothing(car: Car, payload: DepartmentHoldsPayload, says: str) -> None:
    car.take_in(given_hold(f"kept-{says[0]}", "read-1"))
    with pytest.raises(HoldError, match=says):
        take_in_department_holds(car.settings, car.store.database, payload, instant())
    assert car.kept_ids() == {"read-1"}


@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(states=st.lists(st.sets(st.sampled_from(["read-1", "read-2", "read-3"])), min_size=1, max_size=5))
def test_whatever_the_department_held_before_it_is_what_it_holds_now(car: Car, states: list[set[str]]) -> None:
    for state in states:
        word = "-".join([str(len(holds.list_holds(car.store.database, with_released=True))), *sorted(state)])
        wanted = [given_hold(word, *sorted(state))] if state else []
        car.take_in(*wanted)
        car.take_in(*wanted)
        assert car.kept_ids() == state


def test_the_stage_takes_in_what_waits_and_asks_for_all_of_it_after_a_start(car: Car) -> None:
    database = car.store.database
    sync_state.note(database, HOLDS_SPOOL_NAME, etag='"old"')
    stage = DepartmentHoldsStage(car.settings, database, car.store.incoming, SystemClock())
    stage.step()
    assert sync_state.state_of(database, HOLDS_SPOOL_NAME).etag == ""
    car.hand_over(encode(DepartmentHoldsPayload(unit_id="unit-1", holds=[given_hold("handed", "read-3")])))
    stage.step()
    assert (car.kept_ids(), car.store.incoming.waits(HOLDS_SPOOL_NAME)) == ({"read-3"}, False)
    assert stage.faults() == []


def test_what_is_refused_is_told_and_asked_for_again(car: Car) -> None:
    database, file = car.store.database, car.settings.unit.data_directory / INCOMING / f"{HOLDS_SPOOL_NAME}.feed"
    whole = encode(DepartmentHoldsPayload(unit_id="unit-1", holds=[given_hold("again", "read-2")]))
    stage = DepartmentHoldsStage(car.settings, database, car.store.incoming, SystemClock())
    stage.step()
    kept = car.kept_ids()
    car.hand_over(whole)
    file.write_bytes(file.read_bytes()[:-1])
    sync_state.note(database, HOLDS_SPOOL_NAME, etag='"1"')
    stage.step()
    assert (car.kept_ids(), car.store.incoming.waits(HOLDS_SPOOL_NAME)) == (kept, False)
    assert sync_state.state_of(database, HOLDS_SPOOL_NAME).etag == "", "asked for whole"
    (fault,) = stage.faults()
    assert (fault.kind, fault.subject) == (FaultKind.SIDE_STAGE, "holds")
    assert "refused: the department's holds cannot be read" in fault.text
    sync_state.note(database, HOLDS_SPOOL_NAME, etag='"1"')
    stage.step()
    assert sync_state.state_of(database, HOLDS_SPOOL_NAME).etag == "", "the uplink noted it only after the refusal"
    car.hand_over(whole)
    sync_state.note(database, HOLDS_SPOOL_NAME, etag='"1"')
    stage.step()
    assert (car.kept_ids(), stage.faults()) == ({"read-2"}, [])
    assert sync_state.state_of(database, HOLDS_SPOOL_NAME).etag == '"1"'
