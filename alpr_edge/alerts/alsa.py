"""Sound on the vehicle: one long-lived ``aplay``, fed silence between tones.

A lost sound device shows within two seconds, not at the next hit; and a tone starts without waiting for a process or a
device to open. ``aplay`` takes 20 ms at a time from a pipe that holds no more than that, so what lies between a tone
and the loudspeaker is that chunk, one chunk in ``aplay`` and ALSA's own buffer of 80 ms.
"""

import fcntl
import os
import select
import subprocess
import threading
import time
from typing import Self

import structlog

from alpr_edge.alerts.tone_queue import QueuedTone, ToneQueue
from alpr_edge.alerts.tones import RATE_HZ, at_volume, synthesise
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.instants import NS_PER_S, Instant
from alpr_edge.domain.retry import Backoff

log = structlog.get_logger(__name__)

CHUNK_MS = 20
BUFFER_MS = 80
CHUNK_SAMPLES = RATE_HZ * CHUNK_MS // 1000
STEADY_CHUNKS = 10
"""A device that took more than its buffer holds is playing."""
STALL_S = 2.0
"""A device that takes nothing for so long is lost."""
OPEN_S = 5.0
"""Likewise while it opens: a sound server may finish a long block of silence first."""
HAND_OVER_S = 2.0
DRAIN_S = 3.0
WAITING_MAX = 8
"""Tones that may wait for one another; more would sound long after what they tell of."""
REOPENING = Backoff(first_s=0.5, factor=2.0, longest_s=10.0)
_PIPE_BYTES = 4096
_LAST_WORDS_BYTES = 4096
_SILENCE = bytes(CHUNK_SAMPLES * 2)


