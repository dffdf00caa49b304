"""A read that sounds twice: its correction is heard as long as one of its tones was, whichever of them was lost."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.alerting import Level, Tone
from alpr_edge.domain.hits import Hit, Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import ReadDecided, ReadSettled
from alpr_edge.domain.speech.sentences import Sentence
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import AlertSettings, HotlistSettings
from tests.app.pipeline.test_recorder import decision, hit_of
from tests.domain.readings import START


class BusyPlayer:
    """A player at which every tone has to wait, until the test says that one is lost."""

    up = True

    def __init__(self) -> None:
        self.tones: list[Tone] = []
        self._on_lost: dict[Tone, Callable[[], None]] = {}

    def play(
        self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None
    ) -> int | None:
        """Queue the tone."""
        del sentence
        self.tones.append(tone)
        if on_lost is not None:
            self._on_lost[tone] = on_lost
        return at.boottime_ns

    def lose(self, tone: Tone) -> None:
        """Give up a tone that waits."""
        self._on_lost[tone]()

    def close(self) -> None:
        """Do nothing: nothing was opened."""


def amber_hit() -> Hit:
    """A hit of a list so large that a read in doubt has the lesser tone."""
    hit = hit_of("r1")
    return replace(
        hit,
        entry=replace(hit.entry, reason=Reason.AMBER_ALERT),
        generation=replace(hit.generation, entries=5_000_000),
    )


@pytest.mark.parametrize(
    ("lost", "is_withdrawn"),
    [((Tone.POSSIBLE,), True), ((Tone.URGENT,), True), ((Tone.POSSIBLE, Tone.URGENT), False)],
    ids=["the first is lost", "the second is lost", "both are lost"],
)
def test_a_read_of_which_a_tone_was_heard_is_withdrawn(lost: tuple[Tone, ...], *, is_withdrawn: bool) -> None:
    player = BusyPlayer()
    alerter = Alerter(player, ReplayedClock(START), AlertSettings(), HotlistSettings())
    event = decision()
    doubtful, certain = (replace(event.read, read_id="r1", confidence=confidence) for confidence in (0.5, 0.97))
    alerter.announce(ReadDecided(doubtful, event.evidence, START.shift(100)), [amber_hit()])
    alerter.announce(ReadSettled(certain, START.shift(300)), [amber_hit()], Level.NOTICE)
    assert player.tones == [Tone.POSSIBLE, Tone.URGENT]
    for tone in lost:
        player.lose(tone)
    corrected = replace(event.read, read_id="r2", plate="3XYZ987", supersedes="r1")
    alerter.announce(ReadDecided(corrected, event.evidence, START.shift(900), "r1"), [])
    assert (player.tones[2:] == [Tone.WITHDRAWN]) is is_withdrawn
