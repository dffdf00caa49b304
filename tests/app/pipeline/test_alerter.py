import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import structlog

from alpr_edge.alerts.tones import at_volume, synthesise
from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.app.unit_mute import UnitMute
from alpr_edge.domain.alerting import AlertRecord, LateTone, Level, Silence, Tone
from alpr_edge.domain.hits import OWN_SOURCE, Generation, Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.page_requests.mute import Mute
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.reads import Alternative
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import AlertSettings, Settings
from tests.app.pipeline.test_recorder import ENTRY, decision
from tests.domain.readings import START
from tests.domain.shelf import Shelf

VOLUME = 0.8
LARGE = Generation("state", 1, None, None, 5_000_000)
LISTED = ENTRY.plate
AMBER = replace(ENTRY, reason=Reason.AMBER_ALERT)


def has_tone(path: Path, tone: Tone, at_s: float, volume: float = VOLUME) -> bool:
    """Whether exactly this tone begins at that second of a file."""
    with wave.open(str(path)) as sound:
        samples, rate = np.frombuffer(sound.readframes(sound.getnframes()), "<i2"), sound.getframerate()
    tone_samples = at_volume(synthesise(tone), volume)
    first = round(at_s * rate)
    return bool(np.array_equal(samples[first : first + len(tone_samples)], tone_samples))


class Drive:
    """An alerter over lists of a test, whose tones are written to a file, and what lies in the file.

    Args:
        folder: where the file is.
        start: when the drive begins.
        rules: when hits make no tone.
        clock: of the unit.
    """

    def __init__(
        self, folder: Path, start: Instant = START, rules: SoundRules | None = None, clock: Clock | None = None
    ) -> None:
        self.path = folder / "alerts.wav"
        self.player = WavPlayer(self.path, VOLUME, start)
        self.lists = Shelf(ENTRY)
        self._start = start
        settings = Settings(alerts=AlertSettings(cooldown_s=60, volume=VOLUME))
        self.alerter = Alerter(self.player, clock or ReplayedClock(start), settings, lambda: self.lists, rules)
        self.records: tuple[AlertRecord, ...] = ()
        """What changed of the alerts by the newest look."""

    def see(
        self, read_id: str, at_s: float, plate: str = LISTED, *others: Alternative, confidence: float = 0.5
    ) -> Level | None:
        """See a vehicle, of which this is known now; returns the level that sounded, None when it stayed quiet."""
        read = replace(decision().read, read_id=read_id, plate=plate, confidence=confidence, alternatives=others)
        at, sounded_before = self._start.shift(at_s * 1000), len(self.alerter.latencies_ms)
        self.records = self.alerter.follow(read, at).alerts
        if len(self.alerter.latencies_ms) == sounded_before:
            return None
        return max((record.late_tone or record).alert.level for record in self.records if record.was_heard)

    def misread(self, read_id: str, at_s: float, plate: str = "3ABC123") -> Level | None:
        """See a vehicle whose plate turns out, for certain, to be another one."""
        return self.see(read_id, at_s, plate, confidence=0.97)

    def late_tones(self) -> list[LateTone]:
        """The late tones of the newest look."""
        return [record.late_tone for record in self.records if record.late_tone is not None]

    def has(self, tone: Tone, at_s: float) -> bool:
        """Whether exactly this tone begins at that second."""
        return has_tone(self.path, tone, at_s)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    instance = Drive(tmp_path)
    yield instance
    instance.player.close()


def test_hits_make_no_tone_while_they_are_to_be_silent_and_sound_at_once_afterwards(tmp_path: Path) -> None:
    silent = threading.Event()
    drive = Drive(tmp_path, rules=SoundRules(silent.is_set))
    silent.set()
    assert drive.see("r1", 1) is None
    assert [record.silence for record in drive.records] == [Silence.SIGNED_OUT]
    assert not drive.has(Tone.HIGH, 1)
    silent.clear()
    assert drive.see("r2", 3) is Level.HIGH
    drive.player.close()


