"""Drives releases whose alerting hangs on the moment at which a pass becomes a read (7e77f55c and before).

Their parts are taken by name, as a later tree has none of them to check types against.
"""

import itertools
from importlib import import_module
from typing import Any

from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant
from alpr_edge.settings import AlertSettings, DecisionSettings, HotlistSettings
from scripts.benchmarks.alerts.drives import CAMERA, DrivenRead, DriveResult, FrameLooks, HeardTone, ProbedList, instant

EVENTS_MAX = 1_000_000


def is_there() -> bool:
    """Whether the tree is such a release."""
    return hasattr(import_module("alpr_edge.domain.reads"), "ReadSettled")


def grade(entries: int) -> bool:
    """Whether a read in doubt sounds as possible alone on a list of that size."""
    return entries >= HotlistSettings().large_entries


def drive(frames: list[FrameLooks], entries: ProbedList) -> DriveResult:
    """Take frames through this tree's alerting."""
    alerters, pipeline = (import_module(f"alpr_edge.app.pipeline.{name}") for name in ("alerter", "pipeline"))
    passes, decision, ids = import_module("alpr_edge.domain.recognition.passes"), DecisionSettings(), itertools.count()
    player, records = _Player(), import_module("alpr_edge.runtime.channels").BoundedChannel(EVENTS_MAX)
    rules = alerters.SoundRules(sentence_of=player.note)
    alerter = alerters.Alerter(player, _Clock(), AlertSettings(), HotlistSettings(), rules)
    origin, rule = passes.Origin(CAMERA, CAMERA, ()), pipeline.decision_rule(decision)
    of_camera = passes.Passes(origin, rule, decision.pass_gap_ms, lambda _: None, lambda: f"r{next(ids)}")
    camera = import_module("alpr_edge.app.pipeline.pipeline").CameraPasses(
        of_camera, lambda: entries, alerter, records, lambda: f"h{next(ids)}"
    )
    for frame, readings in frames:
        camera.process(frame, readings)
    camera.finish(by_clock=False)
    return _drive_of([records.get(0) for _ in range(len(records))], player.played)


def _drive_of(events: list[Any], played: list[tuple[Any, bool, float]]) -> DriveResult:
    decided = [event for event in events if hasattr(event, "hits")]
    entries = {hit.hit_id: hit.entry.plate for event in decided for hit in event.hits}
    withdrawn = {event.withdraws for event in decided}
    closed = [event for event in events if hasattr(event, "looks")]
    reads = [
        DrivenRead(
            event.read.read_id,
            event.read.plate,
            event.read.read_id not in withdrawn,
            tuple((look.frame_number, look.box) for look in event.looks),
        )
        for event in closed
    ]
    return DriveResult([HeardTone(a.read_id, entries[a.hit_id], full, at_ms) for a, full, at_ms in played], reads)


class _Player:
    """Notes each alert whose tone sounds."""

    up = True

    def __init__(self) -> None:
        self._alert: Any = None
        self.played: list[tuple[Any, bool, float]] = []
        """Alert, whether its tone is full, and when."""

    def note(self, alert: Any) -> tuple[str, ...]:  # noqa: ANN401
        """Note the alert whose tone comes next; nothing is said after it."""
        self._alert = alert
        return ()

    def play(self, tone: Tone, at: Instant, *_: object) -> int:
        """Note a tone, unless it is of a withdrawal."""
        if tone is not Tone.WITHDRAWN:
            self.played.append((self._alert, tone is not Tone.POSSIBLE, at.ms_since(instant(0))))
        return at.boottime_ns


class _Clock:
    """Stands still: nothing that is measured depends on it."""

    def now(self) -> Instant:
        """The beginning."""
        return instant(0)
