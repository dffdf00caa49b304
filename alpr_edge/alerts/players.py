"""The players, and which one the settings name."""

from alpr_edge.alerts.alsa import AlsaPlayer
from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Player
from alpr_edge.settings import AlertSettings

__all__ = ["AlsaPlayer", "SilentPlayer", "WavPlayer", "open_player"]


class SilentPlayer:
    """Sounds nothing, because the settings say so (``player = "none"``): alerts are shown only."""

    up = True

    def play(self, tone: Tone, at: Instant) -> None:
        """Sound nothing, and return no time at which anything sounded."""

    def close(self) -> None:
        """Nothing to release."""


def open_player(settings: AlertSettings, start: Instant) -> Player:
    """The player of the settings.

    Args:
        settings: [alerts].
        start: the drive's first instant, where a wav file begins.

    Raises:
        SoundError: the wav file cannot be written. A sound device that is missing raises at ``play`` and shows in
            ``up``: the unit reads on without it, and it is tried again.
    """
    if settings.player == "wav":
        return WavPlayer(settings.wav_path, settings.volume, start)
    if settings.player == "none":
        return SilentPlayer()
    return AlsaPlayer(settings.device, settings.volume)