class AlsaPlayer:
    """Sounds tones on an ALSA device, one after the other.

    Opening never fails: a unit without sound still reads, shows :attr:`up` False and tries the device again with
    growing waits. Safe for any number of threads; a thread of its own feeds the device.

    Args:
        device: ALSA's name of it (``aplay -L`` lists them).
        volume: linear, 0 to 1.
        backoff: waits between tries; one device on one vehicle needs no jitter.
    """

    def __init__(self, device: str, volume: float, backoff: Backoff = REOPENING) -> None:
        self._device = device
        self._volume = volume
        self._backoff = backoff
        self._state = threading.Condition()
        self._queue = ToneQueue(WAITING_MAX)
        self._up = False
        self._trouble = ""
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="alsa-player", daemon=True)
        self._thread.start()
        with self._state:
            self._state.wait_for(lambda: self._up or self._trouble, OPEN_S)

    @property
    def up(self) -> bool:
        """Whether the device takes samples at present."""
        return self._up

    @property
    def trouble(self) -> str:
        """Why the device is down; empty while it is up."""
        return self._trouble

    def play(self, tone: Tone, at: Instant) -> int:  # noqa: ARG002 - a loudspeaker only knows now
        """Queue the tone; returns once its first sample is handed over, or at once when another tone still sounds.

        When too many wait, it takes the place of the least urgent of them; an urgent one is never left out.

        Returns:
            CLOCK_BOOTTIME of this machine, in ns, at which its first sample was handed to the device; behind
            another tone: at which it will be.

        Raises:
            SoundError: the device is down, or too many tones wait that are as urgent.
        """
        made = QueuedTone(tone, at_volume(synthesise(tone), self._volume))
        with self._state:
            self._require_open()
            queued = self._queue.add(made)
            if queued is None:
                raise SoundError(
                    f"sound device {self._device!r}: {WAITING_MAX} tones wait already, this one is left out"
                )
            ahead = self._queue.ahead_of(queued)
            if ahead:
                return _boottime_ns() + ahead * NS_PER_S // RATE_HZ
            self._state.wait_for(lambda: queued.started_ns is not None or not self._up, HAND_OVER_S)
            if queued.started_ns is None:
                self._queue.clear()
                raise SoundError(self._trouble or f"sound device {self._device!r}: took no sample for {HAND_OVER_S} s")
            return queued.started_ns

    def close(self) -> None:
        """Let what is queued end, then release the device."""
        with self._state:
            self._closing = True
            self._state.notify_all()
        self._thread.join()

    def _require_open(self) -> None:
        if not self._up or self._closing:
            raise SoundError(self._trouble or f"sound device {self._device!r}: is not open")

    def _run(self) -> None:
        failures = 0
        try:
            while not self._closing:
                trouble = self._play_until_lost()
                if trouble is None:
                    return
                failures = 1 if self._up else failures + 1
                self._go_down(trouble, self._backoff.wait_s(failures, 1.0))
        finally:
            self._up = False

    def _play_until_lost(self) -> str | None:
        """Play until closed (None), or until the device is lost: why."""
        try:
            with _Aplay(self._device) as aplay:
                self._feed(aplay)
        except SoundError as error:
            return str(error)
        return None

    def _feed(self, aplay: "_Aplay") -> None:
        """Hand over chunk after chunk, at the pace at which the device takes them, until closed."""
        taken = 0
        while True:
            # Choose after the wait: a tone asked for meanwhile goes next.
            aplay.wait_for_room(STALL_S if taken >= STEADY_CHUNKS else OPEN_S)
            chunk = self._next_chunk()
            if chunk is None:
                return
            samples, queued = chunk
            aplay.write(samples)
            taken += 1
            if queued is not None:
                self._handed(queued)
            if taken == STEADY_CHUNKS:
                self._come_up()

    def _next_chunk(self) -> tuple[bytes, QueuedTone | None] | None:
        """The next 20 ms and the tone they belong to; None when closed and nothing waits any more."""
        with self._state:
            first = self._queue.first
            if first is None:
                return None if self._closing else (_SILENCE, None)
            samples = first.samples[first.handed : first.handed + CHUNK_SAMPLES]
            return samples.tobytes(), first

    def _handed(self, queued: QueuedTone) -> None:
        with self._state:
            if queued.started_ns is None:
                queued.started_ns = _boottime_ns()
            queued.handed += CHUNK_SAMPLES
            if queued.left <= 0 and self._queue.first is queued:
                self._queue.remove_first()
            self._state.notify_all()

    def _come_up(self) -> None:
        with self._state:
            self._up, self._trouble = True, ""
            self._state.notify_all()
        log.info("sound.up", device=self._device)

    def _go_down(self, trouble: str, wait_s: float) -> None:
        """Tell whoever waits, then wait; tones cut off are not sounded again later, when they would mislead."""
        log.warning("sound.lost", failure=trouble, wait_s=wait_s)
        with self._state:
            self._up, self._trouble = False, trouble
            self._queue.clear()
            self._state.notify_all()
            self._state.wait_for(lambda: self._closing, wait_s)


class _Aplay:
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
        self._last_words = b""

    def wait_for_room(self, limit_s: float) -> None:
        """Return as soon as the last chunk is taken.

        Raises:
            SoundError: the device took nothing for ``limit_s``.
        """
        self._listen()
        if not self._writable.poll(limit_s * 1000):
            raise SoundError(f"sound device {self._device!r}: took no sample for {limit_s:g} s")

    def write(self, samples: bytes) -> None:
        """Hand over up to one chunk, for which there is room.

        Raises:
            SoundError: the process ended.
        """
        try:
            # At most one pipe page, so taken whole or not at all.
            os.write(self._input.fileno(), samples)
        except OSError:
            self._process.kill()
            self._process.wait()
            self._listen()
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

    def _listen(self) -> None:
        """Keep the last of what it says: an unread pipe would stop it in the end."""
        heard = self._errors.read(_LAST_WORDS_BYTES)
        if heard:
            self._last_words = (self._last_words + heard)[-_LAST_WORDS_BYTES:]

    def _reason(self) -> str:
        lines = self._last_words.decode(errors="replace").split("\n")
        said = [line.partition("aplay: ")[2].partition(": ")[2] for line in lines if "aplay: " in line]
        return said[-1] if said else f"aplay ended with status {self._process.returncode}"


def _boottime_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
