"""Sounds alerts for the hits of a read, withdraws those that no longer hold, and repeats none within the cooldown."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import NamedTuple, TypeVar

import structlog

from alpr_edge.domain.alerting import (
    PLAIN,
    Alert,
    Cooldown,
    Level,
    ListAge,
    MatchContext,
    Tone,
    alert_of,
)
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.hits import OWN_SOURCE, Hit
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.list_ages import list_age, own_entry_age
from alpr_edge.domain.page_requests.mute import level_under_mute
from alpr_edge.domain.ports import Clock, Player
from alpr_edge.domain.reads import LateTone, PlateRead, ReadDecided, ReadSettled
from alpr_edge.domain.speech.sentences import WITHDRAWN_SENTENCE, Sentence
from alpr_edge.settings import AlertSettings, HotlistSettings

log = structlog.get_logger(__name__)

LATENCIES_MAX = 1000
SOUNDED_MAX = 1000
QUIET_MAX = 1000
"""Most reads remembered whose alert sounded, and whose alert stayed quiet."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _PlateAlert:
    """An alert of a plate, and when it sounded or was to sound."""

    alert: Alert
    plate: str
    at: Instant


@dataclass(frozen=True, slots=True)
class _LostAlert:
    """An alert whose tone was to sound and never did."""

    read_id: str
    plate: str
    at: Instant


class Announcement(NamedTuple):
    """The result of announcing a read."""

    alert: Alert | None
    """Its alert; None where nothing of it is for the car, or nothing graver than before."""
    sounded_at: Instant | None
    """When the alert sounded; None: it stayed quiet."""
    late_tone: LateTone | None
    """The tone of an earlier read's alert, which stayed quiet for one that this read withdraws."""


@dataclass(frozen=True, slots=True)
class SoundRules:
    """When hits make no tone, and what is said after one; by themselves every tone sounds, alone.

    Faults of the unit sound all the same, as a mute must not hide that hits would not be heard, and withdrawals of what
    sounded: they keep one from a stop.
    """

    is_silent: Callable[[], bool] = lambda: False
    """Whether hits make no tone now."""
    is_muted: Callable[[Level], bool] = lambda _: False
    """Whether an alert of a level makes no tone now."""
    sentence_of: Callable[[Alert], Sentence] = lambda _: ()
    """What is said after the tone of an alert."""


