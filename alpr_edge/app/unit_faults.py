"""What can be wrong with a unit: one table with the tone, the ready note and the remedy of each fault.

The technician's guide shows the same table; a test compares both.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import structlog

from alpr_edge.app.faults.flap_damper import FlapDamper
from alpr_edge.app.faults.unheard_tones import UnheardTones
from alpr_edge.domain.alerting import Tone, urgency_of

log = structlog.get_logger(__name__)


class FaultKind(StrEnum):
    """The faults, in the words of the guide."""

    NO_CAMERA = "no camera gives pictures"
    CAMERA = "a camera gives no pictures"
    CAMERA_FROZEN = "a camera's picture stands still"
    CAMERA_OPENING = "a camera is not open yet"
    CAMERA_MODE = "a camera gives less than is set"
    CAMERA_CLOCK = "a camera's clock is not used"
    CAMERA_WORSE = "a camera reads worse than before"
    CHARACTERS_WORSE = "characters are confused more often"
    CAMERA_COVERED = "a camera is covered"
    CAMERA_WASHED_OUT = "a camera's picture is washed out"
    CAMERA_OUT_OF_FOCUS = "a camera is out of focus"
    CAMERA_TURNED_AWAY = "a camera does not see the road"
    CAMERA_DIRTY = "a camera's lens is dirty"
    FRAME_RATE = "cameras run at a lower frame rate"
    FRAME_RATE_LEAST = "cameras run at the least frame rate"
    STAGE = "recognition or storing failed"
    SIDE_STAGE = "a task beside reading failed"
    MODEL_DAMAGED = "a model file was damaged"
    MEMORY = "memory grows"
    PAGE_MEMORY = "memory of the page grows"
    UPLINK_MEMORY = "memory of the uplink grows"
    PAGE_DOWN = "the page does not run"
    NO_SOUND = "no tone can sound"
    SOUND_MUTED = "the sound device is muted"
    SPEECH = "what follows a tone cannot be said"
    NOT_STORED = "no read is stored"
    STORED_IN_PART = "reads are stored in part"
    DISK_FULL = "the disk is full"
    DISK_FILLING = "the disk fills up"
    DISK_READ_ONLY = "the disk cannot be written"
    DISK_SLOW = "the disk is slow"
    DATABASE = "the database was damaged"
    RECORDS_ASIDE = "records were set aside"
    NOT_REPAIRED = "the last stop left something unrepaired"
    NOT_KNOWN = "a figure of the store is not known"
    NO_LIST = "no hotlist"
    LIST_UNUSABLE = "a list cannot be opened"
    LIST_RED = "a list is red"
    LIST_AMBER = "a list is amber"
    FEED_REFUSED = "a feed was refused"
    RECEIVER = "no GNSS receiver"
    RECEIVER_STUCK = "the receiver repeats itself"
    RECEIVER_JUMPS = "the receiver's place jumps"
    RECEIVER_NO_FIX = "the receiver has no fix"
    RECEIVER_NO_SENTENCES = "the receiver sends no RMC or GGA"
    POSITION_AWAITED = "the first position is awaited"
    POSITION_UNKNOWN = "no plate is read without a position"
    RECEIVER_DATE = "the receiver's date is wrong"
    CLOCK = "nothing confirms the time"
    DELETION = "no read is deleted for its age"
    DELETION_OVERDUE = "no read was deleted for its age in a day of work"
    ACCESS_LOG = "the access log does not work"
    ACCESS_LOG_CHANGED = "the access log was changed"
    ACCOUNTS = "accounts cannot be used"
    ROSTER_ENDED = "the roster has ended"
    ROSTER_ENDING = "the roster ends soon"
    ROSTER_REFUSED = "a roster was refused"
    TRAINING_ENDING = "training ends soon"
    LINK_DOWN = "no link for longer than a shift"
    CERTIFICATE_ENDED = "a certificate has ended"
    CERTIFICATE_ENDING = "a certificate ends soon"
    DRIFT = "something was changed without a record"
    BREAK_GLASS = "somebody broke the glass"


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What a fault sounds like, whether the unit is ready with it, and what to do."""

    tone: Tone | None
    """Sounds once when the fault appears; None: it is shown and not heard."""
    is_ready: bool
    """Whether the ready note sounds although the fault is there."""
    remedy: str
    """The command that shows more, or what to do."""