def test_a_vehicle_still_in_view_is_heard_once_hits_are_to_sound_again(tmp_path: Path) -> None:
    silent = threading.Event()
    drive = Drive(tmp_path, rules=SoundRules(silent.is_set))
    silent.set()
    assert drive.see("r1", 1) is None
    silent.clear()
    assert drive.see("r1", 2) is Level.HIGH
    (tone,) = drive.late_tones()
    assert (tone.alert.level, tone.sounded_at) == (Level.HIGH, START.shift(2000))
    drive.player.close()


def test_a_mute_keeps_hits_quiet_but_the_gravest_and_faults_and_swallows_none_afterwards(tmp_path: Path) -> None:
    clock = ReplayedClock(START)
    mute = UnitMute(clock)
    drive = Drive(tmp_path, rules=SoundRules(is_muted=mute.silences), clock=clock)
    drive.lists = Shelf(ENTRY, replace(AMBER, plate="5XYZ123"), replace(ENTRY, plate="5XYZ987"))
    mute.begin(Mute("Ana Ruiz", START, 5))
    drive.alerter.sound(Tone.TROUBLE)
    assert drive.has(Tone.TROUBLE, 0)
    with structlog.testing.capture_logs() as logs:
        assert drive.see("r1", 10) is None
    assert [log["reason"] for log in logs if log["event"] == "alert.not_sounded"] == ["muted"]
    assert drive.see("r2", 20, "5XYZ123") is Level.URGENT
    assert drive.has(Tone.URGENT, 20)
    clock.move_to(START.shift(5 * 60_000))
    assert drive.see("r3", 300, "5XYZ987") is Level.HIGH
    assert drive.see("r4", 301) is Level.HIGH
    drive.player.close()


@pytest.mark.parametrize(("reason", "sounds"), [(Reason.AMBER_ALERT, True), (Reason.STOLEN_VEHICLE, False)])
def test_a_mute_lets_a_grave_own_entry_sound_as_possible_where_no_clock_says_that_it_has_not_ended(
    tmp_path: Path, reason: Reason, *, sounds: bool
) -> None:
    utc = datetime(2026, 5, 4, tzinfo=UTC)
    now = replace(START, utc=utc, utc_source=UtcSource.RTC)
    clock = ReplayedClock(now)
    mute = UnitMute(clock)
    drive = Drive(tmp_path, now, SoundRules(is_muted=mute.silences), clock)
    mute.begin(Mute("Ana Ruiz", now, 5))
    entry = replace(ENTRY, source=OWN_SOURCE, reason=reason, expires=utc + timedelta(days=29))
    drive.lists = Shelf(entry, generation=Generation(OWN_SOURCE, 1, None, utc, 1))
    assert drive.see("r1", 1) is (Level.NOTICE if sounds else None)
    assert drive.has(Tone.POSSIBLE, 1) is sounds
    assert drive.see("r2", 3, "8A8C123", Alternative(LISTED, 0.3)) is None
    drive.player.close()


@pytest.mark.parametrize(("boot_id", "days_since", "level"), [("boot", 28, 4), ("boot", 30, 1), ("another", 0, 1)])
def test_an_own_entry_sounds_as_grave_as_it_is_where_boot_time_since_a_confirmed_moment_says_that_it_has_not_ended(
    tmp_path: Path, boot_id: str, days_since: int, level: int
) -> None:
    utc = datetime(2026, 5, 4, tzinfo=UTC)
    confirmed = replace(START, utc=utc, utc_source=UtcSource.GNSS)
    fix_history = FixHistory(1000)
    fix_history.resume(replace(confirmed, boot_id=boot_id))
    now = replace(confirmed.shift(days_since * 86_400_000), utc_source=UtcSource.RTC)
    drive = Drive(tmp_path, now, SoundRules(estimated_utc=fix_history.estimated_utc))
    entry = replace(AMBER, source=OWN_SOURCE, expires=utc + timedelta(days=29))
    drive.lists = Shelf(entry, generation=Generation(OWN_SOURCE, 1, None, None, 1))
    assert drive.see("r1", 1) is Level(level)
    drive.player.close()


