"""What to sound for a hit, what that means, and when to stay quiet.

A fuzzy hit must never sound like an exact one, and a hit in another state or from a stale list says so
(FIELD: *Green v. San Francisco*, the Aurora stop). Every phrase ends in verification: an alert alone is no
ground for action (policy 462.4(f)). Phrases hold no plate text: they are stored and logged. What is said aloud is
:mod:`alpr_edge.domain.speech.sentences`; the page has words of its own.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from alpr_edge.domain.hits import OWN_SOURCE, Hit, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant


class Level(IntEnum):
    """How grave a hit is; a larger value is graver."""

    NOTICE = 1
    ROUTINE = 2
    HIGH = 3
    URGENT = 4


class Tone(StrEnum):
    """A sound with a meaning; :mod:`alpr_edge.alerts.tones` says how each is made."""

    URGENT = "urgent"
    HIGH = "high"
    ROUTINE = "routine"
    POSSIBLE = "possible"
    """A hit that is not exact, or whose state differs: compare before anything else."""
    WITHDRAWN = "withdrawn"
    """The alert sounded before no longer holds."""
    TROUBLE = "trouble"
    """Reading, storing or sounding failed: silence must never mean "no hits"."""
    STALE = "stale"
    """The unit works, but something it relies on is old or missing: a list, the receiver, the time."""
    DISK = "disk"
    """The disk is full, or nearly full with data that may not be deleted."""
    DAMAGED = "damaged"
    """The database was damaged and set aside: the unit keeps reading plates, and the old data waits to be
    salvaged."""
    READY = "ready"
    """The unit reads, stores, matches and sounds."""
    SHUTTING_DOWN = "parting"
    """The ignition is off: the unit stops reading plates, sends what it holds, and powers off."""


TONES_BY_URGENCY = (
    Tone.READY,
    Tone.SHUTTING_DOWN,
    Tone.STALE,
    Tone.DISK,
    Tone.DAMAGED,
    Tone.TROUBLE,
    Tone.POSSIBLE,
    Tone.ROUTINE,
    Tone.HIGH,
    Tone.WITHDRAWN,
    Tone.URGENT,
)
"""All tones, the least urgent first."""
TONES_OF_HITS = TONES_BY_URGENCY[TONES_BY_URGENCY.index(Tone.POSSIBLE) :]
"""Tones of hits and their withdrawals; the others tell of the unit itself."""


def urgency_of(tone: Tone) -> int:
    """Rank of a tone among all tones; a larger one is more urgent."""
    return TONES_BY_URGENCY.index(tone)


class ListAge(StrEnum):
    """How far a list can be trusted by its age."""

    FRESH = "fresh"
    AMBER = "amber"
    RED = "red"


_LEVELS: dict[Reason, Level] = {
    Reason.AMBER_ALERT: Level.URGENT,
    Reason.FELONY_VEHICLE: Level.URGENT,
    Reason.VIOLENT_PERSON: Level.URGENT,
    Reason.TERRORIST_SCREENING: Level.URGENT,
    Reason.MAJOR_CRIME: Level.URGENT,
    Reason.WANTED_PERSON: Level.HIGH,
    Reason.STOLEN_VEHICLE: Level.HIGH,
    Reason.STOLEN_PLATE: Level.HIGH,
    Reason.MISSING_PERSON: Level.HIGH,
    Reason.PROTECTION_ORDER: Level.HIGH,
}
_TONES = {Level.URGENT: Tone.URGENT, Level.HIGH: Tone.HIGH, Level.ROUTINE: Tone.ROUTINE, Level.NOTICE: Tone.POSSIBLE}


class Sureness(StrEnum):
    """How far a hit can be trusted, by what weighs most against it."""

    CERTAIN = "certain"
    STATE_UNKNOWN = "state_unknown"
    """Certain as to the text; the plate's state was not read."""
    PERHAPS_ENDED = "perhaps_ended"
    """An officer's own entry while no clock says whether it has ended."""
    OLD_LIST = "old_list"
    OTHER_STATE = "other_state"
    DOUBTFUL = "doubtful"
    """The text was not read with certainty."""
    CONFUSABLE = "confusable"
    PARTIAL = "partial"


CERTAIN = frozenset({Sureness.CERTAIN, Sureness.STATE_UNKNOWN})
"""Of hits that sound as their level."""


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """What a sentence says of an alert's hit beside its level."""

    reason: Reason
    source: str
    """The list, by whose permission it is decided who may hear the reason."""
    sureness: Sureness
    camera_id: str


@dataclass(frozen=True, slots=True)
class Alert:
    """What an officer hears and sees of a hit."""

    hit_id: str
    read_id: str
    level: Level
    tone: Tone
    phrase: str
    """One sentence without plate text."""
    list_age: ListAge
    detail: AlertDetail | None = field(default=None, compare=False)
    """Not stored: it is used when the alert sounds. None: of an alert that was stored."""


class Silence(StrEnum):
    """Why an alert made no tone of its own."""

    OTHER_HIT = "other_hit"
    """The tone of a graver hit of the same vehicle told of it."""
    COOLDOWN = "cooldown"
    """The entry sounded just before, perhaps for another camera."""
    MUTED = "muted"
    QUIETED = "quieted"
    """An officer keeps the entry quiet for their shift."""
    SIGNED_OUT = "signed_out"
    """No officer is signed in."""
    NO_DEVICE = "no_device"
    """The sound device is down."""


