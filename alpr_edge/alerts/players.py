"""The players, and which one the settings name."""

import fcntl
import os
import select
import subprocess
import threading
from collections.abc import Callable
from typing import Self

import structlog

from alpr_edge.alerts.speech.clips import NO_CLIPS, SpeechClips
from alpr_edge.alerts.speech.pending_sentence import PendingSentence
from alpr_edge.alerts.tone_queue import QueuedTone, ToneQueue
from alpr_edge.alerts.tones import RATE_HZ, at_volume, synthesise
from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.instants import NS_PER_S, Instant
from alpr_edge.domain.ports import Player
from alpr_edge.domain.retry import Backoff
from alpr_edge.domain.speech.sentences import Sentence
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.runtime.stages import beating
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import AlertSettings

CHUNK_MS = 20
BUFFER_MS = 80
DRAIN_S = 3.0
"""Longest wait for the device to play what it still holds."""
_PIPE_BYTES = 4096
_ERROR_BYTES_MAX = 4096


class Aplay:
    """One ``aplay`` process: drained and ended when left in order, killed when left by an error."""

    def __init__(self, device: str) -> None:
        self._device = device
        command = ["aplay", "-q", "-D", device, "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE_HZ)]
        command += [f"--period-time={CHUNK_MS * 1000}", f"--buffer-time={BUFFER_MS * 1000}", "-"]
        try:
            # A group of its own: Ctrl-C at the terminal is for us, which then ends it in order.
            self._process = subprocess.Popen(  # noqa: S603 - fixed program, arguments without a shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
            )
        except OSError as error:
            raise SoundError(f"aplay cannot be started ({error.strerror}); install alsa-utils") from None
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._input, self._errors = self._process.stdin, self._process.stderr
        fcntl.fcntl(self._input, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._input.fileno(), False)
        os.set_blocking(self._errors.fileno(), False)
        self._writable = select.poll()
        self._writable.register(self._input, select.POLLOUT)
        self._error_output = b""

    def wait_for_room(self, limit_s: float) -> None:
        """Return as soon as the last chunk is taken."""
        self._read_errors()
        if not self._writable.poll(limit_s * 1000):
            raise SoundError(f"sound device {self._device!r}: took no sample for {limit_s:g} s")

    def write(self, samples: bytes) -> None:
        """Hand over up to one chunk, for which there is room."""
        try:
            # At most one pipe page, so taken whole or not at all.
            os.write(self._input.fileno(), samples)
        except OSError:
            self._process.kill()
            self._process.wait()
            self._read_errors()
            raise SoundError(f"sound device {self._device!r}: {self._reason()}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._input.close()
        try:
            if kind is not None:
                self._process.kill()
            self._process.wait(DRAIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _read_errors(self) -> None:
        """Read the error messages and keep the newest: a full pipe would stop the process."""
        output = self._errors.read(_ERROR_BYTES_MAX)
        if output:
            self._error_output = (self._error_output + output)[-_ERROR_BYTES_MAX:]

    def _reason(self) -> str:
        """Why the process ended, from its last error message."""
        lines = self._error_output.decode(errors="replace").split("\n")
        reasons = [line.partition("aplay: ")[2].partition(": ")[2] for line in lines if "aplay: " in line]
        return reasons[-1] if reasons else f"aplay ended with status {self._process.returncode}"


# Sound on the vehicle: one long-lived ``aplay``, fed silence between tones.
#
# A lost sound device shows within two seconds, not at the next hit; and a tone starts without waiting for a process or
# a device to open. ``aplay`` takes 20 ms at a time from a pipe that holds no more than that, so what lies between a
# tone and the loudspeaker is that chunk, one chunk in ``aplay`` and ALSA's own buffer of 80 ms.

log = structlog.get_logger(__name__)

CHUNK_SAMPLES = RATE_HZ * CHUNK_MS // 1000
STEADY_CHUNKS = 10
"""Chunks after which the device plays for certain: more than its buffer holds."""
STALL_S = 2.0
"""Silence after which a device that accepts nothing counts as lost."""
OPEN_S = 5.0
"""The same while it opens: a sound server may finish a long block of silence first."""
HAND_OVER_S = 2.0
"""Longest wait of a caller until the first sample of its tone is handed over."""
HANG_S = 10.0
"""Longer than any wait here: the thread that feeds the device hangs, in a driver or on a process that does not end."""
CLOSE_S_MAX = 3.0
"""Longest time to close: every tone that waits still sounds, and the device ends."""
WAITING_MAX = 8
"""Most tones that may wait; more would sound long after what they tell of."""
REOPEN_BACKOFF = Backoff(first_s=0.5, factor=2.0, longest_s=10.0)
_SILENCE = bytes(CHUNK_SAMPLES * 2)


class AlsaPlayer:
    """Sounds tones on an ALSA device, one after the other, and a sentence when no tone waits any more.

    Opening never fails: without a device the unit still reads, :attr:`up` is False, and the device is tried again after
    growing waits. Safe for any number of threads; a stage of its own feeds the device, under a supervisor of its own.

    Args:
        device: ALSA's name of it (``aplay -L`` lists them).
        volume: linear, 0 to 1.
    """

    name = "sound"

    def __init__(
        self, device: str, volume: float, backoff: Backoff = REOPEN_BACKOFF, clips: SpeechClips = NO_CLIPS
    ) -> None:
        self._device = device
        self._volume = volume
        self._backoff = backoff
        self._clips = clips
        self._state = threading.Condition()
        self._queue = ToneQueue(WAITING_MAX)
        self._sentence = PendingSentence()
        self._up = False
        self._trouble = ""
        self._closing = False
        self._supervisor = Supervisor(HANG_S)
        self._supervisor.add(self, replaceable=True)
        self._supervisor.start()
        with self._state:
            self._state.wait_for(lambda: self._up or self._trouble, OPEN_S)

    @property
    def up(self) -> bool:
        """Whether the device accepts samples at present; the call also replaces a thread that hangs."""
        self._supervisor.tend()
        return self._up and not any(state.waiting for state in self._supervisor.states)

    @property
    def trouble(self) -> str:
        """Why the device is down; empty while it is up."""
        return "; ".join((*([self._trouble] if self._trouble else []), *self._supervisor.troubles()))

    def play(
        self,
        tone: Tone,
        at: Instant,  # noqa: ARG002 - it only knows now
        sentence: Sentence = (),
        on_lost: Callable[[], None] | None = None,
    ) -> int:
        """Queue the tone; returns once its first sample is handed over, or at once when it has to wait for another.

        A hit cuts a tone of the unit short, which begins anew after it. When too many wait, the new tone takes the
        place of the least urgent of them; an urgent one is never left out. What is being said is cut off, and the
        sentence is said after the last tone. A tone behind another is lost when the device is, or when it gives way:
        ``on_lost`` is called then.

        Returns:
            CLOCK_BOOTTIME of this machine, in ns, at which its first sample was handed to the device; behind
            another tone: at which it will be.
        """
        new_tone, speech = QueuedTone(tone, at_volume(synthesise(tone), self._volume)), self._clips.join(sentence)
        with self._state:
            self._require_open()
            queued_tone = self._queue.add(new_tone)
            if queued_tone is None:
                raise SoundError(
                    f"sound device {self._device!r}: {WAITING_MAX} tones wait already, this one is left out"
                )
            self._sentence.follow(tone, speech)
            self._state.wait_for(lambda: not self._is_next(queued_tone) or not self._up, HAND_OVER_S)
            if queued_tone.started_ns is not None:
                return queued_tone.started_ns
            if queued_tone in self._queue and not self._is_next(queued_tone):
                queued_tone.on_lost += [on_lost] if on_lost else []
                return boottime_ns() + self._queue.ahead_of(queued_tone) * NS_PER_S // RATE_HZ
            self._clear()
            raise SoundError(self._trouble or f"sound device {self._device!r}: took no sample for {HAND_OVER_S} s")

    def close(self) -> None:
        """Finish the tones that are queued, then release the device; what is said is cut off."""
        with self._state:
            self._closing = True
            self._sentence.clear()
            self._state.notify_all()
        if any(state.waiting for state in self._supervisor.states) or not self._supervisor.join(CLOSE_S_MAX):
            self._supervisor.stop.set()
            self._supervisor.join(DRAIN_S)

    def _is_next(self, queued_tone: QueuedTone) -> bool:
        """Whether nothing goes ahead of a tone that has not begun."""
        return self._queue.first is queued_tone and queued_tone.started_ns is None

    def _require_open(self) -> None:
        if not self._up or self._closing:
            raise SoundError(self._trouble or f"sound device {self._device!r}: is not open")

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Feed the device until closed; for the player's own supervisor."""
        failures, self._up = 0, False
        wait = beating(lambda seconds: self._is_over(seconds, stop), beat)
        while not self._is_over(0, stop):
            trouble = self._play_until_lost(beat)
            beat()  # ends a thread that hung in there while another plays
            if trouble is None:
                return
            failures = 1 if self._up else failures + 1
            wait_s = self._backoff.wait_s(failures, 1.0)
            self._go_down(trouble, wait_s)
            wait(wait_s)

    def finish(self) -> None:
        """Wake those who wait for a tone: nothing sounds any more."""
        with self._state:
            self._up = False
            self._state.notify_all()

    def _is_over(self, wait_s: float, stop: threading.Event) -> bool:
        """Whether the player is closed, or is so within ``wait_s``."""
        with self._state:
            return self._state.wait_for(lambda: self._closing or stop.is_set(), wait_s)

    def _play_until_lost(self, beat: Callable[[], None]) -> str | None:
        """Play until closed (None), or until the device is lost: why."""
        try:
            with Aplay(self._device) as aplay:
                self._feed(aplay, beat)
        except (SoundError, OSError) as error:
            return str(error)
        return None

    def _feed(self, aplay: Aplay, beat: Callable[[], None]) -> None:
        """Hand over chunk after chunk, at the pace at which the device takes them, until closed."""
        chunk_count = 0
        while True:
            beat()
            # Choose after the wait: a tone asked for meanwhile goes next.
            aplay.wait_for_room(STALL_S if chunk_count >= STEADY_CHUNKS else OPEN_S)
            chunk = self._next_chunk()
            if chunk is None:
                return
            samples, queued_tone = chunk
            aplay.write(samples)
            chunk_count += 1
            if queued_tone is not None:
                self._note_progress(queued_tone)
            if chunk_count == STEADY_CHUNKS:
                self._come_up()

    def _next_chunk(self) -> tuple[bytes, QueuedTone | None] | None:
        """The next 20 ms and the tone they belong to, if to one; None when closed and nothing waits any more."""
        with self._state:
            first = self._queue.first
            if first is None or (first.was_passed and self._sentence.is_of_hit):
                speech = self._sentence.take(CHUNK_SAMPLES).tobytes()
                return None if self._closing else (speech or _SILENCE, None)
            samples = first.samples[first.sample_position : first.sample_position + CHUNK_SAMPLES]
            return samples.tobytes(), first

    def _note_progress(self, queued_tone: QueuedTone) -> None:
        with self._state:
            if queued_tone.started_ns is None:
                queued_tone.started_ns = boottime_ns()
            if self._queue.first is queued_tone:  # else a hit cut it short while this chunk was handed over
                queued_tone.sample_position += CHUNK_SAMPLES
                if queued_tone.left <= 0:
                    self._queue.remove_first()
            self._state.notify_all()

    def _come_up(self) -> None:
        with self._state:
            self._up, self._trouble = True, ""
            self._state.notify_all()
        log.info("sound.opened", device=self._device)

    def _go_down(self, trouble: str, wait_s: float) -> None:
        """Wake those who wait for a tone; tones cut off are not repeated later, when they would mislead."""
        log.warning("sound.lost", failure=trouble, wait_s=wait_s)
        with self._state:
            self._up, self._trouble = False, trouble
            self._clear()
            self._state.notify_all()

    def _clear(self) -> None:
        self._queue.clear()
        self._sentence.clear()


__all__ = ["AlsaPlayer", "SilentPlayer", "WavPlayer", "open_player"]


class SilentPlayer:
    """A player that sounds nothing, as the settings say (``player = "none"``)."""

    up = True

    def play(self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None) -> None:
        """Sound nothing, and return no time at which anything sounded."""

    def close(self) -> None:
        """Do nothing: nothing was opened."""


def open_player(settings: AlertSettings, start: Instant, clips: SpeechClips = NO_CLIPS) -> Player:
    """Open the player that the settings name.

    Raises:
        SoundError: the wav file cannot be written. A sound device that is missing raises at ``play`` and shows in
            ``up``: the unit reads on without it, and it is tried again.
    """
    if settings.player == "wav":
        return WavPlayer(settings.wav_path, settings.volume, start, clips)
    if settings.player == "none":
        return SilentPlayer()
    return AlsaPlayer(settings.device, settings.volume, clips=clips)
