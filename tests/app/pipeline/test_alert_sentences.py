"""What the alerter has said after its tones: for whom, of which hit, and when nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.hits import Hit, MatchKind, Reason
from alpr_edge.domain.reads import ReadDecided
from alpr_edge.domain.speech.sentences import camera_phrases, phrases_for, sentence_of
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import AlertSettings, HotlistSettings
from tests.alerts.speech.clip_files import clips_in_memory, phrases_in
from tests.app.pipeline.test_recorder import decision, hit_of
from tests.domain.readings import START

CAMERA = decision().read.camera_id
PHRASES = phrases_for([CAMERA])


class SpeakingDrive:
    """An alerter whose tones and sentences are written to a file, and what is said in it."""

    def __init__(self, folder: Path, *, is_silent: Callable[[], bool] = lambda: False) -> None:
        self.path = folder / "alerts.wav"
        self.hears_reasons = True
        self.player = WavPlayer(self.path, 1.0, START, clips_in_memory(PHRASES))
        rules = AlertSettings(cooldown_s=60), HotlistSettings()
        self._alerter = Alerter(
            self.player, ReplayedClock(START), *rules, SoundRules(is_silent, sentence_of=self._sentence_of)
        )

    def _sentence_of(self, alert: Alert) -> tuple[str, ...]:
        return sentence_of(alert, camera_phrases([CAMERA]), with_reason=self.hears_reasons)

    def announce(
        self, read_id: str, at_s: float, *hits: Hit, plate: str = "8ABC123", withdraws: str | None = None
    ) -> None:
        event = decision()
        read = replace(event.read, read_id=read_id, plate=plate)
        self._alerter.announce(ReadDecided(read, event.evidence, START.shift(at_s * 1000), withdraws), hits)

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
    drive.announce("r1", 1, hit_of("r1"))
    drive.announce("r2", 10, hit_of("r2"))
    assert drive.heard_phrases() == ["High", "Stolen vehicle", "State unknown", CAMERA_PHRASE]


def test_a_hit_that_is_not_certain_is_said_as_possible(drive: SpeakingDrive) -> None:
    drive.announce("r1", 1, replace(hit_of("r1"), kind=MatchKind.CONFUSABLE))
    assert drive.heard_phrases() == ["Possible", "Stolen vehicle", "Similar plate", CAMERA_PHRASE]


def test_a_withdrawal_says_so(drive: SpeakingDrive) -> None:
    drive.announce("r1", 1, hit_of("r1"))
    drive.announce("r2", 20, plate="3ABC123", withdraws="r1")
    assert drive.heard_phrases()[-1] == "Withdrawn"
    assert len(drive.heard_phrases()) == 5


def test_a_covert_hit_says_nothing_alone_or_beside_another(drive: SpeakingDrive) -> None:
    covert = replace(hit_of("r1"), entry=replace(hit_of("r1").entry, reason=Reason.AMBER_ALERT, covert=True))
    drive.announce("r1", 1, covert)
    assert drive.heard_phrases() == []
    drive.announce("r2", 10, covert, hit_of("r2"))
    assert drive.heard_phrases() == ["High", "Stolen vehicle", "State unknown", CAMERA_PHRASE]


def test_nothing_is_said_while_hits_make_no_tone(tmp_path: Path) -> None:
    drive = SpeakingDrive(tmp_path, is_silent=lambda: True)
    drive.announce("r1", 1, hit_of("r1"))
    drive.player.close()
    assert drive.heard_phrases() == []


def test_without_anybody_who_may_hear_it_the_reason_is_not_said(drive: SpeakingDrive) -> None:
    drive.hears_reasons = False
    drive.announce("r1", 1, hit_of("r1"))
    assert drive.heard_phrases() == ["High", "State unknown", CAMERA_PHRASE]
