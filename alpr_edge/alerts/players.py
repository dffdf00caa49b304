"""The players, and which one the settings name."""

from collections.abc import Callable

from alpr_edge.alerts.alsa import AlsaPlayer
from alpr_edge.alerts.speech.clips import NO_CLIPS, SpeechClips
from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Player
from alpr_edge.domain.speech.sentences import Sentence
from alpr_edge.settings import AlertSettings

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