def test_a_hit_sounds_its_tone_and_stays_quiet_for_the_cooldown(drive: Drive) -> None:
    assert drive.see("r1", 1) is Level.HIGH
    assert drive.see("r2", 30) is None
    assert [record.silence for record in drive.records] == [Silence.COOLDOWN]
    assert drive.see("r3", 90) is Level.HIGH
    assert drive.has(Tone.HIGH, 1)
    assert not drive.has(Tone.HIGH, 30)
    assert drive.has(Tone.HIGH, 90)


def test_a_read_in_doubt_has_the_lesser_tone_on_a_large_list_alone(drive: Drive) -> None:
    drive.lists = Shelf(ENTRY, replace(ENTRY, plate="5XYZ987"), generation=LARGE)
    assert drive.see("r1", 1) is Level.NOTICE
    assert drive.has(Tone.POSSIBLE, 1)
    assert drive.see("r2", 10, "5XYZ987", confidence=0.97) is Level.HIGH
    drive.lists = Shelf(ENTRY)
    assert drive.see("r3", 15) is Level.HIGH
    assert drive.has(Tone.HIGH, 15)


def test_a_graver_reason_pierces_the_cooldown(drive: Drive) -> None:
    drive.see("r1", 1)
    drive.lists = Shelf(AMBER)
    assert drive.see("r2", 10) is Level.URGENT
    assert drive.has(Tone.URGENT, 10)


def test_a_read_that_turns_out_to_be_another_plate_withdraws_its_alert_by_its_own_sound(drive: Drive) -> None:
    drive.see("r1", 1)
    assert drive.misread("r1", 20) is None
    assert drive.has(Tone.WITHDRAWN, 20)
    assert [record.withdrawn_at for record in drive.records] == [START.shift(20_000)]


@pytest.mark.parametrize(
    "rules_of",
    [
        lambda quiet: SoundRules(is_silent=quiet.is_set),
        lambda quiet: SoundRules(is_muted=lambda level: quiet.is_set() and level < Level.URGENT),
    ],
    ids=["nobody is signed in", "muted"],
)
def test_a_withdrawal_of_what_sounded_sounds_while_hits_are_to_be_quiet(
    tmp_path: Path, rules_of: Callable[[threading.Event], SoundRules]
) -> None:
    quiet = threading.Event()
    drive = Drive(tmp_path, rules=rules_of(quiet))
    assert drive.see("r1", 1) is Level.HIGH
    quiet.set()
    assert drive.misread("r1", 20) is None
    assert drive.has(Tone.WITHDRAWN, 20)
    drive.player.close()


def test_a_read_that_never_sounded_is_not_withdrawn(drive: Drive) -> None:
    drive.lists = Shelf()
    drive.see("r1", 1)
    drive.misread("r1", 20)
    assert not drive.path.exists() or not drive.has(Tone.WITHDRAWN, 20)


def test_a_lost_sound_device_is_known_and_the_next_hit_is_not_held_back(drive: Drive) -> None:
    drive.player.close()
    assert drive.see("r1", 1) is None
    assert [record.silence for record in drive.records] == [Silence.NO_DEVICE]
    assert drive.alerter.trouble


@pytest.mark.review(12)
def test_the_listed_car_itself_sounds_soon_after_a_misread_of_another_was_withdrawn(drive: Drive) -> None:
    assert drive.see("m1", 1) is Level.HIGH
    drive.misread("m1", 5)
    assert drive.see("t1", 30) is Level.HIGH
    assert drive.has(Tone.WITHDRAWN, 5)
    assert drive.has(Tone.HIGH, 30)
    assert drive.see("t2", 40) is None


