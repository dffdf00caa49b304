"""What the camera of a real unit sees and its list holds, and the tones that came of it, as the unit stored them."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.instants import NS_PER_MS
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings, load
from alpr_edge.store.unit_store import open_store
from scripts.benchmarks.hotlist.feed import write_list
from scripts.benchmarks.hotlist.unit import import_command
from scripts.benchmarks.path.traffic import write_traffic

ALERTS_MAX = 1000


@dataclass(frozen=True, slots=True)
class SoundedAlert:
    """A tone, by the clock that no change of the date moves."""

    hit_id: str
    captured_ns: int
    """When the frame was captured that decided the read."""
    sounded_ns: int
    """When its first sample was handed over."""

    @property
    def latency_ms(self) -> float:
        """From capture to tone."""
        return (self.sounded_ns - self.captured_ns) / NS_PER_MS


def write_listed_traffic(settings: Path, vision: VisionSettings, frames: Sequence[Frame]) -> None:
    """Write what the camera sees into ``pictures`` beside the settings, and import a list of those plates.

    Raises:
        FeedError: the list was refused.
        ModelError: none of the plates is read.
    """
    sys.stderr.write("scripts/bench: drawing plates on the frames\n")
    texts = write_traffic(settings.parent / "pictures", frames, open_vision_models(vision).recogniser)
    feed = settings.parent / "feeds" / "bench.csv"
    write_list(feed, texts)
    done = subprocess.run(import_command(feed, settings), stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise FeedError("the list of the plates drawn was refused, for a reason that stands above")


def sounded_alerts(settings: Path, from_ns: int, until_ns: int) -> list[SoundedAlert]:
    """The newest alerts that sounded in a time and whose frames were captured in it, the oldest first."""
    with open_store(load(settings), migrate=False) as store:
        hits = store.reads.recent(ALERTS_MAX, hits_only=True)
    found = [
        SoundedAlert(hit.hit_id, hit.matched_at.boottime_ns, stored.sounded_at.boottime_ns)
        for read in hits
        for hit in read.hits
        for stored in read.alerts
        if stored.alert.hit_id == hit.hit_id and stored.sounded_at is not None
    ]
    return sorted(
        (each for each in found if from_ns <= each.captured_ns and each.sounded_ns <= until_ns),
        key=lambda each: each.sounded_ns,
    )
