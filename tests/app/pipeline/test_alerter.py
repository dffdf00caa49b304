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
from alpr_edge.domain.alerting import Level, Tone
from alpr_edge.domain.hits import OWN_SOURCE, Generation, Hit, MatchKind, Reason
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.page_requests.mute import Mute
from alpr_edge.domain.reads import LateTone, ReadDecided
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import AlertSettings, HotlistSettings
from tests.app.pipeline.test_recorder import decision, hit_of
from tests.domain.readings import START

VOLUME = 0.8


def has_tone(path: Path, tone: Tone, at_s: float, volume: float = VOLUME) -> bool:
    """Whether exactly this tone begins at that second of a file."""
    with wave.open(str(path)) as sound:
        samples, rate = np.frombuffer(sound.readframes(sound.getnframes()), "<i2"), sound.getframerate()
    tone_samples = at_volume(synthesise(tone), volume)
    first = round(at_s * rate)
    return bool(np.array_equal(samples[first : first + len(tone_samples)], tone_samples))


class Drive:
    """An alerter whose tones are written to a file, and what lies in the file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "alerts.wav"
        self.player = WavPlayer(self.path, VOLUME, START)
        alerts = AlertSettings(cooldown_s=60, volume=VOLUME)
        self.alerter = Alerter(self.player, ReplayedClock(START), alerts, HotlistSettings())
        self.late_tone: LateTone | None = None
        """That of the last announcement."""

    def announce(
        self,
        read_id: str,
        at_s: float,
        plate: str = "8ABC123",
        withdraws: str | None = None,
        *hits: Hit,
        confidence: float = 0.5,
    ) -> Level | None:
        """Announce a read; returns the level that sounded, None when it stayed quiet."""
        event = decision()
        read = replace(event.read, read_id=read_id, plate=plate, confidence=confidence)
        event = ReadDecided(read, event.evidence, START.shift(at_s * 1000), withdraws)
        alert, sounded_at, self.late_tone = self.alerter.announce(event, hits)
        return alert.level if alert is not None and sounded_at is not None else None

    def has(self, tone: Tone, at_s: float) -> bool:
        """Whether exactly this tone begins at that second."""
        return has_tone(self.path, tone, at_s)


def test_hits_make_no_tone_while_they_are_to_be_silent_and_sound_at_once_afterwards(tmp_path: Path) -> None:
    drive, silent = Drive(tmp_path), threading.Event()
    alerts = AlertSettings(cooldown_s=60, volume=VOLUME)
    drive.alerter = Alerter(drive.player, ReplayedClock(START), alerts, HotlistSettings(), SoundRules(silent.is_set))
    silent.set()
    assert drive.announce("r1", 1, "8ABC123", None, hit_of("r1")) is None
    assert not drive.has(Tone.HIGH, 1)
    silent.clear()
    assert drive.announce("r2", 3, "8ABC123", None, hit_of("r2")) is Level.HIGH
    drive.player.close()


def test_a_mute_keeps_hits_quiet_but_the_gravest_and_faults_and_swallows_none_afterwards(tmp_path: Path) -> None:
    drive, clock = Drive(tmp_path), ReplayedClock(START)
    mute, alerts = UnitMute(clock), AlertSettings(cooldown_s=60, volume=VOLUME)
    drive.alerter = Alerter(drive.player, clock, alerts, HotlistSettings(), SoundRules(is_muted=mute.silences))
    mute.begin(Mute("Ana Ruiz", START, 5))
    drive.alerter.sound(Tone.TROUBLE)
    assert drive.has(Tone.TROUBLE, 0)
    with structlog.testing.capture_logs() as logs:
        assert drive.announce("r1", 10, "8ABC123", None, hit_of("r1")) is None
    assert [log["reason"] for log in logs if log["event"] == "alert.not_sounded"] == ["muted"]
    amber = replace(hit_of("r2"), entry=replace(hit_of("r2").entry, reason=Reason.AMBER_ALERT))
    assert drive.announce("r2", 20, "5XYZ123", None, amber) is Level.URGENT
    assert drive.has(Tone.URGENT, 20)
    clock.move_to(START.shift(5 * 60_000))
    assert drive.announce("r3", 300, "5XYZ987", None, hit_of("r3")) is Level.HIGH
    assert drive.announce("r4", 301, "8ABC123", None, hit_of("r4")) is Level.HIGH
    drive.player.close()


@pytest.mark.parametrize(("reason", "sounds"), [(Reason.AMBER_ALERT, True), (Reason.STOLEN_VEHICLE, False)])
def test_a_mute_lets_a_grave_own_entry_sound_as_possible_where_no_clock_says_that_it_has_not_ended(
    drive: Drive, reason: Reason, *, sounds: bool
) -> None:
    now = replace(START, utc=datetime(2026, 5, 4, tzinfo=UTC), utc_source=UtcSource.RTC)
    clock, alerts = ReplayedClock(now), AlertSettings(cooldown_s=60, volume=VOLUME)
    mute = UnitMute(clock)
    drive.alerter = Alerter(drive.player, clock, alerts, HotlistSettings(), SoundRules(is_muted=mute.silences))
    mute.begin(Mute("Ana Ruiz", now, 5))
    assert now.utc is not None
    entry = replace(hit_of("r1").entry, source=OWN_SOURCE, reason=reason, expires=now.utc + timedelta(days=29))
    generation = Generation(OWN_SOURCE, 1, None, now.utc, 1)
    hit = replace(hit_of("r1"), entry=entry, generation=generation, matched_at=now)
    assert drive.announce("r1", 1, "8ABC123", None, hit) is (Level.NOTICE if sounds else None)
    assert drive.has(Tone.POSSIBLE, 1) is sounds
    misread = replace(hit, hit_id="hit-2", read_id="r2", kind=MatchKind.CONFUSABLE)
    assert drive.announce("r2", 3, "8A8C123", None, misread) is None


@pytest.mark.parametrize(("boot_id", "days_since", "level"), [("boot", 28, 4), ("boot", 30, 1), ("another", 0, 1)])
def test_an_own_entry_sounds_as_grave_as_it_is_where_boot_time_since_a_confirmed_moment_says_that_it_has_not_ended(
    drive: Drive, boot_id: str, days_since: int, level: int
) -> None:
    confirmed = replace(START, utc=datetime(2026, 5, 4, tzinfo=UTC), utc_source=UtcSource.GNSS)
    fix_history = FixHistory(1000)
    fix_history.resume(replace(confirmed, boot_id=boot_id))
    now = replace(confirmed.shift(days_since * 86_400_000), utc_source=UtcSource.RTC)
    settings = AlertSettings(cooldown_s=60, volume=VOLUME), HotlistSettings()
    drive.alerter = Alerter(drive.player, ReplayedClock(now), *settings, None, fix_history.estimated_utc)
    assert confirmed.utc is not None
    expires = confirmed.utc + timedelta(days=29)
    entry = replace(hit_of("r1").entry, source=OWN_SOURCE, reason=Reason.AMBER_ALERT, expires=expires)
    hit = replace(hit_of("r1"), entry=entry, generation=Generation(OWN_SOURCE, 1, None, None, 1), matched_at=now)
    assert drive.announce("r1", 1, "8ABC123", None, hit) is Level(level)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    instance = Drive(tmp_path)
    yield instance
    instance.player.close()


def test_a_hit_sounds_its_tone_and_stays_quiet_for_the_cooldown(drive: Drive) -> None:
    assert drive.announce("r1", 1, "8ABC123", None, hit_of("r1")) is Level.HIGH
    assert drive.announce("r2", 30, "8ABC123", None, hit_of("r2")) is None
    assert drive.announce("r3", 90, "8ABC123", None, hit_of("r3")) is Level.HIGH
    assert drive.has(Tone.HIGH, 1)
    assert not drive.has(Tone.HIGH, 30)
    assert drive.has(Tone.HIGH, 90)


def test_a_read_in_doubt_has_the_lesser_tone_on_a_large_list_alone(drive: Drive) -> None:
    large = replace(hit_of("r1"), generation=replace(hit_of("r1").generation, entries=5_000_000))
    assert drive.announce("r1", 1, "8ABC123", None, large) is Level.NOTICE
    assert drive.has(Tone.POSSIBLE, 1)
    assert drive.announce("r2", 5, "8ABC123", None, hit_of("r2")) is Level.HIGH
    assert drive.has(Tone.HIGH, 5)
    assert drive.announce("r3", 10, "5XYZ987", None, large, confidence=0.97) is Level.HIGH


def test_a_graver_reason_pierces_the_cooldown(drive: Drive) -> None:
    drive.announce("r1", 1, "8ABC123", None, hit_of("r1"))
    amber = replace(hit_of("r2"), entry=replace(hit_of("r2").entry, reason=Reason.AMBER_ALERT))
    assert drive.announce("r2", 10, "8ABC123", None, amber) is Level.URGENT
    assert drive.has(Tone.URGENT, 10)


def test_a_corrected_read_withdraws_its_alert_by_its_own_sound(drive: Drive) -> None:
    drive.announce("r1", 1, "8ABC123", None, hit_of("r1"))
    assert drive.announce("r2", 20, "3ABC123", "r1") is None
    assert drive.has(Tone.WITHDRAWN, 20)


@pytest.mark.parametrize(
    "rules_of",
    [
        lambda quiet: SoundRules(is_silent=quiet.is_set),
        lambda quiet: SoundRules(is_muted=lambda level: quiet.is_set() and level < Level.URGENT),
    ],
    ids=["nobody is signed in", "muted"],
)
def test_a_withdrawal_of_what_sounded_sounds_while_hits_are_to_be_quiet(
    drive: Drive, rules_of: Callable[[threading.Event], SoundRules]
) -> None:
    quiet, alerts = threading.Event(), AlertSettings(cooldown_s=60, volume=VOLUME)
    drive.alerter = Alerter(drive.player, ReplayedClock(START), alerts, HotlistSettings(), rules_of(quiet))
    assert drive.announce("r1", 1, "8ABC123", None, hit_of("r1")) is Level.HIGH
    quiet.set()
    assert drive.announce("r2", 20, "3ABC123", "r1") is None
    assert drive.has(Tone.WITHDRAWN, 20)


def test_a_read_that_never_sounded_is_not_withdrawn(drive: Drive) -> None:
    drive.announce("r1", 1)
    drive.announce("r2", 20, "3ABC123", "r1")
    assert not drive.path.exists() or not drive.has(Tone.WITHDRAWN, 20)


def test_a_lost_sound_device_is_known_and_the_next_hit_is_not_held_back(drive: Drive) -> None:
    drive.player.close()
    assert drive.announce("r1", 1, "8ABC123", None, hit_of("r1")) is None
    assert drive.alerter.trouble


@pytest.mark.review(12)
def test_the_listed_car_itself_sounds_soon_after_a_misread_of_another_was_withdrawn(drive: Drive) -> None:
    assert drive.announce("m1", 1, "8ABC123", None, hit_of("m1")) is Level.HIGH
    drive.announce("m2", 5, "3ABC123", "m1")
    assert drive.announce("t1", 30, "8ABC123", None, hit_of("t1")) is Level.HIGH
    assert drive.has(Tone.WITHDRAWN, 5)
    assert drive.has(Tone.HIGH, 30)
    assert drive.announce("t2", 40, "8ABC123", None, hit_of("t2")) is None


@pytest.mark.review(12)
def test_a_vote_that_turns_back_sounds_again(drive: Drive) -> None:
    assert drive.announce("r1", 1, "8ABC123", None, hit_of("r1")) is Level.HIGH
    drive.announce("r2", 5, "3ABC123", "r1")
    assert drive.announce("r3", 10, "8ABC123", "r2", hit_of("r3")) is Level.HIGH
    assert drive.has(Tone.HIGH, 10)


@pytest.mark.review(12)
def test_a_read_that_kept_quiet_for_the_withdrawn_one_sounds_in_its_place(drive: Drive) -> None:
    """The rear camera has read the listed car itself; the front camera had misread another one before."""
    drive.announce("front", 1, "8ABC123", None, hit_of("front"))
    assert drive.announce("rear", 4, "8ABC123", None, hit_of("rear")) is None
    drive.announce("front again", 8, "3ABC123", "front")
    assert drive.has(Tone.WITHDRAWN, 8)
    drive.announce("rear again", 20, "8ABC128", "rear")
    assert drive.has(Tone.WITHDRAWN, 20)  # it had sounded, so it is withdrawn as well


def test_the_tone_of_an_alert_that_had_stayed_quiet_is_told_with_its_time_once(drive: Drive) -> None:
    drive.announce("front", 1, "8ABC123", None, hit_of("front"))
    drive.announce("rear", 4, "8ABC123", None, hit_of("rear"))
    assert drive.late_tone is None
    drive.announce("front again", 8, "3ABC123", "front")
    assert drive.late_tone is not None
    assert (drive.late_tone.alert.read_id, drive.late_tone.alert.level) == ("rear", Level.HIGH)
    tone_ms = 1200  # the withdrawal's, which is heard first
    assert 0 < drive.late_tone.sounded_at.ms_since(START.shift(8000)) < tone_ms
    drive.announce("rear again", 20, "8ABC128", "rear")
    assert drive.late_tone is None


def test_a_tone_is_late_only_where_the_alert_had_stayed_quiet_and_sounds(drive: Drive) -> None:
    drive.announce("front", 1, "8ABC123", None, hit_of("front"))
    amber = replace(hit_of("left"), entry=replace(hit_of("left").entry, reason=Reason.AMBER_ALERT))
    drive.announce("left", 5, "8ABC123", None, amber)
    drive.announce("front again", 12, "3ABC123", "front")
    assert drive.late_tone is None, "it sounded a second time"
    drive.announce("a", 100, "5XYZ987", None, hit_of("a"))
    drive.announce("b", 104, "5XYZ987", None, hit_of("b"))
    drive.player.close()
    drive.announce("a again", 108, "3ABC124", "a")
    assert drive.late_tone is None, "the device is lost"


def test_a_graver_alert_of_another_camera_that_holds_sounds_again_after_a_withdrawal(drive: Drive) -> None:
    """The front camera had read the plate without certainty, the left one read it for certain."""
    large = replace(hit_of("front"), generation=replace(hit_of("front").generation, entries=5_000_000))
    assert drive.announce("front", 1, "8ABC123", None, large) is Level.NOTICE
    assert drive.announce("left", 5, "8ABC123", None, hit_of("left")) is Level.HIGH
    with structlog.testing.capture_logs() as logs:
        drive.announce("front again", 12, "3ABC123", "front")
        drive.announce("left again", 20, "8ABC128", "left")
    assert drive.has(Tone.WITHDRAWN, 12)
    told = [(log["event"], log["read"]) for log in logs]
    assert told == [("alert.withdrawn", "front"), ("alert.sounded", "left"), ("alert.withdrawn", "left")]


@pytest.mark.review(12)
def test_a_quiet_read_that_was_withdrawn_itself_or_is_long_past_never_sounds(drive: Drive) -> None:
    drive.announce("front", 1, "8ABC123", None, hit_of("front"))
    drive.announce("rear", 4, "8ABC123", None, hit_of("rear"))
    drive.announce("rear again", 6, "3ABC129", "rear")
    assert not drive.has(Tone.WITHDRAWN, 6)
    drive.announce("front again", 8, "3ABC123", "front")
    drive.announce("front thrice", 20, "3ABC124", "front again")
    assert not drive.has(Tone.WITHDRAWN, 20)
    drive.announce("a", 100, "8ABC123", None, hit_of("a"))
    drive.announce("b", 110, "8ABC123", None, hit_of("b"))
    drive.announce("c", 200, "3ABC123", "a")
    drive.announce("d", 220, "3ABC123", "b")
    assert drive.has(Tone.WITHDRAWN, 200)
    assert not drive.has(Tone.WITHDRAWN, 220)