_CHECK, _JOURNAL = "alpr-edge unit check", "journalctl -u alpr-edge -n 50"
_LISTS, _DISK = "alpr-edge hotlist status", "alpr-edge unit disk"
_AUDIT, _AIM = "alpr-edge audit verify", "alpr-edge unit check --aim"
_KERNEL, _ADMINISTRATOR = "journalctl -k -n 50", "tell the ALPR administrator"
FAULT_RULES = {
    FaultKind.NO_CAMERA: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_CHECK),
    FaultKind.CAMERA: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_CHECK),
    FaultKind.CAMERA_FROZEN: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_CHECK),
    FaultKind.CAMERA_OPENING: FaultRule(None, is_ready=False, remedy="wait 20 seconds"),
    FaultKind.CAMERA_MODE: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.CAMERA_CLOCK: FaultRule(None, is_ready=True, remedy=_CHECK),
    FaultKind.CAMERA_WORSE: FaultRule(None, is_ready=True, remedy=_AIM),
    FaultKind.CHARACTERS_WORSE: FaultRule(None, is_ready=True, remedy=_AIM),
    FaultKind.CAMERA_COVERED: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_AIM),
    FaultKind.CAMERA_WASHED_OUT: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_AIM),
    FaultKind.CAMERA_OUT_OF_FOCUS: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_AIM),
    FaultKind.CAMERA_TURNED_AWAY: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_AIM),
    FaultKind.CAMERA_DIRTY: FaultRule(Tone.STALE, is_ready=True, remedy=_AIM),
    FaultKind.FRAME_RATE: FaultRule(None, is_ready=True, remedy=_CHECK),
    FaultKind.FRAME_RATE_LEAST: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.STAGE: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_JOURNAL),
    FaultKind.SIDE_STAGE: FaultRule(None, is_ready=True, remedy=_JOURNAL),
    FaultKind.MODEL_DAMAGED: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.MEMORY: FaultRule(Tone.STALE, is_ready=True, remedy="systemctl restart alpr-edge"),
    FaultKind.PAGE_MEMORY: FaultRule(Tone.STALE, is_ready=True, remedy="systemctl restart alpr-edge-console"),
    FaultKind.UPLINK_MEMORY: FaultRule(Tone.STALE, is_ready=True, remedy="systemctl restart alpr-edge-uplink"),
    FaultKind.PAGE_DOWN: FaultRule(Tone.STALE, is_ready=True, remedy="systemctl status alpr-edge-console"),
    FaultKind.NO_SOUND: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_CHECK),
    FaultKind.SOUND_MUTED: FaultRule(Tone.TROUBLE, is_ready=False, remedy="alsamixer"),
    FaultKind.SPEECH: FaultRule(None, is_ready=True, remedy="alpr-edge sound render"),
    FaultKind.NOT_STORED: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_DISK),
    FaultKind.STORED_IN_PART: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_CHECK),
    FaultKind.DISK_FULL: FaultRule(Tone.DISK, is_ready=False, remedy=_DISK),
    FaultKind.DISK_FILLING: FaultRule(Tone.DISK, is_ready=True, remedy=_DISK),
    FaultKind.DISK_READ_ONLY: FaultRule(Tone.DISK, is_ready=False, remedy=_KERNEL),
    FaultKind.DISK_SLOW: FaultRule(Tone.DISK, is_ready=True, remedy=_KERNEL),
    FaultKind.DATABASE: FaultRule(Tone.DAMAGED, is_ready=True, remedy="alpr-edge unit salvage"),
    FaultKind.RECORDS_ASIDE: FaultRule(None, is_ready=True, remedy="alpr-edge unit refused"),
    FaultKind.NOT_REPAIRED: FaultRule(Tone.STALE, is_ready=True, remedy=_JOURNAL),
    FaultKind.NOT_KNOWN: FaultRule(Tone.STALE, is_ready=True, remedy=_JOURNAL),
    FaultKind.NO_LIST: FaultRule(Tone.STALE, is_ready=False, remedy=_LISTS),
    FaultKind.LIST_UNUSABLE: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_LISTS),
    FaultKind.LIST_RED: FaultRule(Tone.STALE, is_ready=True, remedy=_LISTS),
    FaultKind.LIST_AMBER: FaultRule(Tone.STALE, is_ready=True, remedy=_LISTS),
    FaultKind.FEED_REFUSED: FaultRule(None, is_ready=True, remedy=_LISTS),
    FaultKind.RECEIVER: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.RECEIVER_STUCK: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.RECEIVER_JUMPS: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.RECEIVER_NO_FIX: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.RECEIVER_NO_SENTENCES: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.POSITION_AWAITED: FaultRule(None, is_ready=False, remedy="wait 20 seconds"),
    FaultKind.POSITION_UNKNOWN: FaultRule(Tone.TROUBLE, is_ready=False, remedy=_CHECK),
    FaultKind.RECEIVER_DATE: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.CLOCK: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.DELETION: FaultRule(None, is_ready=True, remedy=_DISK),
    FaultKind.DELETION_OVERDUE: FaultRule(Tone.STALE, is_ready=True, remedy=_DISK),
    FaultKind.ACCESS_LOG: FaultRule(Tone.STALE, is_ready=True, remedy=_AUDIT),
    FaultKind.ACCESS_LOG_CHANGED: FaultRule(Tone.STALE, is_ready=True, remedy=_AUDIT),
    FaultKind.ACCOUNTS: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.ROSTER_ENDED: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.ROSTER_ENDING: FaultRule(None, is_ready=True, remedy=_CHECK),
    FaultKind.ROSTER_REFUSED: FaultRule(None, is_ready=True, remedy=_CHECK),
    FaultKind.TRAINING_ENDING: FaultRule(None, is_ready=True, remedy=_ADMINISTRATOR),
    FaultKind.LINK_DOWN: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.CERTIFICATE_ENDED: FaultRule(Tone.STALE, is_ready=True, remedy=_CHECK),
    FaultKind.CERTIFICATE_ENDING: FaultRule(None, is_ready=True, remedy=_CHECK),
    FaultKind.DRIFT: FaultRule(Tone.STALE, is_ready=True, remedy="alpr-edge audit drift"),
    FaultKind.BREAK_GLASS: FaultRule(Tone.STALE, is_ready=True, remedy=_ADMINISTRATOR),
}
_WORSE = {
    FaultKind.LIST_AMBER: FaultKind.LIST_RED,
    FaultKind.DISK_FILLING: FaultKind.DISK_FULL,
    FaultKind.CERTIFICATE_ENDING: FaultKind.CERTIFICATE_ENDED,
}
"""The worse form of a fault: when that one eases to the lesser one, the lesser one does not sound."""
_MUTES = frozenset({FaultKind.NO_SOUND, FaultKind.SOUND_MUTED})
"""While one of these stands nobody hears a tone."""
FaultKey = tuple[FaultKind, str]
"""Kind and subject of a fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at present."""

    kind: FaultKind
    subject: str
    """The part that is faulty (a camera, a list); kind and subject identify a fault, whatever its text says."""
    text: str
    """One line for health and logs."""

    @property
    def key(self) -> FaultKey:
        """Tells it from another fault."""
        return self.kind, self.subject

    @property
    def rule(self) -> FaultRule:
        """Its row of the table."""
        return FAULT_RULES[self.kind]


