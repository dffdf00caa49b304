"""Announces what the vehicles in view are listed for: sounds tones and keeps quiet by one rule for all cameras.

The rule itself, without sound device and lists, is :mod:`alpr_edge.domain.vehicle_alerts`. Nothing here waits for the
disk.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from threading import Lock

import structlog

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.domain.alerting import (
    PLAIN,
    Alert,
    AlertRecord,
    Level,
    ListAge,
    MatchContext,
    Silence,
    Tone,
    alert_of,
    gravity_of,
)
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.hits import OWN_SOURCE, Hit, MatchKind
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.list_ages import list_age, own_entry_age
from alpr_edge.domain.matching import Entries, Match, MatchQuery, find_matches
from alpr_edge.domain.page_requests.mute import level_under_mute
from alpr_edge.domain.ports import Clock, Player
from alpr_edge.domain.reads import PlateRead, ReadStage, ReadUpdate, clear_characters
from alpr_edge.domain.recognition.voting import Vote
from alpr_edge.domain.speech.sentences import WITHDRAWN_SENTENCE, Sentence
from alpr_edge.domain.vehicle_alerts import (
    Announcement,
    EntryKey,
    HeardHit,
    KnownHit,
    Sounding,
    VehicleAlerts,
    key_of,
    plan_alerts,
)
from alpr_edge.settings import Settings

log = structlog.get_logger(__name__)

LATENCIES_MAX = 1000
VEHICLES_MAX = 512
"""Most vehicles that are followed; the one seen longest ago is forgotten first."""
SOUNDINGS_MAX = 4096
"""Most entries of which is remembered when they sounded last."""
FOLLOWED_MS_MIN = 30_000.0
"""Least time for which a vehicle that is out of view is followed; else as long as an entry stays quiet."""
_KINDS = (MatchKind.PARTIAL, MatchKind.CONFUSABLE, MatchKind.EXACT)


@dataclass(frozen=True, slots=True)
class SoundRules:
    """When hits make no tone, and what is said after one; by themselves every tone sounds, alone.

    Faults of the unit sound all the same, as a mute must not hide that hits would not be heard, and withdrawals of what
    sounded: they keep an officer from a stop.
    """

    is_silent: Callable[[], bool] = lambda: False
    """Whether hits make no tone now."""
    is_muted: Callable[[Level], bool] = lambda _: False
    """Whether an alert of a level makes no tone now."""
    is_quieted: Callable[[EntryKey, Level], bool] = lambda *_: False
    """Whether an officer keeps alerts of an entry and level quiet."""
    sentence_of: Callable[[Alert], Sentence] = lambda _: ()
    """What is said after the tone of an alert."""
    estimated_utc: Callable[[Instant], datetime | None] = lambda _: None
    """The UTC of a moment whose clock is not confirmed, late rather than early; None: none is known."""


class Alerter:
    """The one source of alerts for all cameras of the vehicle."""

    def __init__(
        self,
        player: Player,
        clock: Clock,
        settings: Settings,
        entries: Callable[[], Entries],
        rules: SoundRules | None = None,
    ) -> None:
        self._player = player
        self._clock = clock
        self._hotlist = settings.hotlist
        self._entries = entries
        self._unit_id = settings.unit.id
        self._rules = rules or SoundRules()
        self._policies = {source.name: source.alert_policy for source in self._hotlist.source}
        self._quiet_ms = settings.alerts.cooldown_s * 1000
        self._vehicles: OrderedDict[str, VehicleAlerts] = OrderedDict()
        """By the id of their read, and of the read that a person made of it; seen longest ago first."""
        self._soundings: OrderedDict[tuple[EntryKey, str], tuple[Sounding, Level]] = OrderedDict()
        """The newest tone that told of each entry for each plate text, and the level at which it did."""
        self._lock = Lock()
        self.latencies_ms: deque[float] = deque(maxlen=LATENCIES_MAX)
        """Times from the capture of the deciding frame to the first sample handed over, newest last."""
        self._failure = ""

    @property
    def trouble(self) -> str:
        """Why no tone would sound now; empty when it would."""
        return "" if self._player.up else self._failure or "the sound device is down"

    def follow(self, read: PlateRead, at: Instant, *, is_over: bool = False) -> Announcement:
        """Announce what changed for a vehicle, by its read as it is known now."""
        with self._lock:
            vehicle = self._vehicles.setdefault(read.read_id, VehicleAlerts(read, at))
            self._vehicles.move_to_end(read.read_id)
            vehicle.seen_at = at
            if vehicle.read.read_id != read.read_id:  # a person said what the plate says: see review
                return Announcement()
            if vehicle.is_changed_by(read, is_over=is_over):
                vehicle.review_at = None
            vehicle.read, vehicle.is_over = read, is_over
            return self._review_if_due(vehicle, at)

    def review(self, at: Instant | None = None) -> list[ReadUpdate]:
        """Announce what changed for vehicles of which no frame tells any more; forget those gone for long.

        Args:
            at: the moment of the newest frame; None: the present.
        """
        at = at or self._clock.now()
        with self._lock:
            followed_ms = max(self._quiet_ms, FOLLOWED_MS_MIN)
            for read_id, vehicle in list(self._vehicles.items()):
                if at.ms_since(vehicle.seen_at) > followed_ms or len(self._vehicles) > VEHICLES_MAX:
                    del self._vehicles[read_id]
            reviewed = [(vehicle.read, self._review_if_due(vehicle, at)) for vehicle in self._vehicles.values()]
        return [
            ReadUpdate(ReadStage.AMENDED, read, at, hits=hits, alerts=alerts, is_hit=True)
            for read, (hits, alerts) in reviewed
            if hits or alerts
        ]

    def correct(self, misread: PlateRead, heard: Sequence[HeardHit], read: PlateRead, at: Instant) -> Announcement:
        """Announce the read that a person made of a misread one: what the person says is final for this vehicle."""
        with self._lock:
            vehicle = self._vehicles.get(misread.read_id) or VehicleAlerts(misread, at)
            told = {key_of(hit.entry): record for hit, record in heard}
            told |= {key: known.record for key, known in vehicle.hits.items() if known.record is not None}
            vehicle.read, vehicle.is_over, vehicle.hits, vehicle.disowned = read, True, {}, set()
            self._vehicles[misread.read_id] = self._vehicles[read.read_id] = vehicle
            fallen = [key for key in told if key not in vehicle.match(self._entries(), at)]
            self._let_sound_again(fallen)
            if any(told[key].was_heard for key in fallen):
                self._sound(Tone.WITHDRAWN, at, WITHDRAWN_SENTENCE)
            vehicle.review_at = None
            return self._review_if_due(vehicle, at)

    def note_answer(self, read_id: str, hit_id: str, answer: str | None) -> None:
        """Take an officer's answer to what was read of a hit; None: it was undone."""
        with self._lock:
            if vehicle := self._vehicles.get(read_id):
                self._let_sound_again(vehicle.note_answer(hit_id, answer))

    def is_hit(self, read_id: str) -> bool:
        """Whether a read that is followed has hits, covert ones included."""
        vehicle = self._vehicles.get(read_id)
        return vehicle is not None and bool(vehicle.hits)

    def hides(self, read_id: str | None, earlier: Vote, later: Vote, joint: Vote) -> bool:
        """Whether two passes as one would hide an entry; see :class:`~alpr_edge.domain.recognition.passes.Hides`.

        A vehicle that an officer disowned stays quiet when it is seen again, unless it is read more surely than before.
        """
        vehicle = self._vehicles.get(read_id or "")
        before, alone, after = (self._levels_of(one) for one in (earlier, later, joint))
        if vehicle is not None and (vehicle.disowned or vehicle.read.read_id != read_id):
            return any(before.get(key, 0) < level for key, level in alone.items())
        return any(after.get(key, 0) < level for key, level in (*before.items(), *alone.items()))

    def is_partly_listed(self, result: Vote) -> bool:
        """Whether the clear characters of a plate that may hide others fit a partial plate on the live lists."""
        clear = clear_characters(result.slot_votes)
        return clear is not None and any(True for _ in self._entries().partial(result.plate, clear))

    def sound(self, tone: Tone, sentence: Sentence = (), on_lost: Callable[[], None] | None = None) -> bool:
        """Sound a tone that belongs to no read (ready, trouble), and what is said after it.

        Args:
            on_lost: called, by any thread, when a tone that waits behind another never sounds after all.

        Returns:
            False when the tone is lost already; a unit that is set to sound nothing loses none.
        """
        with self._lock:
            if self._sound(tone, self._clock.now(), sentence, on_lost) is not None:
                log.info("tone.sounded", tone=tone)
            return not self._failure

    def _review_if_due(self, vehicle: VehicleAlerts, at: Instant) -> Announcement:
        if vehicle.review_at is not None and at.boottime_ns < vehicle.review_at.boottime_ns:
            return Announcement()
        entries, before = self._entries(), {key: known.record for key, known in vehicle.hits.items()}
        matches = vehicle.match(entries, at)
        withdrawn = self._withdraw(vehicle, list(vehicle.find_fallen(entries, at)), at)
        hits, candidates = [], []
        for key, match in matches.items():
            known = vehicle.hits.get(key)
            hit = self._hit_of(new_id(self._unit_id) if known is None else known.hit.hit_id, vehicle.read, match, at)
            if known is None or _KINDS.index(hit.kind) > _KINDS.index(known.hit.kind):
                vehicle.hits[key] = replace(known or KnownHit(hit), hit=hit)
                hits.append(hit)
            if not hit.entry.covert:
                context = self._context_of(hit, vehicle.read)
                candidates.append((gravity_of(hit, context), key, alert_of(hit, context)))
        candidates.sort(key=lambda candidate: candidate[0], reverse=True)
        self._announce(vehicle, {key: alert for _, key, alert in candidates}, at)
        changed = (known.record for key, known in vehicle.hits.items() if known.record is not before.get(key))
        return Announcement(tuple(hits), (*withdrawn, *(record for record in changed if record is not None)))

    def _announce(self, vehicle: VehicleAlerts, wanted: Mapping[EntryKey, Alert], at: Instant) -> None:
        """Sound what is due by one tone, and note why the rest stays quiet."""
        told = ((key, known) for key, known in vehicle.hits.items() if known.sounding and not known.sounding.is_void)
        heard = {key: known.level for key, known in told}
        loud, quiet = plan_alerts(wanted, heard, partial(self._silence_of, vehicle, at))
        sounding = Sounding(vehicle.read.plate, at, vehicle.read.certain)
        sounded_at = self._play(wanted[loud[0]], sounding, at) if loud else None
        if sounded_at is None:
            quiet, loud = quiet | dict.fromkeys(loud, Silence.NO_DEVICE), []
        for key in loud:
            is_first = key == loud[0]
            silence = None if is_first else Silence.OTHER_HIT
            vehicle.hits[key].note(wanted[key], sounding, sounded_at if is_first else None, silence)
            self._soundings[key, sounding.plate] = sounding, wanted[key].level
            self._soundings.move_to_end((key, sounding.plate))
        for key, silence in quiet.items():
            if vehicle.hits[key].record is None:
                log.info("alert.not_sounded", read=vehicle.read.read_id, level=wanted[key].level.name, reason=silence)
            vehicle.hits[key].note(wanted[key], self._told_before(vehicle, at, key, wanted[key]), None, silence)
        while len(self._soundings) > SOUNDINGS_MAX:
            self._soundings.popitem(last=False)

    def _silence_of(self, vehicle: VehicleAlerts, at: Instant, key: EntryKey, alert: Alert) -> Silence | None:
        """Return why an alert makes no tone now; None: it does."""
        if self._told_before(vehicle, at, key, alert) is not None:
            return Silence.COOLDOWN
        if self._rules.is_silent():
            return Silence.SIGNED_OUT
        level = level_under_mute(alert)
        if self._rules.is_quieted(key, level):
            return Silence.QUIETED
        return Silence.MUTED if self._rules.is_muted(level) else None

    def _told_before(self, vehicle: VehicleAlerts, at: Instant, key: EntryKey, alert: Alert) -> Sounding | None:
        """Return the recent tone that told of an entry, as gravely, for the same text or with certainty.

        A possible hit of another text is another vehicle's: it sounds.
        """
        for plate in (vehicle.read.plate, key[1]):
            sounding, level = self._soundings.get((key, plate), (None, Level.NOTICE))
            if sounding is None or sounding.is_void or alert.level > level or sounding.at.boot_id != at.boot_id:
                continue
            # Frames of two cameras come in any order, so the other tone may be the later one.
            is_recent = abs(at.ms_since(sounding.at)) < self._quiet_ms
            if is_recent and (sounding.is_certain or plate == vehicle.read.plate):
                return sounding
        return None

    def _let_sound_again(self, keys: Iterable[EntryKey]) -> None:
        """Let entries that a person disowned for one vehicle sound for another; a camera that shows it stays quiet."""
        disowned = set(keys)
        for each in [each for each in self._soundings if each[0] in disowned]:
            del self._soundings[each]

    def _withdraw(self, vehicle: VehicleAlerts, keys: Sequence[EntryKey], at: Instant) -> list[AlertRecord]:
        """Withdraw alerts that do not stand any more; what was quiet because of them sounds with its next review.

        So do those of other cameras for the same entries. Nothing is heard of an alert that had no tone of its own.
        """
        known = {key: vehicle.hits.pop(key) for key in keys}
        own = {key: each.own_tones for key, each in known.items() if each.own_tones}
        if not all(tone.is_void for tones in own.values() for tone in tones):
            log.info("alert.withdrawn", read=vehicle.read.read_id)
            self._sound(Tone.WITHDRAWN, at, WITHDRAWN_SENTENCE)
        for key, tones in own.items():
            for tone in tones:
                tone.is_void = True
            for told in [each for each in self._soundings if each[0] == key]:
                del self._soundings[told]
            # Only this entry: a tone of another vehicle may have told of others as well, which stay told.
            for other in self._vehicles.values():
                if key in other.hits:
                    other.hits[key].sounding = None
        if own:
            for other in self._vehicles.values():
                other.review_at = None
        return [replace(each.record, withdrawn_at=at) for each in known.values() if each.record is not None]

    def _hit_of(self, hit_id: str, read: PlateRead, match: Match, at: Instant) -> Hit:
        age, policy = match.generation.age(at.trusted_utc), self._policies.get(match.generation.source, PLAIN)
        age_s = None if age is None else age.total_seconds()
        level = int(policy.level_of(match.entry.reason))
        entry, generation = match.entry, match.generation
        return Hit(hit_id, read.read_id, entry, generation, age_s, match.kind, match.state_match, at, level)

    def _context_of(self, hit: Hit, read: PlateRead) -> MatchContext:
        # A text that the vote changed to without being sure of it is never heard in full, however small the list.
        is_large = hit.generation.entries >= self._hotlist.large_entries
        doubtful = not read.certain and (is_large or bool(read.earlier_texts))
        policy = self._policies.get(hit.generation.source, PLAIN)
        return MatchContext(self._age_of(hit), doubtful, policy, read.camera_id)

    def _age_of(self, hit: Hit) -> ListAge:
        if hit.generation.source == OWN_SOURCE:
            estimate = self._rules.estimated_utc(hit.matched_at)
            likely_utc = None if hit.entry.has_ended(estimate) else estimate
            return own_entry_age(hit.matched_at.trusted_utc or likely_utc)
        return list_age(hit.list_age_s, *self._hotlist.ages_of(hit.generation.source))

    def _levels_of(self, result: Vote) -> dict[EntryKey, int]:
        """Return how each entry of a vote's texts would be heard, at any moment and place: 1 possible, 2 certain."""
        levels: dict[EntryKey, int] = {}
        for match in find_matches(MatchQuery(result.plate, alternatives=result.alternatives), self._entries()):
            is_sure = result.certain or match.generation.entries < self._hotlist.large_entries
            levels.setdefault(key_of(match.entry), 2 if match.kind is MatchKind.EXACT and is_sure else 1)
        return levels

    def _play(self, alert: Alert, sounding: Sounding, at: Instant) -> Instant | None:
        """Play the tone of an alert; returns when its first sample is handed over, None when nothing sounds."""

        def note_lost() -> None:
            log.error("alert.lost", read=alert.read_id)
            sounding.is_void = True

        first_sample_ns = self._sound(alert.tone, at, self._rules.sentence_of(alert), note_lost)
        if first_sample_ns is None:
            return None
        latency_ms = (first_sample_ns - at.boottime_ns) / NS_PER_MS
        self.latencies_ms.append(latency_ms)
        log.info("alert.sounded", read=alert.read_id, level=alert.level.name, tone=alert.tone, phrase=alert.phrase)
        return at.shift(latency_ms)

    def _sound(
        self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None
    ) -> int | None:
        """Play a tone, a sentence after it; returns its first sample's boottime_ns, None when nothing sounds."""
        try:
            first_sample_ns = self._player.play(tone, at, sentence, on_lost)
        except SoundError as error:
            if str(error) != self._failure:
                log.error("alert.silent", tone=tone, failure=str(error))
            self._failure = str(error)
            return None
        self._failure = ""
        return first_sample_ns
