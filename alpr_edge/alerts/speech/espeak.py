"""``espeak-ng`` as a process that says one phrase into a file (Debian's package of that name)."""

import re
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from alpr_edge.alerts.speech.waveform import Signal
from alpr_edge.domain.errors import SoundError

DEFAULT_VOICE = "en-us"
WORDS_A_MINUTE = 210
"""Fast enough for four phrases in 2.5 s; 175 is what espeak-ng says by itself."""
PHRASE_S_MAX = 20.0
"""Longest time for one phrase, which takes some hundredths of a second."""
_VOICE = re.compile(r"[A-Za-z][A-Za-z0-9+_-]{0,39}")


def synthesise_phrase(phrase: str, voice: str) -> tuple[Signal, int]:
    """Say a phrase; returns the signal, from -1 to 1, and its rate in Hz.

    Args:
        voice: a voice of ``espeak-ng --voices=en``, such as en-us or en-us+f3.
    """
    if not _VOICE.fullmatch(voice):
        raise SoundError(f"--voice {voice}: no name of a voice; espeak-ng --voices=en lists them")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phrase.wav"
        command = ["espeak-ng", "-v", voice, "-s", str(WORDS_A_MINUTE), "-w", str(path), "--stdin"]
        try:
            done = subprocess.run(  # noqa: S603 - fixed program, arguments without a shell
                command, input=phrase.encode(), capture_output=True, timeout=PHRASE_S_MAX, check=False
            )
        except OSError as error:
            raise SoundError(f"espeak-ng cannot be started ({error.strerror}); install espeak-ng") from None
        except subprocess.TimeoutExpired:
            raise SoundError(f"espeak-ng did not end within {PHRASE_S_MAX:g} s") from None
        if done.returncode or not path.exists():
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise SoundError(f"espeak-ng, voice {voice}: {lines[-1] if lines else 'said nothing'}")
        return _read(path)


def _read(path: Path) -> tuple[Signal, int]:
    try:
        with wave.open(str(path)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise SoundError("espeak-ng wrote a file that is not mono with 16 bits")
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            return samples / np.iinfo(np.int16).max, file.getframerate()
    except (EOFError, wave.Error):
        raise SoundError("espeak-ng wrote a file that is no wav file") from None