def faults_of(kind: FaultKind, lines: Iterable[str]) -> list[Fault]:
    """Faults of one kind, each from a line "subject: what is wrong"."""
    return [Fault(kind, line.partition(":")[0], line) for line in lines]


class FaultMonitor:
    """Compares the present faults with those before, and says which tones are to sound.

    A fault that comes and goes sounds twice, and then not again until it stayed away for a while; the ready note waits
    for that too. A tone that nobody heard is asked for again while its fault stands.
    """

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self.faults: tuple[Fault, ...] = ()
        self.appeared: tuple[Fault, ...] = ()
        """Those of them whose tone the last update asks for: nobody has heard of them yet."""
        self.is_ready = False
        """Whether plates are read, stored, matched and announced."""
        self._monotonic_s = monotonic_s
        self._damper: FlapDamper[FaultKey] = FlapDamper()
        self._tones: UnheardTones[FaultKey] = UnheardTones()
        self._is_ready_told = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines of the present faults."""
        return tuple(fault.text for fault in self.faults)

    def update(self, faults: Iterable[Fault]) -> list[Tone]:
        """Replace the faults by the present ones; returns the tones to sound, in order."""
        before, standing, now_s = {fault.key for fault in self.faults}, self._damper.standing, self._monotonic_s()
        self.faults = tuple(dict.fromkeys(faults))
        self.is_ready = all(fault.rule.is_ready for fault in self.faults)
        present = {fault.key: fault for fault in reversed(self.faults)}
        new = {key for key, fault in present.items() if fault.rule.tone is not None and _is_new(key, standing)}
        self._log_changes(before, new)
        self._damper.update(present.keys(), now_s)
        mutes = {key for key in present if key[0] in _MUTES}
        due = self._tones.due(new, present.keys(), self._damper.standing, mutes, now_s)
        self.appeared = tuple(fault for key, fault in reversed(present.items()) if key in due)
        tones = _sort_by_urgency({fault.rule.tone for fault in self.appeared})
        return [Tone.READY, *tones] if self._takes_ready_note() else tones

    def note_lost(self, tone: Tone, faults: Iterable[Fault]) -> None:
        """Note that a tone never sounded; any thread may call it, and it never waits."""
        if tone is Tone.READY:
            self._is_ready_told = False
        self._tones.note_lost(fault.key for fault in faults if fault.rule.tone is tone)

    def reset(self) -> None:
        """Forget all faults: the unit stops reading, and reports what is wrong anew when it reads again."""
        self.faults, self.appeared, self.is_ready, self._is_ready_told = (), (), False, False
        self._damper.clear()
        self._tones.clear()

    def _takes_ready_note(self) -> bool:
        """Whether the ready note is to sound; a fault that is away for a moment only keeps it back."""
        was_told = self._is_ready_told
        self._is_ready_told = all(FAULT_RULES[kind].is_ready for kind, _ in self._damper.standing)
        if not self._is_ready_told or was_told:
            return False
        log.info("unit.ready")
        return True

    def _log_changes(self, before: set[FaultKey], new: set[FaultKey]) -> None:
        """Log each fault that came, with the tone that it has if it is new, and each that went."""
        came = {fault.key: fault for fault in reversed(self.faults) if _is_new(fault.key, before)}
        for key, fault in reversed(came.items()):
            tone = (fault.rule.tone if key in new else None) or "none"
            log.warning("fault.appeared", fault=fault.kind.value, subject=fault.subject, text=fault.text, tone=tone)
        for kind, subject in sorted(before - {fault.key for fault in self.faults}):
            log.info("fault.ended", fault=kind.value, subject=subject)


def _is_new(key: FaultKey, before: set[FaultKey]) -> bool:
    """Whether neither a fault nor its worse form was there."""
    return not {key, (_WORSE.get(key[0]), key[1])} & before


def _sort_by_urgency(tones: Iterable[Tone | None]) -> list[Tone]:
    """Tones, the most urgent first."""
    return sorted((tone for tone in tones if tone is not None), key=urgency_of, reverse=True)
