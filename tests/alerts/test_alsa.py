"""Heard for real: ALSA plays into PulseAudio's null sink, and its monitor is recorded."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from alpr_edge.alerts.players import WAITING_MAX, AlsaPlayer, open_player
from alpr_edge.alerts.tones import PATTERNS, length_ms
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import AlertSettings, Settings
from tests.app.pipeline.test_recorder import decision
from tests.app.pipeline.test_recorder_refusals import Everything

Signal = NDArray[np.float64]
Find = Callable[[Signal], list[tuple[float, float, float]]]
SOON = Backoff(first_s=0.05, longest_s=0.2)
AT = Instant("boot", 0)
ATTEMPTS = 5
"""How often a tone is played until the computer had the time to play it as it is; no wrong tone comes right by that."""
FRAGMENT_MS = 20
"""Of a shorter piece of a note no pitch can be told."""
PITCHES_HZ = {hz for pattern in PATTERNS.values() for hz, _ in pattern if hz}


class Recording(Protocol):
    """Of the fixture ``sound_card``."""

    def wait_for(self, seconds: float) -> None: ...
    def sound_so_far(self) -> Signal: ...
    def stop(self) -> tuple[Signal, int]: ...


class Card(Protocol):
    """The fixture ``sound_card``."""

    device: str

    def plug(self) -> None: ...
    def unplug(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...
    def record(self) -> Recording: ...


def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def in_order(pulses: list[tuple[float, float, float]]) -> list[float]:
    """The pitches as they follow each other: a busy computer tears a note apart, and that is one note still."""
    notes = [(begin, ms, hz) for begin, ms, hz in pulses if ms > FRAGMENT_MS]
    groups = itertools.groupby(notes, lambda note: min(PITCHES_HZ, key=lambda hz: abs(hz - note[2])))
    return [next(group)[2] for _, group in groups]


def boottime_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_every_tone_is_heard_in_pitch_rhythm_and_length(sound_card: Card, find_pulses: Find) -> None:
    player = open_player(AlertSettings(player="alsa", device=sound_card.device), AT)
    for tone in Tone:
        pattern = [(hz, ms) for hz, ms in PATTERNS[tone] if hz]
        for _ in range(ATTEMPTS):
            recording = sound_card.record()
            player.play(tone, AT)
            recording.wait_for(length_ms(tone) / 1000 + 0.5)
            pulses = find_pulses(recording.stop()[0])
            if len(pulses) == len(pattern) and all(
                abs(heard_ms - ms) <= 12 for (_, heard_ms, _), (_, ms) in zip(pulses, pattern, strict=True)
            ):
                break
        assert [hz for _, _, hz in pulses] == pytest.approx([hz for hz, _ in pattern], rel=0.02), tone
        assert [ms for _, ms, _ in pulses] == pytest.approx([ms for _, ms in pattern], abs=12), tone
        assert pulses[-1][0] + pulses[-1][1] - pulses[0][0] == pytest.approx(length_ms(tone), rel=0.05), tone
    player.close()


def test_the_told_time_is_that_of_the_first_sample(
    sound_card: Card, record_property: Callable[[str, object], None]
) -> None:
    player = AlsaPlayer(sound_card.device, 0.8)
    recording = sound_card.record()
    asked_ns = boottime_ns()
    told_ns = player.play(Tone.HIGH, AT)
    returned_ns = boottime_ns()
    recording.wait_for(1)
    _, heard_ns = recording.stop()
    player.close()
    assert asked_ns <= told_ns <= returned_ns
    assert told_ns < heard_ns
    record_property("hand_over_ms", (told_ns - asked_ns) / 1e6)
    record_property("onset_ms", (heard_ns - asked_ns) / 1e6)
    # 20 ms of chunk, 20 of aplay, 80 of ALSA, and what PulseAudio and the recorder add on a busy machine.
    assert heard_ns - asked_ns < 1_000_000_000


def test_tones_sound_one_after_the_other_and_close_lets_them_end(sound_card: Card, find_pulses: Find) -> None:
    player = AlsaPlayer(sound_card.device, 0.8)
    recording = sound_card.record()
    first_ns, second_ns = player.play(Tone.READY, AT), player.play(Tone.STALE, AT)
    player.close()
    recording.wait_for(0.5)
    pulses = find_pulses(recording.stop()[0])
    assert in_order(pulses) == pytest.approx([1320, 900], rel=0.02)
    second = next(begin for begin, ms, hz in pulses if ms > FRAGMENT_MS and hz < 1000)
    assert (second_ns - first_ns) / 1e6 == pytest.approx(second - pulses[0][0], abs=60)
    assert pulses[-1][0] + pulses[-1][1] - second > length_ms(Tone.STALE) * 0.95, "to its end"
    assert not player.up
    with pytest.raises(SoundError):
        player.play(Tone.READY, AT)


def test_more_tones_than_may_wait_are_refused(sound_card: Card) -> None:
    player = AlsaPlayer(sound_card.device, 0.8)
    for _ in range(WAITING_MAX):
        player.play(Tone.TROUBLE, AT)
    with pytest.raises(SoundError, match="wait already"):
        player.play(Tone.READY, AT)
    sound_card.unplug()
    player.close()


def test_a_caller_whose_fault_a_hit_cuts_off_before_its_first_sample_is_told_when_it_sounds(sound_card: Card) -> None:
    player = AlsaPlayer(sound_card.device, 0.8)
    told, lost = list[int](), list[str]()

    def play(tone: Tone) -> None:
        told.append(player.play(tone, AT, on_lost=lambda: lost.append(tone)))

    callers = [threading.Thread(target=play, args=(tone,)) for tone in (Tone.STALE, *[Tone.POSSIBLE] * 3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(told) == len(callers), "none was told that the device takes no sample"
    assert player.up
    player.close()
    assert lost == []


@pytest.mark.review(7)
def test_an_urgent_tone_is_heard_at_once_though_as_many_others_wait_as_may(sound_card: Card, find_pulses: Find) -> None:
    """The stale one that sounds is cut short, and is heard from its beginning afterwards."""
    player = AlsaPlayer(sound_card.device, 0.8)
    recording = sound_card.record()
    player.play(Tone.STALE, AT)
    recording.wait_for(0.3)
    for _ in range(WAITING_MAX - 1):
        player.play(Tone.STALE, AT)
    told_ns = player.play(Tone.URGENT, AT)
    assert told_ns <= boottime_ns(), "handed over when the call returns"
    # No silence parts the first note of the urgent one from what it cuts short, so that both are one pulse.
    pitches_hz = [900, *(hz for hz, _ in PATTERNS[Tone.URGENT][1:]), 900]
    until(lambda: len(in_order(find_pulses(recording.sound_so_far()))) >= len(pitches_hz))
    recording.wait_for(length_ms(Tone.STALE) / 1000)
    pulses = find_pulses(recording.stop()[0])
    sound_card.unplug()
    player.close()
    assert in_order(pulses)[: len(pitches_hz)] == pytest.approx(pitches_hz, rel=0.02)
    urgent = [begin for begin, _, hz in pulses if hz > 1500]
    note_ms = PATTERNS[Tone.STALE][0][1]
    assert urgent[0] - pulses[0][0] < 0.9 * (note_ms + PATTERNS[Tone.URGENT][0][1])
    anew = [(begin, ms) for begin, ms, _ in pulses if begin > urgent[-1] and ms > FRAGMENT_MS]
    anew_ms = sum(ms for begin, ms in anew if begin < anew[0][0] + note_ms)
    assert anew_ms == pytest.approx(note_ms, rel=0.3)


def test_a_lost_device_shows_at_once_and_comes_back(sound_card: Card, find_pulses: Find) -> None:
    player = AlsaPlayer(sound_card.device, 0.8, SOON)
    assert player.up
    player.play(Tone.TROUBLE, AT)
    sound_card.unplug()
    until(lambda: not player.up)
    with pytest.raises(SoundError, match="sound device 'pulse': "):
        player.play(Tone.READY, AT)
    sound_card.plug()
    until(lambda: player.up)
    recording = sound_card.record()
    player.play(Tone.READY, AT)
    recording.wait_for(0.6)
    pulses = find_pulses(recording.stop()[0])
    player.close()
    assert in_order(pulses) == pytest.approx([1320], rel=0.02)


def test_an_alert_that_is_lost_with_the_device_sounds_with_the_next_read_of_its_plate(sound_card: Card) -> None:
    player = AlsaPlayer(sound_card.device, 0.8, SOON)
    alerter = Alerter(player, SystemClock(), Settings(alerts=AlertSettings(cooldown_s=3600)), Everything)

    def announce(read_id: str, plate: str = "8ABC123") -> Instant | None:
        read = replace(decision().read, read_id=read_id, plate=plate)
        (record,) = alerter.follow(read, Instant("boot", boottime_ns())).alerts
        return record.sounded_at

    alerter.sound(Tone.TROUBLE)
    for number in range(WAITING_MAX - 2):
        assert announce(f"before-{number}", f"8ABC10{number}") is not None
    assert announce("waits") is not None, "behind all of them"
    sound_card.unplug()
    until(lambda: not player.up)
    sound_card.plug()
    until(lambda: player.up)
    assert announce("next") is not None
    assert announce("quiet") is None
    player.close()


def test_a_tone_of_the_unit_that_is_lost_with_the_device_is_told(sound_card: Card) -> None:
    player, lost = AlsaPlayer(sound_card.device, 0.8, SOON), threading.Event()
    alerter = Alerter(player, SystemClock(), Settings(), Everything)
    assert alerter.sound(Tone.TROUBLE)
    assert alerter.sound(Tone.STALE, on_lost=lost.set), "behind the other"
    sound_card.unplug()
    until(lambda: not player.up)
    assert lost.is_set()
    assert not alerter.sound(Tone.TROUBLE)
    player.close()


def test_a_device_that_takes_nothing_is_lost(sound_card: Card) -> None:
    player = AlsaPlayer(sound_card.device, 0.8, SOON)
    sound_card.freeze()
    until(lambda: not player.up)
    assert "took no sample" in player.trouble
    sound_card.thaw()
    until(lambda: player.up)
    player.close()


def test_a_missing_device_or_program_keeps_nobody_from_starting(
    sound_card: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = AlsaPlayer("no-such-device", 0.8, SOON)
    assert not player.up
    with pytest.raises(SoundError, match=r"'no-such-device': .*No such file"):
        player.play(Tone.URGENT, AT)
    player.close()
    monkeypatch.setenv("PATH", str(tmp_path))
    player = AlsaPlayer(sound_card.device, 0.8, SOON)
    with pytest.raises(SoundError, match="install alsa-utils"):
        player.play(Tone.URGENT, AT)
    player.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "alsa-player"]
