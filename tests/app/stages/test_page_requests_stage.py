"""The capture daemon answers the page: a misread is corrected, matched and sounded once, and the unit is muted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.domain.alerting import Level, Silence, Tone
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.page_requests.corrections import Correction
from alpr_edge.domain.page_requests.mute import EndOfMute, MuteOrder
from alpr_edge.domain.page_requests.quiet import EndOfQuiet, QuietOrder
from alpr_edge.domain.page_requests.request import Content, PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.domain.protocol.hits import withdrawal_item_id
from alpr_edge.domain.protocol.items import ReadPayload
from alpr_edge.domain.vehicle_alerts import key_of
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import load
from alpr_edge.store.requests.page_requests import WAITING_MAX, add_request, newest_mute_request, request_of
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.page_request_rig import RequestRig, entry_of
from tests.app.pipeline.test_alerter import has_tone
from tests.store.records import CROP, SCENE, decided, heard, hit, instant, plate_read
from tests.units import write_bare_unit

MINUTE_MS = 60_000.0
TRUE_PLATE = "7ABO128"
CORRECTION = Correction("unit-1:hit-1", "read-1", TRUE_PLATE, "CA")
Start = Callable[..., RequestRig]


@pytest.fixture
def clock() -> ReplayedClock:
    return ReplayedClock(instant(1000))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        made = hit("unit-1:hit-1")
        pictures = ((CROP, b"crop"), (SCENE, b"scene"))
        store.reads.commit([decided(plate_read(), [made], [heard(made.hit_id)], pictures)])
        yield store


@pytest.fixture
def start(store: UnitStore, clock: ReplayedClock, tmp_path: Path) -> Iterator[Start]:
    """Starts the stage over the store."""
    players = []

    def start_stage(*entries: HotlistEntry) -> RequestRig:
        rig = RequestRig(store, tmp_path, clock, *entries)
        players.append(rig.player)
        return rig

    yield start_stage
    for player in players:
        player.close()


def ask(store: UnitStore, number: int, content: Content = CORRECTION, at_ms: float = 1000) -> str:
    request = PageRequest(f"unit-1:r{number}", content, "ana", "Ana Ruiz", "2f1c", instant(at_ms))
    with store.database.write() as connection:
        add_request(connection, request)
    return request.request_id


def answer_of(store: UnitStore, request_id: str) -> RequestAnswer | None:
    with store.database.read() as connection:
        request = request_of(connection, request_id)
    assert request is not None
    return request.answer


def read_ids(store: UnitStore) -> list[str]:
    return [each.read.read_id for each in store.reads.recent(100)]


def test_a_misread_is_matched_again_sounded_stored_and_queued_and_stays(
    store: UnitStore, start: Start, clock: ReplayedClock
) -> None:
    rig, request_id = start(entry_of("7AB0128", Reason.FELONY_VEHICLE)), ask(store, 1)
    rig.stage.step()
    before, made = store.reads.get("read-1"), store.reads.get(request_id)
    assert before is not None
    assert made is not None
    assert before.read.plate == "7ABC123"
    assert (made.read.text, made.read.supersedes, made.read.corrected_by) == (TRUE_PLATE, "read-1", "ana")
    assert (made.read.evidence, made.closed) == (before.read.evidence, True)
    (new,) = made.hits
    assert new.level == made.alerts[0].alert.level == Level.URGENT
    assert made.alerts[0].sounded_at is not None
    assert before.alerts[0].withdrawn_at == clock.now(), "when the officer said so, not when the car passed"
    assert answer_of(store, request_id) == RequestAnswer(RequestOutcome.DONE, (new.hit_id,))
    assert has_tone(rig.tones, Tone.WITHDRAWN, 0.0, volume=0.5)
    assert has_tone(rig.tones, Tone.URGENT, made.alerts[0].sounded_at.ms_since(clock.now()) / 1000, volume=0.5)
    items = {item.item_id: item.body for item in store.outbox.due(100, 10**7)}
    assert {request_id, new.hit_id, withdrawal_item_id("unit-1:hit-1")} <= items.keys()
    assert ReadPayload.model_validate_json(items[request_id]).corrected_by == "ana"


def test_another_camera_that_shows_the_misread_car_stays_quiet_and_the_listed_car_sounds(
    store: UnitStore, start: Start
) -> None:
    rig = start(entry_of("7ABC123"))
    front, rear, listed = (plate_read(read_id) for read_id in ("read-1", "read-2", "read-3"))
    (told,) = rig.alerter.follow(front, instant(450)).alerts
    (quiet,) = rig.alerter.follow(rear, instant(500)).alerts
    assert (told.was_heard, quiet.silence) == (True, Silence.COOLDOWN)
    ask(store, 1)
    rig.stage.step()
    assert rig.alerter.review() == []
    (record,) = rig.alerter.follow(listed, instant(2000)).alerts
    assert record.was_heard


def test_a_request_is_executed_once_however_often_the_unit_starts(store: UnitStore, start: Start) -> None:
    request_id = ask(store, 1)
    for _ in range(3):
        start(entry_of("7AB0128")).stage.step()
    assert read_ids(store) == [request_id, "read-1"]
    hits = store.reads.get(request_id)
    assert hits is not None
    assert len(hits.hits) == 1


def test_a_full_disk_delays_a_correction(store: UnitStore, start: Start) -> None:
    rig, request_id = start(entry_of("7AB0128")), ask(store, 1)
    rig.is_full = True
    with pytest.raises(StoreError):
        rig.stage.step()
    assert (answer_of(store, request_id), len(rig.alerter.latencies_ms)) == (None, 0)
    rig.is_full = False
    rig.stage.step()
    assert read_ids(store) == [request_id, "read-1"]
    assert len(rig.alerter.latencies_ms) == 1


def test_a_correction_that_has_no_room_holds_up_no_mute_and_sounds_once(store: UnitStore, start: Start) -> None:
    rig = start(entry_of("7AB0128"))
    first, second = ask(store, 1), ask(store, 2, replace(CORRECTION, text="7ABO129"))
    muted = ask(store, 3, MuteOrder(10))
    rig.is_full = True
    for _ in range(2):
        with pytest.raises(StoreError, match="full"):
            rig.stage.step()
    assert (rig.mute.minutes_left, answer_of(store, muted)) == (10, RequestAnswer(RequestOutcome.DONE))
    ended = ask(store, 4, EndOfMute())
    with pytest.raises(StoreError, match="full"):
        rig.stage.step()
    assert (rig.mute.minutes_left, answer_of(store, ended)) == (0, RequestAnswer(RequestOutcome.DONE))
    rig.is_full = False
    rig.stage.step()
    assert read_ids(store) == [second, first, "read-1"]
    assert len(rig.alerter.latencies_ms) == 1


def test_a_corrected_read_is_corrected_again_by_its_newest(store: UnitStore, start: Start) -> None:
    first, second = ask(store, 1), ask(store, 2, replace(CORRECTION, text="7ABD128"))
    same = ask(store, 3, replace(CORRECTION, text="7ABD128"))
    start(entry_of("7ABD128")).stage.step()
    assert read_ids(store) == [second, first, "read-1"]
    newest = store.reads.get(second)
    assert newest is not None
    assert newest.read.supersedes == first
    assert answer_of(store, first) == RequestAnswer(RequestOutcome.DONE)
    hit_ids = tuple(each.hit_id for each in newest.hits)
    assert answer_of(store, same) == RequestAnswer(RequestOutcome.UNCHANGED, hit_ids)


def test_a_covert_hit_leaves_no_trace_in_the_answer_and_makes_no_sound(store: UnitStore, start: Start) -> None:
    rig, request_id = start(entry_of("7AB0128", covert=True)), ask(store, 1)
    rig.stage.step()
    made = store.reads.get(request_id)
    assert made is not None
    assert ([each.entry.covert for each in made.hits], made.alerts) == ([True], ())
    assert answer_of(store, request_id) == RequestAnswer(RequestOutcome.DONE)


@pytest.mark.parametrize("content", [CORRECTION, MuteOrder(15)], ids=["correction", "mute"])
def test_what_waited_for_too_long_is_not_executed(
    store: UnitStore, start: Start, clock: ReplayedClock, content: Content
) -> None:
    request_id = ask(store, 1, content)
    clock.move_to(instant(11 * MINUTE_MS))
    rig = start(entry_of("7AB0128"))
    rig.stage.step()
    assert answer_of(store, request_id) == RequestAnswer(RequestOutcome.TOO_LATE)
    assert (read_ids(store), rig.mute.minutes_left) == (["read-1"], 0)


@pytest.mark.parametrize("minutes", [0, -5, 31, 10**9])
def test_no_mute_is_longer_than_half_an_hour(store: UnitStore, start: Start, minutes: int) -> None:
    rig, request_id = start(), ask(store, 1, MuteOrder(minutes))
    rig.stage.step()
    assert answer_of(store, request_id) == RequestAnswer(RequestOutcome.REFUSED)
    assert rig.stage.figures() == {"muted_minutes_left": None}


def test_a_mute_outlives_the_program_and_ends_by_itself_which_every_page_hears_of(
    store: UnitStore, start: Start, clock: ReplayedClock
) -> None:
    ask(store, 1, MuteOrder(10))
    start().stage.step()
    rig = start()
    assert not rig.mute.silences(Level.HIGH), "nothing is known yet"
    rig.stage.step()
    assert (rig.mute.silences(Level.HIGH), rig.mute.silences(Level.URGENT)) == (True, False)
    assert rig.stage.figures() == {"muted_minutes_left": 10}
    clock.move_to(instant(10 * MINUTE_MS + 1000))
    assert not rig.mute.silences(Level.HIGH)
    version = store.database.data_version()
    rig.stage.step()
    assert store.database.data_version() != version
    with store.database.read() as connection:
        ended = newest_mute_request(connection)
    assert ended is not None
    assert (ended.content, ended.person) == (EndOfMute(), "unit")


def test_a_mute_ends_and_requests_are_answered_again_however_many_wait(
    store: UnitStore, start: Start, clock: ReplayedClock
) -> None:
    rig = start()
    ask(store, 1, MuteOrder(10))
    rig.stage.step()
    clock.move_to(instant(10 * MINUTE_MS + 1000))
    waiting = [ask(store, 2 + number, EndOfMute()) for number in range(WAITING_MAX)]
    with pytest.raises(StoreError, match="answers nothing"):
        ask(store, 500, EndOfMute())
    rig.stage.step()
    assert (rig.mute.minutes_left, answer_of(store, waiting[0])) == (0, RequestAnswer(RequestOutcome.DONE))
    ask(store, 500, EndOfMute())


def test_a_mute_is_ended_early(store: UnitStore, start: Start) -> None:
    rig = start()
    ask(store, 1, MuteOrder(30))
    rig.stage.step()
    assert rig.mute.minutes_left == 30
    request_id = ask(store, 2, EndOfMute())
    rig.stage.step()
    assert (rig.mute.minutes_left, answer_of(store, request_id)) == (0, RequestAnswer(RequestOutcome.DONE))


def test_a_mute_of_an_earlier_boot_is_over(store: UnitStore, start: Start) -> None:
    request = PageRequest("unit-1:old", MuteOrder(30), "ana", "Ana", "s", replace(instant(), boot_id="boot-0"))
    with store.database.write() as connection:
        add_request(connection, request)
    rig = start()
    rig.stage.step()
    assert (rig.mute.minutes_left, answer_of(store, "unit-1:old")) == (0, RequestAnswer(RequestOutcome.TOO_LATE))


def test_a_quiet_entry_outlives_the_program_and_ends_with_the_session_or_by_an_order(
    store: UnitStore, start: Start, clock: ReplayedClock
) -> None:
    key = key_of(hit("unit-1:hit-1").entry)
    order = ask(store, 1, QuietOrder("unit-1:hit-1"))
    rig = start()
    rig.stage.step()
    assert answer_of(store, order) == RequestAnswer(RequestOutcome.DONE)
    assert not rig.mute.quiets(key, Level.HIGH), "whoever ordered it has ended their shift"
    rig = start()
    rig.sessions.add("2f1c")
    rig.stage.step()
    assert [rig.mute.quiets(key, level) for level in Level] == [True, True, True, False]
    other = entry_of("7ABC123", Reason.WANTED_PERSON)
    assert not rig.mute.quiets(key_of(other), Level.HIGH)
    ask(store, 2, EndOfQuiet("unit-1:hit-1"))
    rig.stage.step()
    assert not rig.mute.quiets(key, Level.HIGH)


def test_an_entry_is_quiet_on_one_boot_alone(store: UnitStore, start: Start, clock: ReplayedClock) -> None:
    ask(store, 1, QuietOrder("unit-1:hit-1"))
    start().stage.step()
    clock.move_to(replace(instant(2000), boot_id="another"))
    rig = start()
    rig.sessions.add("2f1c")
    rig.stage.step()
    assert not rig.mute.has_quieted
