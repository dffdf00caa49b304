"""Drives releases whose alerting follows the present vote of each vehicle in view."""

import itertools

from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.app.pipeline.pipeline import CameraPasses, decision_rule
from alpr_edge.domain.alerting import Alert, Tone
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import ReadStage, ReadUpdate
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.settings import HotlistSettings, Settings
from scripts.benchmarks.alerts.drives import CAMERA, DrivenRead, DriveResult, FrameLooks, HeardTone, ProbedList, instant

UPDATES_MAX = 1_000_000


def grade(entries: int) -> bool:
    """Whether a read in doubt sounds as possible alone on a list of that size."""
    return entries >= HotlistSettings().large_entries


def drive(frames: list[FrameLooks], entries: ProbedList) -> DriveResult:
    """Take frames through this tree's alerting."""
    settings, player, ids = Settings(), _Player(), itertools.count()
    alerter = Alerter(player, _Clock(), settings, lambda: entries, SoundRules(sentence_of=player.note))
    rule, gap_ms, parts = (
        decision_rule(settings.decision),
        settings.decision.pass_gap_ms,
        PassParts(hides=alerter.hides),
    )
    passes = Passes(Origin(CAMERA, CAMERA, ()), rule, gap_ms, lambda _: None, lambda: f"r{next(ids)}", parts)
    records: BoundedChannel[ReadUpdate] = BoundedChannel(UPDATES_MAX)
    camera = CameraPasses(passes, alerter, records)
    for frame, readings in frames:
        camera.process(frame, readings)
        for late in alerter.review(frame.captured_at):
            records.put(late)
    camera.finish(by_clock=False)
    updates = [update for _ in range(len(records)) if (update := records.get(0)) is not None]
    entry_of = {hit.hit_id: hit.entry.plate for update in updates for hit in update.hits}
    tones = [HeardTone(alert.read_id, entry_of[alert.hit_id], full, at_ms) for alert, full, at_ms in player.played]
    return DriveResult(tones, [_read_of(update) for update in updates if update.stage is ReadStage.CLOSED])


def _read_of(update: ReadUpdate) -> DrivenRead:
    looks = tuple((look.frame_number, look.box) for look in update.looks)
    return DrivenRead(update.read.read_id, update.read.plate, True, looks)  # noqa: FBT003 - it stands


class _Player:
    """Notes each alert whose tone sounds."""

    up = True

    def __init__(self) -> None:
        self._alert: Alert
        self.played: list[tuple[Alert, bool, float]] = []
        """Alert, whether its tone is full, and when."""

    def note(self, alert: Alert) -> tuple[str, ...]:
        """Note the alert whose tone comes next; nothing is said after it."""
        self._alert = alert
        return ()

    def play(self, tone: Tone, at: Instant, *_: object) -> int:
        """Note a tone, unless it is of a withdrawal."""
        if tone is not Tone.WITHDRAWN:
            self.played.append((self._alert, tone is not Tone.POSSIBLE, at.ms_since(instant(0))))
        return at.boottime_ns

    def close(self) -> None:
        """Do nothing."""


class _Clock:
    """Stands still: nothing that is measured depends on it."""

    def now(self) -> Instant:
        """The beginning."""
        return instant(0)
