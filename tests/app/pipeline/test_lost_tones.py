"""A tone that is lost before it begins: it sounds again, and a withdrawal is heard as long as one of the tones was."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.alerting import AlertRecord, Tone
from alpr_edge.domain.hits import Generation, Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.speech.sentences import Sentence
from alpr_edge.domain.vehicle_alerts import REVIEW_MS
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import Settings
from tests.app.pipeline.test_recorder import ENTRY, decision
from tests.domain.readings import START
from tests.domain.shelf import Shelf


class BusyPlayer:
    """A player that notes its tones, at which every tone has to wait, until the test says that one is lost."""

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


class Seen:
    """A vehicle on a list so large that a read in doubt has the lesser tone, and the alerter that follows it."""

    def __init__(self) -> None:
        entry = replace(ENTRY, reason=Reason.AMBER_ALERT)
        self.lists = Shelf(entry, generation=Generation("state", 1, None, None, 5_000_000))
        self.player = BusyPlayer()
        self._alerter = Alerter(self.player, ReplayedClock(START), Settings(), lambda: self.lists)

    def see(self, at_ms: float, confidence: float = 0.5, plate: str = ENTRY.plate) -> tuple[AlertRecord, ...]:
        """See it, its plate as sure as that; returns what changed of its alerts."""
        read = replace(decision().read, read_id="r1", confidence=confidence, plate=plate)
        return self._alerter.follow(read, START.shift(at_ms)).alerts


def test_a_tone_that_was_lost_sounds_again_while_the_vehicle_is_in_view() -> None:
    seen = Seen()
    seen.see(100)
    seen.player.lose(Tone.POSSIBLE)
    assert seen.see(300) == ()
    (record,) = seen.see(100 + REVIEW_MS)
    assert seen.player.tones == [Tone.POSSIBLE] * 2
    assert record.late_tone is not None
    assert record.late_tone.sounded_at == START.shift(100 + REVIEW_MS)
    assert seen.see(100 + 2 * REVIEW_MS) == ()


@pytest.mark.parametrize(
    ("lost", "is_withdrawn"),
    [((Tone.POSSIBLE,), True), ((Tone.URGENT,), True), ((Tone.POSSIBLE, Tone.URGENT), False)],
    ids=["the first is lost", "the second is lost", "both are lost"],
)
def test_a_read_of_which_a_tone_was_heard_is_withdrawn(lost: tuple[Tone, ...], *, is_withdrawn: bool) -> None:
    seen = Seen()
    seen.see(100)
    seen.see(300, confidence=0.97)
    assert seen.player.tones == [Tone.POSSIBLE, Tone.URGENT]
    for tone in lost:
        seen.player.lose(tone)
    seen.see(400, confidence=0.97, plate="3XYZ987")
    assert (seen.player.tones[2:] == [Tone.WITHDRAWN]) is is_withdrawn
