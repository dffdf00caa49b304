"""A street in which listed cars pass several cameras, with the reference model of what has to be heard.

The model knows nothing of how the alerter works: it looks at tones and records alone, and asks of each vehicle in view
whether what its read says now was heard, or a record says why not.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.app.pipeline.pipeline import CameraPasses
from alpr_edge.domain.alerting import AlertRecord, Level, Silence, Tone
from alpr_edge.domain.errors import SoundError
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.matching import Listed, MatchQuery, find_matches
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.patterns import PatternSet, is_partial
from alpr_edge.domain.reads import PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from alpr_edge.domain.vehicle_alerts import CONSIDERED_MS, REVIEW_MS, EntryKey, key_of
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.settings import AlertSettings, Settings
from tests.domain.readings import slots_of

COOLDOWN_S = 20.0
GAP_MS = 1500.0
START = datetime(2026, 5, 4, 12, tzinfo=UTC)
PIXELS = np.zeros((72, 128, 3), np.uint8)
PIXELS.setflags(write=False)
TONES_OF_HITS = {Tone.POSSIBLE, Tone.ROUTINE, Tone.HIGH, Tone.URGENT}


class Lists:
    """Entries that change while cars are in view."""

    def __init__(self) -> None:
        self.entries: dict[str, Listed] = {}

    def add(self, plate: str, reason: Reason, size: int, *, covert: bool = False) -> None:
        entry = HotlistEntry("list", plate, plate, None, reason, covert=covert)
        self.entries[plate] = entry, Generation("list", 1, START, START, size)

    def exact(self, plate: str) -> Iterable[Listed]:
        return [self.entries[plate]] if plate in self.entries else []

    def partial(self, plate: str, clear: str | None = None) -> Iterable[Listed]:
        patterns = [text for text in self.entries if is_partial(text)]
        return [self.entries[text] for text in PatternSet(patterns).matches_of(plate, clear)]


class Device:
    """A sound device that notes what it plays, and fails on demand."""

    def __init__(self) -> None:
        self.up = True
        self.played: list[tuple[Tone, int]] = []

    def play(self, tone: Tone, at: Instant, _sentence: object = (), _on_lost: object = None) -> int | None:
        if not self.up:
            raise SoundError("the device is gone")
        self.played.append((tone, at.boottime_ns))
        return at.boottime_ns

    def close(self) -> None:
        """Do nothing."""


@dataclass
class HeardTone:
    """A tone of a hit, by its record."""

    read: PlateRead
    key: EntryKey
    level: Level
    at_ms: float
    is_void: bool = False
    """Whether it was withdrawn, or disowned by a person: its entry may sound again."""


class Street:
    """Two cameras, a sound device and lists, and all that came of them; ``check`` compares with what must hold."""

    def __init__(self) -> None:
        self.ms = 0.0
        self.utc_shift = timedelta(0)
        self.trusted = True
        self.frame_number = 0
        self.silent = self.muted = False
        self.quieted: set[str] = set()
        """Plates of entries that an officer keeps quiet for the shift."""
        self.lists, self.device = Lists(), Device()
        self.updates: list[ReadUpdate] = []
        self.hits: dict[str, Hit] = {}
        self.records: dict[str, AlertRecord] = {}
        self.plates_at: dict[str, PlateRead] = {}
        self.tones: list[HeardTone] = []
        self.disowned: defaultdict[str, set[str]] = defaultdict(set)
        self.corrected: set[str] = set()
        self.condition_since: dict[str, float] = {}
        self.wanted_since: dict[tuple[str, EntryKey], float] = {}
        self._ids = itertools.count(1)
        self.start()

    def start(self) -> None:
        """Start the unit, or start it again: nothing but what was stored remains."""
        settings = Settings(alerts=AlertSettings(cooldown_s=COOLDOWN_S))
        rules = SoundRules(
            lambda: self.silent,
            lambda level: self.muted and level < Level.URGENT,
            lambda key, level: key[1] in self.quieted and level < Level.URGENT,
        )
        self.alerter = Alerter(self.device, self, settings, lambda: self.lists, rules)
        self.records_channel: BoundedChannel[ReadUpdate] = BoundedChannel(10_000)
        rule = DecisionRule(5, 700, 0.2, 3)
        self.passes = {
            name: Passes(
                Origin("unit", name, ()),
                rule,
                GAP_MS,
                lambda _: None,
                lambda: f"read-{next(self._ids)}",
                PassParts(hides=self.alerter.hides),
            )
            for name in ("front", "rear")
        }
        self.cameras = {name: CameraPasses(p, self.alerter, self.records_channel) for name, p in self.passes.items()}

    def now(self) -> Instant:
        """The present, whose UTC may be stepped, and trusted or not."""
        source = UtcSource.GNSS if self.trusted else UtcSource.RTC
        return Instant("boot", round(self.ms * 1e6), START + self.utc_shift + timedelta(milliseconds=self.ms), source)

    def show(self, looks: Iterable[tuple[str, int, str, float]], gap_ms: float) -> None:
        """Show the next frame to both cameras: (camera, place of the car, text that is read, how clearly)."""
        self.ms += gap_ms
        self.frame_number += 1
        seen: dict[str, list[Reading]] = {name: [] for name in self.cameras}
        for camera, place, text, certainty in looks:
            seen[camera].append(
                Reading(
                    frame_number=self.frame_number,
                    captured_at=self.now(),
                    box=Box(place * 40.0, 10, place * 40.0 + 20, 20),
                    detection_confidence=0.9,
                    slot_probabilities=slots_of(text, certainty),
                    sharpness=100.0,
                )
            )
        for name, camera_passes in self.cameras.items():
            camera_passes.process(Frame(name, self.frame_number, self.now(), PIXELS), seen[name])
        self._take(self.alerter.review(self.now()))
        self.check()

    def restart(self) -> None:
        """Stop in the middle of everything, and start again."""
        for camera_passes in self.cameras.values():
            camera_passes.finish(by_clock=False)
        self._take([])
        self.start()
        self.wanted_since.clear()
        self.tones.clear()

    def finish(self) -> None:
        """End all passes, and check that each read has ended once."""
        self.restart()
        stages: defaultdict[str, list[ReadStage]] = defaultdict(list)
        for update in self.updates:
            stages[update.read.read_id].append(update.stage)
        for read_id, seen in stages.items():
            ends = [place for place, stage in enumerate(seen) if stage is ReadStage.CLOSED]
            assert len(ends) == 1, f"{read_id} has {len(ends)} ends"
            if read_id.startswith("read-"):
                assert [stage for stage in seen if stage is ReadStage.DECIDED] == seen[:1], seen
        assert all(update.read.supersedes is None or update.read.corrected_by for update in self.updates)

    def answer(self, hit_id: str, answer: str | None) -> None:
        """An officer says what was read of a hit, or undoes it."""
        hit = self.hits[hit_id]
        if hit.read_id in self.corrected:
            return
        self.disowned[hit.read_id].discard(hit.entry.plate)
        if answer is not None:
            self.disowned[hit.read_id].add(hit.entry.plate)
            self._void(key_of(hit.entry))
        self.alerter.note_answer(hit.read_id, hit_id, answer)

    def correct(self, read_id: str, text: str) -> None:
        """An officer says what the plate of a read says."""
        misread = self.plates_at[read_id]
        if read_id in self.corrected or misread.plate == text or misread.corrected_by:
            return
        person_id = f"person-{next(self._ids)}"
        read = corrected_read(misread, Correction("", read_id, text, None), person_id, "officer")
        standing = [(h, self.records[h.hit_id]) for h in self.hits.values() if h.hit_id in self.records]
        heard = [(h, r) for h, r in standing if h.read_id == read_id and r.withdrawn_at is None]
        self.corrected.add(read_id)
        for hit, _ in heard:
            self._void(key_of(hit.entry))
        hits, alerts = self.alerter.correct(misread, heard, read, self.now())
        for hit, record in heard:
            self.records[hit.hit_id] = replace(record, withdrawn_at=self.now())
        self._take([ReadUpdate(ReadStage.CLOSED, read, self.now(), hits=hits, alerts=alerts)])

    def _take(self, more: Iterable[ReadUpdate]) -> None:
        updates = [self.records_channel.get(0) for _ in range(len(self.records_channel))]
        for update in [*(each for each in updates if each is not None), *more]:
            self.updates.append(update)
            self.plates_at[update.read.read_id] = update.read
            self.hits |= {hit.hit_id: hit for hit in update.hits}
            for record in update.alerts:
                self._note_tones(update.read, record)
                self.records[record.alert.hit_id] = record

    def _note_tones(self, read: PlateRead, record: AlertRecord) -> None:
        before = self.records.get(record.alert.hit_id)
        hit = self.hits[record.alert.hit_id]
        key = key_of(hit.entry)
        if record.sounded_at is not None and before is None:
            self._note_tone(HeardTone(read, key, record.alert.level, self.ms))
        if record.late_tone is not None and (before is None or before.late_tone is None):
            self._note_tone(HeardTone(read, key, record.late_tone.alert.level, self.ms))
        if record.withdrawn_at is not None:
            self._void(key)

    def _void(self, key: EntryKey) -> None:
        for tone in self.tones:
            tone.is_void |= tone.key == key

    def _note_tone(self, tone: HeardTone) -> None:
        """Properties 3 and 4: nothing sounds twice within the cooldown, nor what a person disowned."""
        read_id, entry_plate = tone.read.read_id, tone.key[1]
        assert entry_plate not in self.disowned[read_id], f"{entry_plate} sounded for {read_id} after it was disowned"
        is_quiet = entry_plate in self.quieted and tone.level < Level.URGENT
        assert not is_quiet, f"{entry_plate} sounded although it is quiet for the shift"
        assert read_id not in self.corrected, f"{read_id} sounded after a person corrected it"
        for before in self.tones:
            is_same = before.key == tone.key and before.read.plate == tone.read.plate and not before.is_void
            is_recent = tone.at_ms - before.at_ms < COOLDOWN_S * 1000
            assert not (is_same and is_recent and tone.level <= before.level), f"{entry_plate} sounded twice"
        self.tones.append(tone)

    def change_condition(self, name: str) -> None:
        """Note that nobody is signed in, a mute holds or the device is gone, or that this is over."""
        self.condition_since[name] = self.ms

    def check(self) -> None:
        """Properties 1, 2 and 5, for every vehicle that has a read."""
        self._take([])
        in_view = [one for passes in self.passes.values() for one in passes.with_reads()]
        for one in in_view:
            read = one.known_read()
            if read.read_id not in self.corrected:
                self._check_heard(read)
                self._check_withdrawn(read, is_final=one.is_over or read.certain)
        known = {one.known_read().read_id for one in in_view}
        self.wanted_since = {each: since for each, since in self.wanted_since.items() if each[0] in known}

    def _check_heard(self, read: PlateRead) -> None:
        query = MatchQuery.of(read, self.now().trusted_utc)
        wanted = {key_of(match.entry): match for match in find_matches(query, self.lists)}
        for pair in [each for each in self.wanted_since if each[0] == read.read_id and each[1] not in wanted]:
            del self.wanted_since[pair]
        for key, match in wanted.items():
            since = self.wanted_since.setdefault((read.read_id, key), self.ms)
            grace_ms = REVIEW_MS + (0.0 if match.kind is not MatchKind.CONFUSABLE else CONSIDERED_MS)
            if self.ms - since <= grace_ms or key[1] in self.disowned[read.read_id]:
                continue
            hits = [hit for hit in self.hits.values() if hit.read_id == read.read_id and key_of(hit.entry) == key]
            assert hits, f"no hit of {read.read_id} for {key[1]} since {self.ms - since} ms"
            if not match.entry.covert:
                self._check_record(self.records[hits[-1].hit_id])

    def _check_record(self, record: AlertRecord) -> None:
        """A tone has sounded, of this hit or of a graver one since, or the record says why not, which still holds."""
        if record.was_heard or record.silence in {Silence.COOLDOWN, Silence.OTHER_HIT}:
            return
        key = key_of(self.hits[record.alert.hit_id].entry)
        reasons = {
            Silence.MUTED: self.muted,
            Silence.QUIETED: key[1] in self.quieted,
            Silence.SIGNED_OUT: self.silent,
            Silence.NO_DEVICE: not self.device.up,
        }
        assert record.silence is not None, "neither a tone nor a reason"
        changed_ms = max(self.condition_since.values(), default=0.0)
        plate = self.plates_at[record.alert.read_id].plate
        told = any(
            (tone.key == key and self.ms - tone.at_ms < COOLDOWN_S * 1000)
            or (tone.read.plate == plate and tone.level >= record.alert.level)
            for tone in self.tones
        )
        holds = told or any(reasons.values())
        assert holds or self.ms - changed_ms <= 2 * REVIEW_MS + 2000, f"silent by {record.silence}, which is over"

    def _check_withdrawn(self, read: PlateRead, *, is_final: bool) -> None:
        texts = {read.plate, *(other.plate for other in read.alternatives if other.confidence >= 0.01)}
        for hit in self.hits.values():
            record = self.records.get(hit.hit_id)
            if hit.read_id != read.read_id or record is None or record.withdrawn_at is not None:
                continue
            plate = hit.entry.plate
            if plate in self.disowned[read.read_id] or is_partial(plate):
                continue
            stands = plate in self.lists.entries and (plate in texts or not is_final)
            last_ms = max(hit.matched_at.boottime_ns / 1e6, self.changed_ms)
            assert stands or self.ms - last_ms <= REVIEW_MS + 2000, f"{plate} was not withdrawn from {read.read_id}"

    changed_ms = 0.0
    """When a list or a text changed last."""