@dataclass(frozen=True, slots=True)
class LateTone:
    """A tone that sounds after the record of its alert is made: it was silent before, or is graver now."""

    alert: Alert
    """The alert as it sounds."""
    sounded_at: Instant
    """When its first sample was handed over."""


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as it is kept: when it sounded or why it did not, and when it was withdrawn."""

    alert: Alert
    sounded_at: Instant | None = None
    """First sample of its tone; None: it stayed quiet, at least at first."""
    silence: Silence | None = None
    """Why it stayed quiet at first; None: it sounded, or a release before stored it."""
    withdrawn_at: Instant | None = None
    """When the vote, the lists or a person took it back."""
    late_tone: LateTone | None = None

    @property
    def was_heard(self) -> bool:
        """Whether a tone of its own sounded."""
        return self.sounded_at is not None or self.late_tone is not None


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """The level and the tone of a list's hits, where its settings name them."""

    level: Level | None = None
    """Level of every hit; None: that of each entry's reason."""
    tone: Tone | None = None
    """Tone of a certain hit; None: that of the level."""

    def level_of(self, reason: Reason) -> Level:
        """Level of a hit of a reason under this policy."""
        return self.level or level_of(reason)


PLAIN = AlertPolicy()


def level_of(reason: Reason) -> Level:
    """Level of a reason; a reason that is not listed is routine."""
    return _LEVELS.get(reason, Level.ROUTINE)


def stored_level(level: int | None, reason: Reason) -> Level:
    """Level of a stored hit: the one that it was stored with; a hit of a release before has that of its reason."""
    return level_of(reason) if level is None else Level(level)


def level_of_hit(hit: Hit) -> Level:
    """Level of a hit wherever it is shown: on its card, in the row, where it is withheld, in lists of reads."""
    return stored_level(hit.level, hit.entry.reason)


@dataclass(frozen=True, slots=True)
class MatchContext:
    """What decides how a hit sounds, beside the hit itself."""

    age: ListAge = ListAge.FRESH
    """How far its list can be trusted by its age."""
    doubtful: bool = False
    """Whether the read is not certain, and the list so large that a misread is too often on it."""
    policy: AlertPolicy = PLAIN
    """The level and tone that the settings of its list name."""
    camera_id: str = ""
    """The camera that read the plate."""


def is_certain(hit: Hit, context: MatchContext) -> bool:
    """Whether the text is exact and not doubtful, the state does not differ, and list or entry still count."""
    return sureness_of(hit, context) in CERTAIN


def tone_of(hit: Hit, context: MatchContext) -> Tone:
    """The hit's tone: that of its level only when the hit is certain."""
    full = context.policy.tone or _TONES[context.policy.level_of(hit.entry.reason)]
    return full if is_certain(hit, context) else Tone.POSSIBLE


def alert_of(hit: Hit, context: MatchContext) -> Alert:
    """Return what an officer hears and sees of a hit.

    A possible hit is a notice, whatever its reason: a certain one that follows within the cooldown is graver and
    sounds in spite of it.
    """
    level = context.policy.level_of(hit.entry.reason) if is_certain(hit, context) else Level.NOTICE
    detail = AlertDetail(hit.entry.reason, hit.generation.source, sureness_of(hit, context), context.camera_id)
    return Alert(hit.hit_id, hit.read_id, level, tone_of(hit, context), phrase_of(hit, context), context.age, detail)


def gravity_of(hit: Hit, context: MatchContext) -> tuple[bool, bool, int, Level]:
    """Return the rank of a hit: certain ones first and by reason alone, then those of this state, then by text."""
    certain = is_certain(hit, context)
    likelihood = {MatchKind.EXACT: 2, MatchKind.CONFUSABLE: 1, MatchKind.PARTIAL: 0}[hit.kind]
    return certain, hit.state_match is not StateMatch.OTHER, likelihood, context.policy.level_of(hit.entry.reason)


def sureness_of(hit: Hit, context: MatchContext) -> Sureness:
    """How far a hit can be trusted: what an officer has to compare first comes before what else is in doubt."""
    if hit.kind is not MatchKind.EXACT:
        return Sureness.PARTIAL if hit.kind is MatchKind.PARTIAL else Sureness.CONFUSABLE
    if context.doubtful:
        return Sureness.DOUBTFUL
    if hit.state_match is StateMatch.OTHER:
        return Sureness.OTHER_STATE
    if context.age is ListAge.RED:
        return Sureness.OLD_LIST
    if context.age is not ListAge.FRESH and hit.generation.source == OWN_SOURCE:
        return Sureness.PERHAPS_ENDED
    return Sureness.STATE_UNKNOWN if hit.state_match is StateMatch.UNKNOWN else Sureness.CERTAIN


def phrase_of(hit: Hit, context: MatchContext) -> str:
    """The sentence for a hit: its reason, how sure it is, what to compare, and to verify."""
    age = context.age
    parts = [hit.entry.reason.replace("_", " ")]
    if hit.kind is not MatchKind.EXACT:
        parts.append(f"possible, {hit.kind} match, compare the characters")
    elif context.doubtful:
        parts.append("possible, plate not read with certainty, compare the characters")
    if hit.state_match is StateMatch.OTHER:
        parts.append("other state")
    elif hit.state_match is StateMatch.UNKNOWN:
        parts.append("state unknown")
    if age is not ListAge.FRESH and hit.generation.source == OWN_SOURCE:
        parts.append("possible, entry may have ended")
    elif age is not ListAge.FRESH:
        parts.append("list is old" if age is ListAge.RED else "list is not fresh")
    return ", ".join(parts) + "; verify through CLETS"
