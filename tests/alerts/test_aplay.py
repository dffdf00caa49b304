"""Who feeds the sound device is a stage: killed, it comes back, and tones sound as before."""

import ctypes
import threading
import time
from typing import Protocol

import pytest

from alpr_edge.alerts.players import AlsaPlayer
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant

WAIT_S = 60.0


class Card(Protocol):
    """The fixture ``sound_card``."""

    device: str


class Killed(BaseException):
    """Nothing that any code expects."""


def feeders() -> set[int | None]:
    return {thread.ident for thread in threading.enumerate() if thread.name == AlsaPlayer.name}


@pytest.mark.review(3)
def test_a_player_whose_feeding_thread_is_killed_sounds_again(sound_card: Card) -> None:
    player = AlsaPlayer(sound_card.device, 0.5)
    assert player.up
    (ident,) = feeders()
    assert ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Killed))
    limit_s = time.monotonic() + WAIT_S
    # On a busy computer another thread may run before anybody could see the trouble.
    while "Killed" not in player.trouble and not feeders() - {ident}:
        assert time.monotonic() < limit_s
        time.sleep(0.01)
    while not player.up:
        assert time.monotonic() < limit_s
        time.sleep(0.01)
    assert player.play(Tone.HIGH, Instant("boot", 0))
    player.close()
    assert not [thread for thread in threading.enumerate() if thread.name == AlsaPlayer.name]
