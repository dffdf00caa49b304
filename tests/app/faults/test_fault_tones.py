"""Faults that come while nobody can hear, and faults that come and go: each is heard, and none all shift long."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.alerts.players import SilentPlayer
from alpr_edge.app.faults.fault_tones import sound_tones
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.unit_faults import Fault, FaultKind, FaultMonitor
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Player
from alpr_edge.domain.speech.sentences import Sentence
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings
from tests.app.test_alert_speech import speech_of, unit

FRONT = Fault(FaultKind.CAMERA, "camera front", "camera front: was unplugged")
RECEIVER = Fault(FaultKind.RECEIVER, "position", "position: vanished")
MUTED = Fault(FaultKind.SOUND_MUTED, "sound", "sound: muted by the mixer's control 'Master'")
Heard = tuple[int, Tone, Sentence]


class Loudspeaker:
    """A player whose device comes and goes; it remembers what it was given while it was there."""

    def __init__(self) -> None:
        self.up = True
        self.is_busy = False
        """Whether so many tones wait that it takes no more."""
        self.second = 0
        self.tones: list[Heard] = []
        self.on_lost: list[Callable[[], None]] = []
        """What is to be called should the tones so far never sound."""

    def play(
        self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None
    ) -> int | None:
        """Sound the tone."""
        if not self.up or self.is_busy:
            raise SoundError("sound device: is not open, or 8 tones wait already")
        self.tones.append((self.second, tone, sentence))
        self.on_lost += [on_lost] if on_lost else []
        return at.boottime_ns

    def close(self) -> None:
        """Do nothing: nothing was opened."""


class Unit:
    """What a unit does about its faults once a second.

    Args:
        folder: of its settings.
        player: its sound device.
    """

    def __init__(self, folder: Path, player: Player) -> None:
        self.second = 0
        self.monitor = FaultMonitor(lambda: float(self.second))
        self.alerter = Alerter(player, SystemClock(), Settings(), HotlistIndex)
        self._speech = speech_of(unit(folder))
        self._player = player

    def spend(self, seconds: int, *faults: Fault) -> list[Tone]:
        """Let so many seconds go by in which the same faults stand; returns the tones that were asked for."""
        asked: list[Tone] = []
        for _ in range(seconds):
            self.second += 1
            if isinstance(self._player, Loudspeaker):
                self._player.second = self.second
            lost = [Fault(FaultKind.NO_SOUND, "sound", self.alerter.trouble)] if self.alerter.trouble else []
            tones = self.monitor.update([*faults, *lost])
            sound_tones(tones, self.monitor, self.alerter, self._speech)
            asked += tones
        return asked


@pytest.fixture
def player() -> Loudspeaker:
    return Loudspeaker()


@pytest.fixture
def car(tmp_path: Path, player: Loudspeaker) -> Unit:
    """A unit that works, and has said so."""
    car = Unit(tmp_path, player)
    car.spend(20)
    assert player.tones == [(1, Tone.READY, ())]
    player.tones.clear()
    return car


def test_what_was_lost_with_the_sound_device_is_heard_once_that_is_back(car: Unit, player: Loudspeaker) -> None:
    """A supply that breaks down takes all of USB; the sound device comes back, camera and receiver do not."""
    player.up = False
    car.spend(8, FRONT, RECEIVER)
    assert player.tones == []
    player.up = True
    car.spend(3600, FRONT, RECEIVER)
    assert player.tones == [(29, Tone.TROUBLE, ("Front",)), (29, Tone.STALE, ("Receiver",))]
    car.spend(60, RECEIVER)
    assert player.tones[2:] == [(3629, Tone.READY, ())]


def test_what_came_and_went_while_no_tone_sounded_is_not_told_later(car: Unit, player: Loudspeaker) -> None:
    player.up = False
    car.spend(8, FRONT)
    car.spend(2)
    player.up = True
    car.spend(60)
    assert player.tones == [(31, Tone.READY, ())]


def test_a_fault_that_came_while_the_device_was_muted_sounds_once_it_is_not(car: Unit, player: Loudspeaker) -> None:
    car.spend(30, MUTED)
    car.spend(30, MUTED, FRONT)
    assert [tone for _, tone, _ in player.tones] == [Tone.TROUBLE] * 2, "tried: the mixer may be wrong"
    player.tones.clear()
    car.spend(60, FRONT)
    assert player.tones == [(81, Tone.TROUBLE, ("Front",))]


@pytest.mark.parametrize(("heard_s", "is_told_again"), [(4, True), (30, False)])
def test_a_tone_just_before_the_device_was_found_to_be_lost_sounds_again(
    car: Unit, player: Loudspeaker, heard_s: int, *, is_told_again: bool
) -> None:
    """A device that takes no sample, and a mixer that is muted, are noticed some seconds late."""
    car.spend(heard_s, FRONT)
    player.up = False
    car.spend(10, FRONT)
    player.tones.clear()
    player.up = True
    car.spend(60, FRONT)
    assert [tone for _, tone, _ in player.tones] == ([Tone.TROUBLE] if is_told_again else [])


def test_a_tone_that_a_busy_device_does_not_take_sounds_in_the_next_round(car: Unit, player: Loudspeaker) -> None:
    player.is_busy = True
    car.spend(1, FRONT)
    player.is_busy = False
    car.spend(60, FRONT)
    assert player.tones == [(22, Tone.TROUBLE, ("Front",))]


def test_a_tone_that_waited_and_never_sounded_sounds_in_the_next_round(car: Unit, player: Loudspeaker) -> None:
    car.spend(1, FRONT)
    (lose,) = player.on_lost[1:]
    lose()
    car.spend(1, FRONT)
    assert player.tones == [(second, Tone.TROUBLE, ("Front",)) for second in (21, 22)]
    car.spend(60, FRONT)
    assert len(player.tones) == 2


def test_a_ready_note_that_never_sounded_sounds_in_the_next_round(car: Unit, player: Loudspeaker) -> None:
    (lose,) = player.on_lost
    lose()
    car.spend(60)
    assert player.tones == [(21, Tone.READY, ())]


def test_a_unit_that_is_set_to_be_silent_loses_no_tone(tmp_path: Path) -> None:
    assert Unit(tmp_path, SilentPlayer()).spend(60, FRONT) == [Tone.TROUBLE]


def test_a_loose_plug_is_not_heard_all_shift_long(car: Unit) -> None:
    asked: list[Tone] = []
    for _ in range(150):
        asked += car.spend(1, FRONT)
        asked += car.spend(3)
    assert Counter(asked) == {Tone.TROUBLE: 2, Tone.READY: 1}
    assert car.monitor.faults == ()
    assert car.monitor.is_ready, "health shows what is"
    assert car.spend(100) == [Tone.READY], "it stayed away"


def test_the_first_loss_ends_at_once_and_what_comes_again_after_a_minute_without_it(car: Unit) -> None:
    assert car.spend(3, FRONT) == [Tone.TROUBLE]
    assert car.spend(5) == [Tone.READY]
    assert car.spend(3, FRONT) == [Tone.TROUBLE]
    assert car.spend(60) == []
    assert car.spend(1) == [Tone.READY]
    assert car.spend(3, FRONT) == [Tone.TROUBLE]
    assert car.spend(120) == [], "twice as long"
    assert car.spend(1) == [Tone.READY]
    for _ in range(9):
        car.spend(1, FRONT)
        car.spend(301)
    assert car.spend(1, FRONT) == [Tone.TROUBLE], "five minutes at most"


def test_after_ten_minutes_without_it_a_fault_is_a_new_one(car: Unit) -> None:
    for _ in range(5):
        assert car.spend(3, FRONT) == [Tone.TROUBLE]
        assert car.spend(1) == [Tone.READY]
        assert car.spend(601) == []


def test_another_fault_sounds_while_one_comes_and_goes(car: Unit) -> None:
    for _ in range(10):
        car.spend(1, FRONT)
        car.spend(1)
    assert car.spend(1, RECEIVER) == [Tone.STALE]
    assert car.spend(100) == [Tone.READY]


def test_a_unit_that_stops_forgets_what_came_and_went(car: Unit) -> None:
    for _ in range(3):
        car.spend(1, FRONT)
        car.spend(1)
    car.monitor.reset()
    assert car.spend(1) == [Tone.READY]
