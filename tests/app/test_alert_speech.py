"""A running unit loads its phrases, tells when one is missing, and is ready all the same."""

import signal
import wave
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.alert_speech import AlertSpeech, open_clips
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.signed_in import SignedInWatch
from alpr_edge.app.unit_faults import FAULT_RULES, Fault, FaultKind, FaultMonitor
from alpr_edge.domain.alerting import MatchContext, Tone, alert_of
from alpr_edge.domain.speech.sentences import phrases_for
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, load
from tests.alerts.speech.clip_files import clips_in_memory, phrases_in, write_clip_files
from tests.app.pipeline.test_recorder import hit_of
from tests.app.rig import daemon, wait_for_health, write_frames, write_settings
from tests.units import write_bare_unit

CAMERA = """
[[camera]]
kind = "v4l2"
id = "{camera}"
[alerts]
player = "{player}"
speech = {speech}
speech_volume = 0.5
"""


def unit(folder: Path, *, camera: str = "front", player: str = "alsa", speech: str = "true") -> Settings:
    path = write_bare_unit(folder)
    with path.open("a", encoding="utf-8") as file:
        file.write(CAMERA.format(camera=camera, player=player, speech=speech))
    settings = load(path)
    settings.unit.data_directory.mkdir(exist_ok=True)
    return settings


def speech_of(settings: Settings) -> AlertSpeech:
    return AlertSpeech(settings, open_clips(settings), SignedInWatch(settings, SystemClock(), speaks=True))


def test_the_phrases_of_a_unit_are_loaded_at_their_volume(tmp_path: Path) -> None:
    settings = unit(tmp_path)
    phrases = phrases_for(["front"])
    write_clip_files(settings.unit.data_directory, phrases)
    clips = open_clips(settings)
    assert clips.trouble == ""
    assert int(clips.samples[phrases[-1]][0]) == int(100 * len(phrases) * settings.alerts.volume * 0.5)
    speech = speech_of(settings)
    assert speech.faults() == []
    alert = alert_of(hit_of("r1"), MatchContext(camera_id="front"))
    assert speech.sentence_of(alert) == ("High", "State unknown", "Front"), "nobody is signed in"


def test_a_camera_that_was_renamed_is_a_fault_without_a_tone_and_the_unit_is_ready_with_it(tmp_path: Path) -> None:
    settings = unit(tmp_path, camera="bonnet")
    write_clip_files(settings.unit.data_directory, phrases_for(["front"]))
    (fault,) = speech_of(settings).faults()
    assert fault.kind is FaultKind.SPEECH
    assert fault.text.startswith("speech: 1 of ")
    assert "alpr-edge sound render" in fault.text
    assert (FAULT_RULES[fault.kind].tone, FAULT_RULES[fault.kind].is_ready) == (None, True)


def test_a_unit_whose_phrases_were_never_made_says_nothing_and_that_is_no_fault(tmp_path: Path) -> None:
    settings = unit(tmp_path)
    assert speech_of(settings).faults() == []
    assert not open_clips(settings).samples


@pytest.mark.parametrize(("player", "speech"), [("none", "true"), ("alsa", "false")])
def test_a_unit_that_is_not_to_speak_loads_nothing(tmp_path: Path, player: str, speech: str) -> None:
    settings = unit(tmp_path, player=player, speech=speech)
    write_clip_files(settings.unit.data_directory, phrases_for(["front"])[:3])
    assert not open_clips(settings).samples
    assert speech_of(settings).faults() == []


def test_a_running_unit_tells_that_a_phrase_is_missing_and_is_ready(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(1)))
    phrases = phrases_for([camera.id for camera in load(settings).camera])
    load(settings).unit.data_directory.mkdir(0o700, exist_ok=True)
    folder = write_clip_files(load(settings).unit.data_directory, phrases)
    (folder / "0.wav").unlink()
    with daemon("run", "--settings", str(settings)) as run:
        health = wait_for_health(tmp_path, lambda health: any(line.startswith("speech") for line in health["troubles"]))
        assert health["ready"]
        assert run.end(signal.SIGTERM) == 0
    assert len([line for line in run.having("event=fault.appeared") if "subject=speech" in line]) == 1


def test_the_part_that_fails_is_named_after_its_tone_and_before_that_nothing(tmp_path: Path) -> None:
    settings, monitor = unit(tmp_path), FaultMonitor()
    speech = speech_of(settings)
    assert monitor.update([]) == [Tone.READY]
    assert speech.fault_sentence(Tone.READY, monitor.appeared) == ()
    gone = Fault(FaultKind.CAMERA, "camera front", "camera front: gone")
    stuck = Fault(FaultKind.RECEIVER_STUCK, "position", "position: repeats")
    old = Fault(FaultKind.LIST_AMBER, "front", "list front is amber")
    assert monitor.update([gone, stuck, old]) == [Tone.TROUBLE, Tone.STALE]
    assert speech.fault_sentence(Tone.TROUBLE, monitor.appeared) == ("Front",)
    assert speech.fault_sentence(Tone.STALE, monitor.appeared) == ("Receiver", "Hot lists")
    monitor.update([gone, stuck])
    assert monitor.appeared == (), "it is named once"


def test_what_is_said_of_a_fault_is_in_the_recorded_sound(tmp_path: Path) -> None:
    path, phrases = tmp_path / "alerts.wav", phrases_for(["front"])
    clock = SystemClock()
    player = WavPlayer(path, 1.0, clock.now(), clips_in_memory(phrases))
    Alerter(player, clock, Settings(), HotlistIndex).sound(Tone.STALE, ("Receiver",))
    player.close()
    with wave.open(str(path)) as file:
        signal = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert phrases_in(signal, phrases) == ["Receiver"]
