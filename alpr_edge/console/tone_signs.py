"""What the page shows for each sound of the unit: whoever does not hear it, for noise or by ear, sees it."""

from dataclasses import dataclass

from alpr_edge.domain.alerting import Tone


@dataclass(frozen=True, slots=True)
class ToneSign:
    """The visible equal of a sound."""

    tone: Tone
    sounds_like: str
    means: str
    seen: str
    """Where the page shows it."""


_HIT = "the hit comes up, its level in the row of hits"
_STRIP = "in the strip above, with the part and what it is"
TONE_SIGNS = (
    ToneSign(Tone.URGENT, "fast high warble", "a certain hit of the gravest kind", _HIT),
    ToneSign(Tone.HIGH, "three quick equal pulses", "a certain hit: stolen, wanted, missing", _HIT),
    ToneSign(Tone.ROUTINE, "short rising pair", "any other certain hit", _HIT),
    ToneSign(Tone.POSSIBLE, "two long low notes", "a hit that is not certain", f"{_HIT}; what differs is marked"),
    ToneSign(
        Tone.WITHDRAWN, "three falling steps", "the last alert does not hold", "WITHDRAWN at the hit and in the row"
    ),
    ToneSign(Tone.READY, "one short note", "plates are read", "All OK; without the note: plate reader, not ready"),
    ToneSign(Tone.SHUTTING_DOWN, "one long low note", "the ignition is off", "plate reader: ignition off"),
    ToneSign(Tone.TROUBLE, "two-note horn, twice", "reading, storing or sounding failed", _STRIP),
    ToneSign(Tone.STALE, "long note, short note", "something is old or missing", _STRIP),
    ToneSign(Tone.DISK, "long low note, two short", "the disk fills up, is full, slow or cannot be written", _STRIP),
    ToneSign(Tone.DAMAGED, "two short high, one long low", "the database was damaged", _STRIP),
)
"""A row for each tone, as the page of health lists them."""
