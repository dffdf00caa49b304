"""What the alerter has said after its tones: for whom, of which hit, and when nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.reads import Alternative
from alpr_edge.domain.speech.sentences import camera_phrases, phrases_for, sentence_of
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import Settings
from tests.alerts.speech.clip_files import clips_in_memory, phrases_in
from tests.app.pipeline.test_recorder import ENTRY, decision
from tests.domain.readings import START
from tests.domain.shelf import Shelf

CAMERA = decision().read.camera_id
PHRASES = phrases_for([CAMERA])


class SpeakingDrive:
    """An alerter whose tones and sentences are written to a file, and what is said in it."""

    def __init__(self, folder: Path, *, is_silent: Callable[[], bool] = lambda: False) -> None:
        self.path = folder / "alerts.wav"
        self.hears_reasons = True
        self.player = WavPlayer(self.path, 1.0, START, clips_in_memory(PHRASES))
        self.lists = Shelf(ENTRY)
        rules = SoundRules(is_silent, sentence_of=self._sentence_of)
        self._alerter = Alerter(self.player, ReplayedClock(START), Settings(), lambda: self.lists, rules)

    def _sentence_of(self, alert: Alert) -> tuple[str, ...]:
        return sentence_of(alert, camera_phrases([CAMERA]), with_reason=self.hears_reasons)

    def see(self, read_id: str, at_s: float, plate: str = ENTRY.plate, *others: Alternative) -> None:
        """See a vehicle, of which this is certain now but for other texts that are possible."""
        read = replace(decision().read, read_id=read_id, plate=plate, alternatives=others, confidence=0.97)
        self._alerter.follow(read, START.shift(at_s * 1000))

    def heard_phrases(self) -> list[str]:
        """Every phrase that was said so far, in order."""
        samples = np.frombuffer(self.path.read_bytes()[44:], "<i2").astype(np.float64)
        return phrases_in(samples, PHRASES)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[SpeakingDrive]:
    instance = SpeakingDrive(tmp_path)
    yield instance
    instance.player.close()


CAMERA_PHRASE = camera_phrases([CAMERA])[CAMERA]


def test_a_hit_is_said_after_its_tone_and_not_again_within_the_cooldown(drive: SpeakingDrive) -> None:
    drive.see("r1", 1)
    drive.see("r2", 10)
    assert drive.heard_phrases() == ["High", "Stolen vehicle", "State unknown", CAMERA_PHRASE]


def test_a_hit_that_is_not_certain_is_said_as_possible(drive: SpeakingDrive) -> None:
    drive.see("r1", 1, "8A8C123", Alternative(ENTRY.plate, 0.02))
    assert drive.heard_phrases() == ["Possible", "Stolen vehicle", "Similar plate", CAMERA_PHRASE]


def test_a_withdrawal_says_so(drive: SpeakingDrive) -> None:
    drive.see("r1", 1)
    drive.see("r1", 20, "3ABC123")
    assert drive.heard_phrases()[-1] == "Withdrawn"
    assert len(drive.heard_phrases()) == 5


def test_a_covert_hit_says_nothing_alone_or_beside_another(drive: SpeakingDrive) -> None:
    covert = replace(ENTRY, reason=Reason.AMBER_ALERT, covert=True)
    drive.lists = Shelf(covert)
    drive.see("r1", 1)
    assert not drive.path.exists() or drive.heard_phrases() == []
    drive.lists = Shelf(covert, ENTRY)
    drive.see("r2", 10)
    assert drive.heard_phrases() == ["High", "Stolen vehicle", "State unknown", CAMERA_PHRASE]


def test_nothing_is_said_while_hits_make_no_tone(tmp_path: Path) -> None:
    drive = SpeakingDrive(tmp_path, is_silent=lambda: True)
    drive.see("r1", 1)
    drive.player.close()
    assert drive.heard_phrases() == []


def test_without_anybody_who_may_hear_it_the_reason_is_not_said(drive: SpeakingDrive) -> None:
    drive.hears_reasons = False
    drive.see("r1", 1)
    assert drive.heard_phrases() == ["High", "State unknown", CAMERA_PHRASE]