class Alerter:
    """The one source of alerts for all cameras of the vehicle.

    Args:
        player: the sound device.
        clock: the clock that dates alerts.
        alerts: the settings of alerts, such as the cooldown.
        hotlist: the settings that say when a list is old.
        rules: when hits make no tone, and what is said after one.
        estimated_utc: the UTC of a moment whose clock is not confirmed, late rather than early; None: none is known.
    """

    def __init__(
        self,
        player: Player,
        clock: Clock,
        alerts: AlertSettings,
        hotlist: HotlistSettings,
        rules: SoundRules | None = None,
        estimated_utc: Callable[[Instant], datetime | None] = lambda _: None,
    ) -> None:
        self._estimated_utc = estimated_utc
        self._rules = rules or SoundRules()
        self._player = player
        self._clock = clock
        self._cooldown = Cooldown(alerts.cooldown_s * 1000)
        self._hotlist = hotlist
        self._policies = {source.name: source.alert_policy for source in hotlist.source}
        self._quiet_ms = alerts.cooldown_s * 1000
        self._sounded: OrderedDict[str, tuple[_PlateAlert, ...]] = OrderedDict()
        """Alerts that sounded and still hold, by read: the newest two of each, as a graver one may be lost."""
        self._quiet: OrderedDict[str, _PlateAlert] = OrderedDict()
        """Alerts that stayed quiet because their plate had sounded just before, by read."""
        self._lost: deque[_LostAlert] = deque(maxlen=SOUNDED_MAX)
        """Alerts that count as sounded and never did, until the next read is announced."""
        self._lock = Lock()
        self.latencies_ms: deque[float] = deque(maxlen=LATENCIES_MAX)
        """Times from the capture of the deciding frame to the first sample handed over, newest last."""
        self._failure = ""

    @property
    def trouble(self) -> str:
        """Why no tone would sound now; empty when it would."""
        return "" if self._player.up else self._failure or "the sound device is down"

    def announce(
        self, event: ReadDecided | ReadSettled, hits: Sequence[Hit], above: Level | None = None
    ) -> Announcement:
        """Sound the gravest hit of a read, and withdraw what it says no longer holds.

        A covert hit is for the department alone: it neither sounds nor counts here. The time of a tone that waits
        behind another is the one at which it would begin; should it be lost before, as the device is, the stored time
        stays, and the plate sounds with its next read.

        Args:
            event: the read that is decided, or certain now.
            hits: its hits.
            above: the level of its alert before; only a graver one sounds. None: it had none.
        """
        open_hits = [hit for hit in hits if not hit.entry.covert]
        with self._lock:
            self._forget_lost()
            late_tone = None
            if event.withdraws is not None:
                late_tone = self._withdraw(event.withdraws, event.decided_at)
            alert = alert_of(open_hits, lambda hit: self._context_of(hit, event.read))
            if alert is None or (above is not None and alert.level <= above):
                return Announcement(None, None, late_tone)
            sounded_at = self._announce_unless_quiet(alert, event.read.plate, event.decided_at)
            return Announcement(alert, sounded_at, late_tone)

    def level_of(self, hit: Hit) -> Level:
        """How grave a hit is, certain or not: by its list's settings, else by its entry's reason."""
        return self._policies.get(hit.generation.source, PLAIN).level_of(hit)

    def sound(self, tone: Tone, sentence: Sentence = (), on_lost: Callable[[], None] | None = None) -> bool:
        """Sound a tone that belongs to no read (ready, trouble), and what is said after it.

        Args:
            tone: the tone.
            sentence: what is said after it.
            on_lost: called, by any thread, when a tone that waits behind another never sounds after all.

        Returns:
            False when the tone is lost already; a unit that is set to sound nothing loses none.
        """
        with self._lock:
            if self._sound(tone, self._clock.now(), sentence, on_lost) is not None:
                log.info("tone.sounded", tone=tone)
            return not self._failure

    def _context_of(self, hit: Hit, read: PlateRead) -> MatchContext:
        doubtful = not read.certain and hit.generation.entries >= self._hotlist.large_entries
        policy = self._policies.get(hit.generation.source, PLAIN)
        return MatchContext(self._age_of(hit), doubtful, policy, read.camera_id)

    def _age_of(self, hit: Hit) -> ListAge:
        if hit.generation.source == OWN_SOURCE:
            estimate = self._estimated_utc(hit.matched_at)
            likely_utc = None if hit.entry.has_ended(estimate) else estimate
            return own_entry_age(hit.matched_at.trusted_utc or likely_utc)
        return list_age(hit.list_age_s, *self._hotlist.ages_of(hit.generation.source))

    def _withdraw(self, read_id: str, at: Instant) -> LateTone | None:
        """Take back the alert of a read that no longer holds, and the quiet time that followed it.

        The listed car itself may come next, or be in another camera's picture already: its alert stayed quiet because
        the withdrawn read had sounded, or sounded as it is graver. It sounds now, so that what is heard last holds.

        Returns:
            The tone of an alert that had stayed quiet, which is on record as silent; None: none sounded.
        """
        self._quiet.pop(read_id, None)
        sounded = self._sounded.pop(read_id, None)
        if sounded is None:
            return None
        withdrawn = sounded[-1]
        log.info("alert.withdrawn", read=read_id)
        self._sound(Tone.WITHDRAWN, at, WITHDRAWN_SENTENCE)
        self._cooldown.forget(withdrawn.plate)
        others = [*self._quiet.values(), *(sounded[-1] for sounded in self._sounded.values())]
        holding = [each for each in others if each.plate == withdrawn.plate and self._is_recent(each, at)]
        if not holding:
            return None
        alert = max(holding, key=lambda each: each.alert.level).alert
        stayed_quiet = alert.read_id in self._quiet
        sounded_at = self._announce_unless_quiet(alert, withdrawn.plate, at)
        return LateTone(alert, sounded_at) if stayed_quiet and sounded_at is not None else None

    def _announce_unless_quiet(self, alert: Alert, plate: str, at: Instant) -> Instant | None:
        if not self._cooldown.allows(plate, alert.level, at):
            _add(self._quiet, alert.read_id, _PlateAlert(alert, plate, at), QUIET_MAX)
            return None
        sounded_at = self._announce(alert, plate, at)
        if sounded_at is not None:
            for each in [each for each in self._quiet.values() if each.plate == plate]:
                # Reads that stay quiet from here on stay so because of this one.
                if each.alert.read_id == alert.read_id or not self._is_recent(each, at):
                    del self._quiet[each.alert.read_id]
        return sounded_at

    def _is_recent(self, earlier: _PlateAlert, at: Instant) -> bool:
        return earlier.at.boot_id == at.boot_id and at.ms_since(earlier.at) < self._quiet_ms

    def _announce(self, alert: Alert, plate: str, at: Instant) -> Instant | None:
        if reason := self._reason_for_silence(alert):
            self._cooldown.forget(plate)
            log.info("alert.not_sounded", read=alert.read_id, level=alert.level.name, reason=reason)
            return None
        on_lost = partial(self._note_lost, _LostAlert(alert.read_id, plate, at))
        first_sample_ns = self._sound(alert.tone, at, self._rules.sentence_of(alert), on_lost)
        if first_sample_ns is None:
            self._cooldown.forget(plate)
            return None
        latency_ms = (first_sample_ns - at.boottime_ns) / NS_PER_MS
        sounded = *self._sounded.get(alert.read_id, ())[-1:], _PlateAlert(alert, plate, at)
        _add(self._sounded, alert.read_id, sounded, SOUNDED_MAX)
        self.latencies_ms.append(latency_ms)
        log.info("alert.sounded", read=alert.read_id, level=alert.level.name, tone=alert.tone, phrase=alert.phrase)
        return at.shift(latency_ms)

    def _note_lost(self, lost: _LostAlert) -> None:
        """Note that the tone of an alert never sounded; called by the player, perhaps while this waits for it."""
        log.error("alert.lost", read=lost.read_id)
        self._lost.append(lost)

    def _forget_lost(self) -> None:
        """Let the plates of alerts that never sounded sound again, and have nothing withdrawn that nobody heard."""
        while self._lost:
            lost = self._lost.popleft()
            sounded = self._sounded.get(lost.read_id, ())
            heard = tuple(each for each in sounded if each.at != lost.at)
            if heard:
                self._sounded[lost.read_id] = heard
            else:
                self._sounded.pop(lost.read_id, None)
            self._cooldown.forget(lost.plate, lost.at)

    def _reason_for_silence(self, alert: Alert) -> str:
        """Why an alert makes no tone now; empty: it does."""
        if self._rules.is_silent():
            return "nobody is signed in"
        return "muted" if self._rules.is_muted(level_under_mute(alert)) else ""

    def _sound(
        self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None
    ) -> int | None:
        """Play a tone, a sentence after it; returns its first sample's boottime_ns, None when nothing sounds."""
        try:
            first_sample_ns = self._player.play(tone, at, sentence, on_lost)
        except SoundError as error:
            self._failure = str(error)
            log.error("alert.silent", tone=tone, failure=self._failure)
            return None
        self._failure = ""
        return first_sample_ns


def _add(items: OrderedDict[str, T], key: str, value: T, items_max: int) -> None:
    """Add an item, and drop the oldest beyond ``items_max``."""
    items[key] = value
    while len(items) > items_max:
        items.popitem(last=False)
