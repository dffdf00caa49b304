"""A stage that answers the page's requests over a real store: tones go to a file, entries are its own, no cameras."""

import itertools
from pathlib import Path

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.app.stages.page_requests import PageRequestStage
from alpr_edge.app.unit_mute import UnitMute
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import OWN_SOURCE, HotlistEntry, Reason
from alpr_edge.domain.ports import Clock
from alpr_edge.hotlist.index.officer_entries import OwnIndex
from alpr_edge.settings import Settings
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from alpr_edge.store.unit_store import UnitStore


def entry_of(plate: str, reason: Reason = Reason.STOLEN_VEHICLE, *, covert: bool = False) -> HotlistEntry:
    """An entry of an officer."""
    return HotlistEntry(OWN_SOURCE, plate, plate, "CA", reason, record_id=f"own {plate}", covert=covert)


class RequestRig:
    """The stage and what it works with; a second one over the same store is a restart of the program.

    Args:
        store: the store of the unit.
        folder: where the tones go.
        clock: of the unit.
        entries: what is listed.
    """

    def __init__(self, store: UnitStore, folder: Path, clock: Clock, *entries: HotlistEntry) -> None:
        numbers = itertools.count()
        self.is_full = False
        """Whether the disk is full."""
        self.tones = folder / "tones.wav"
        self.player = WavPlayer(self.tones, 0.5, clock.now())
        self.sessions: set[str] = set()
        """Ids of the sessions that are open."""
        self.mute = UnitMute(clock, self.sessions.__contains__)
        rules = SoundRules(is_muted=self.mute.silences, is_quieted=self.mute.quiets)
        index = OwnIndex([OwnEntry(entry, "26-1", None, "") for entry in entries])
        self.alerter = Alerter(self.player, clock, Settings(), lambda: index, rules)

        def make_id() -> str:
            return f"unit-1:{id(self)}-{next(numbers)}"

        answers = self.alerter.correct, self.alerter.note_answer
        self.stage = PageRequestStage(store, clock, self.mute, *answers, make_id, self._require_room)

    def _require_room(self) -> None:
        if self.is_full:
            raise StoreError("the disk is full")
