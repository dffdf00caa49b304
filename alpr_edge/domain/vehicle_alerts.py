"""Which entries a vehicle is heard for, and when: alerts follow what is known now (policy 462.3, 462.4(c), (f)).

The alerts of a vehicle depend on its read as the vote gives it now, on the live lists, on the clock and on what
officers said, and on nothing that was decided before. Whenever one of these changes, the entries that match now are
compared with those that the vehicle was heard for. A difference is a tone: an entry that is new or graver sounds, one
that does not stand any more is withdrawn.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from alpr_edge.domain.alerting import Alert, AlertRecord, LateTone, Level, Silence
from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.hits import Hit, HotlistEntry, MatchKind, Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.matching import Entries, Match, MatchQuery, find_matches, other_texts
from alpr_edge.domain.patterns import PatternSet, is_partial
from alpr_edge.domain.reads import PlateRead

CONSIDERED_MS = 700.0
"""How long the vote of a decided read must consider another text before entries of that text sound: a single poor look
gives every plate some look-alikes."""
REVIEW_MS = 400.0
"""Longest time between two reviews of a vehicle: a list that goes live is heard within a second."""

HeardHit = tuple[Hit, AlertRecord]
"""A stored hit with its alert."""
EntryKey = tuple[str, str, str | None, Reason, str]


def key_of(entry: HotlistEntry) -> EntryKey:
    """Return what an entry is known by in every generation of its list."""
    return entry.source, entry.plate, entry.state, entry.reason, entry.record_id


class Announcement(NamedTuple):
    """What a review brought: hits that are new or surer, and alerts as they stand now where they changed."""

    hits: tuple[Hit, ...] = ()
    alerts: tuple[AlertRecord, ...] = ()


@dataclass(slots=True, eq=False)
class Sounding:
    """A tone that told officers of a vehicle. Entries that it told of stay quiet for a while, for every camera."""

    plate: str
    """Text of the vehicle that it sounded for."""
    at: Instant
    is_certain: bool
    is_void: bool = False
    """Whether it counts as not heard: the vote withdrew it, or the sound device failed before it began."""


@dataclass(slots=True, eq=False)
class KnownHit:
    """A hit of a vehicle, with what officers heard of it."""

    hit: Hit
    record: AlertRecord | None = None
    """None for a covert hit, which is never announced in the car."""
    sounding: Sounding | None = None
    """The tone that told of it, perhaps for another hit or camera; None: it stayed quiet for a reason that may end."""
    level: Level = Level.NOTICE
    """Level as it was told."""
    own_tones: tuple[Sounding, ...] = ()
    """Tones that sounded for this hit itself, but for those that were lost before the next."""

    def note(
        self, alert: Alert, sounding: Sounding | None, sounded_at: Instant | None, silence: Silence | None
    ) -> None:
        """Note that an alert was announced: by its own tone, by that of another hit, or not at all."""
        self.sounding, self.level = sounding, alert.level
        if sounding is not None and sounded_at is not None:
            self.own_tones = (*(tone for tone in self.own_tones if not tone.is_void), sounding)
        if self.record is None:
            self.record = AlertRecord(alert, sounded_at, silence)
        elif sounded_at is not None and self.record.late_tone is None:
            self.record = replace(self.record, late_tone=LateTone(alert, sounded_at))


@dataclass(slots=True, eq=False)
class VehicleAlerts:
    """What one vehicle is heard for."""

    read: PlateRead
    """Its read as it is known now; a person's, once a person said what the plate says."""
    seen_at: Instant
    is_over: bool = False
    """Whether its pass has ended, so that no further look will change the vote."""
    hits: dict[EntryKey, KnownHit] = field(default_factory=dict)
    disowned: set[EntryKey | str] = field(default_factory=set)
    """Entries, and texts of entries, that an officer said this vehicle is not."""
    review_at: Instant | None = None
    """When to compare again although nothing of the vote changes; None: at once."""
    _considered_since: dict[str, Instant] | None = None
    """Since when the vote considers each other text; None before the first review."""

    def is_changed_by(self, read: PlateRead, *, is_over: bool) -> bool:
        """Whether a newer read, or the end of the pass, may change which entries match."""
        return is_over != self.is_over or _signature(read) != _signature(self.read)

    def match(self, entries: Entries, at: Instant) -> dict[EntryKey, Match]:
        """Return the entries that the vehicle is heard for now, and set the time of the next review."""
        matches = dict[EntryKey, Match]()
        unripe = self._note_texts(at)
        for match in find_matches(MatchQuery.of(self.read, at.trusted_utc), entries):
            key = key_of(match.entry)
            is_early = match.kind is MatchKind.CONFUSABLE and match.entry.plate in unripe and key not in self.hits
            if key not in matches and not is_early and not self.is_disowned(key):
                matches[key] = match
        self.review_at = min([at.shift(REVIEW_MS), *unripe.values()], key=lambda each: each.boottime_ns)
        return matches

    def find_fallen(self, entries: Entries, at: Instant) -> Iterator[EntryKey]:
        """Yield the announced entries that do not stand any more: delisted, or of a text that is ruled out."""
        for key, known in self.hits.items():
            if known.record is not None and not self.is_disowned(key) and not self._stands(key, entries, at):
                yield key

    def is_disowned(self, key: EntryKey) -> bool:
        """Whether an officer said that this vehicle is not the one of an entry."""
        return key in self.disowned or key[1] in self.disowned

    def note_answer(self, hit_id: str, answer: str | None) -> list[EntryKey]:
        """Take an officer's answer to what was read; None: it was undone. Return the entries that it disowns."""
        keys = [key for key, known in self.hits.items() if known.hit.hit_id == hit_id]
        for key in keys:
            self.disowned -= {key, key[1]}
            if answer == ReadAnswer.MISREAD:
                self.disowned.add(key[1])
            elif answer in {ReadAnswer.NOT_THIS_VEHICLE, ReadAnswer.WRONG_STATE}:
                self.disowned.add(key)
        return [key for key in keys if self.is_disowned(key)]

    def _stands(self, key: EntryKey, entries: Entries, at: Instant) -> bool:
        """Whether an entry is listed, and its text not ruled out: by a vote that is certain or over, or by a person."""
        read, entry = self.read, self.hits[key].hit.entry
        is_final = self.is_over or read.certain
        if is_partial(entry.plate):
            fits = bool(PatternSet([entry.plate]).matches_of(read.plate, read.clear))
            return (
                any(key_of(one) == key for one, _ in entries.partial(read.plate, read.clear)) if fits else not is_final
            )
        # An entry that ended in view was rightly heard; one that its list dropped was not.
        is_listed = any(key_of(one) == key for one, _ in entries.exact(entry.plate)) or entry.has_ended(at.trusted_utc)
        is_considered = entry.plate in {read.plate, *other_texts(read.plate, read.alternatives)}
        return is_listed and (is_considered or not is_final)

    def _note_texts(self, at: Instant) -> dict[str, Instant]:
        """Note which texts the vote considers; return those that have to be considered for longer, and until when."""
        before, texts = self._considered_since, other_texts(self.read.plate, self.read.alternatives)
        first = at if before is not None else at.shift(-CONSIDERED_MS)
        self._considered_since = {text: (before or {}).get(text, first) for text in texts}
        ripe_at = {text: since.shift(CONSIDERED_MS) for text, since in self._considered_since.items()}
        return {} if self.is_over else {text: ripe for text, ripe in ripe_at.items() if at.ms_since(ripe) < 0}


def plan_alerts(
    wanted: Mapping[EntryKey, Alert],
    heard: Mapping[EntryKey, Level],
    silence_of: Callable[[EntryKey, Alert], Silence | None],
) -> tuple[list[EntryKey], dict[EntryKey, Silence]]:
    """Return the entries to sound, in the order of ``wanted``, and those that are due and stay quiet, with the reason.

    An entry is due if the vehicle was not heard for it, or at a lower level. One tone, that of the first entry, tells
    of all that may sound.
    """
    due = [key for key, alert in wanted.items() if key not in heard or alert.level > heard[key]]
    quiet = {key: reason for key in due if (reason := silence_of(key, wanted[key])) is not None}
    return [key for key in due if key not in quiet], quiet


def _signature(read: PlateRead) -> tuple[object, ...]:
    return read.plate, read.certain, read.state, read.clear, *other_texts(read.plate, read.alternatives)