@pytest.mark.review(12)
def test_a_vote_that_turns_back_sounds_again(drive: Drive) -> None:
    assert drive.see("r1", 1) is Level.HIGH
    drive.misread("r1", 5)
    assert drive.see("r1", 10) is Level.HIGH
    assert drive.has(Tone.HIGH, 10)


@pytest.mark.review(12)
def test_a_read_that_kept_quiet_for_the_withdrawn_one_sounds_in_its_place(drive: Drive) -> None:
    """The rear camera has read the listed car itself; the front camera had misread another one before."""
    drive.see("front", 1)
    assert drive.see("rear", 4) is None
    drive.misread("front", 8)
    assert drive.has(Tone.WITHDRAWN, 8)
    assert drive.see("rear", 8.1) is Level.HIGH
    drive.misread("rear", 20, "8ABC128")
    assert drive.has(Tone.WITHDRAWN, 20)  # it had sounded, so it is withdrawn as well


def test_the_tone_of_an_alert_that_had_stayed_quiet_is_told_with_its_time_once(drive: Drive) -> None:
    drive.see("front", 1)
    drive.see("rear", 4)
    assert drive.late_tones() == []
    drive.misread("front", 8)
    assert drive.late_tones() == []
    (update,) = drive.alerter.review(START.shift(8000))
    tone_ms = 1200  # the withdrawal's, which is heard first
    late = [record.late_tone for record in update.alerts if record.late_tone is not None]
    assert [(tone.alert.read_id, tone.alert.level) for tone in late] == [("rear", Level.HIGH)]
    assert 0 < late[0].sounded_at.ms_since(START.shift(8000)) < tone_ms
    drive.see("rear", 20)
    assert drive.records == ()


def test_an_alert_stays_quiet_where_the_device_is_lost_when_it_is_to_sound(drive: Drive) -> None:
    drive.see("front", 1)
    drive.see("rear", 4)
    drive.player.close()
    drive.misread("front", 8)
    assert drive.see("rear", 8.1) is None
    assert drive.late_tones() == []


def test_a_graver_alert_of_another_camera_that_holds_sounds_again_after_a_withdrawal(drive: Drive) -> None:
    """The front camera had read the plate without certainty, the left one read it for certain."""
    drive.lists = Shelf(ENTRY, generation=LARGE)
    assert drive.see("front", 1) is Level.NOTICE
    assert drive.see("left", 5, confidence=0.97) is Level.HIGH
    with structlog.testing.capture_logs() as logs:
        drive.misread("front", 12)
        assert drive.see("left", 12.1, confidence=0.97) is Level.HIGH
        drive.misread("left", 20, "8ABC128")
    assert drive.has(Tone.WITHDRAWN, 12)
    told = [(log["event"], log["read"]) for log in logs]
    assert told == [("alert.withdrawn", "front"), ("alert.sounded", "left"), ("alert.withdrawn", "left")]


@pytest.mark.review(12)
def test_a_quiet_read_that_was_withdrawn_itself_or_is_long_past_never_sounds(drive: Drive) -> None:
    drive.see("front", 1)
    drive.see("rear", 4)
    drive.misread("rear", 6, "3ABC129")
    assert not drive.has(Tone.WITHDRAWN, 6)
    drive.misread("front", 8)
    drive.misread("front", 20, "3ABC124")
    assert not drive.has(Tone.WITHDRAWN, 20)
    drive.see("a", 100)
    drive.see("b", 110)
    drive.misread("a", 200)
    assert drive.has(Tone.WITHDRAWN, 200)
    assert drive.alerter.review(START.shift(201_000)) == []
    drive.misread("b", 220)
    assert not drive.has(Tone.WITHDRAWN, 220)


def test_an_entry_that_another_camera_sounded_by_a_later_frame_stays_quiet(drive: Drive) -> None:
    """Frames of two cameras come in any order."""
    assert drive.see("front", 10) is Level.HIGH
    assert drive.see("rear", 9.96) is None
