"""The sentence after a tone, phrase by phrase: of a hit how grave, why, how sure, which camera; of a fault which part.

Whoever stands beside the car hears it too. So it holds no plate and nothing that a list says in its own words; and only
where somebody is signed in who may see the hit does it hold the reason (policy 462.4(d), (e)).

All phrases are known beforehand, which is why they are made into sound once (:mod:`alpr_edge.alerts.speech`).
"""

import re
from collections.abc import Mapping, Sequence

from alpr_edge.domain.alerting import CERTAIN, Alert, Level, Sureness
from alpr_edge.domain.diagnostics.unit_parts import UnitPart
from alpr_edge.domain.hits import Reason

Phrase = str
"""A few words that are one clip of sound."""
Sentence = tuple[Phrase, ...]

_POSSIBLE = "Possible"
"""In place of the level of a hit that is not certain: it must never sound like a certain one."""
_LEVELS = {Level.URGENT: "Urgent", Level.HIGH: "High", Level.ROUTINE: "Routine", Level.NOTICE: "Notice"}
_REASONS = {
    Reason.AMBER_ALERT: "Amber alert",
    Reason.FELONY_VEHICLE: "Felony vehicle",
    Reason.WANTED_PERSON: "Wanted person",
    Reason.VIOLENT_PERSON: "Violent person",
    # NCIC tells not to let this person know: the page has the reason.
    Reason.TERRORIST_SCREENING: "See the page",
    Reason.GANG: "Gang file",
    Reason.MISSING_PERSON: "Missing person",
    Reason.STOLEN_VEHICLE: "Stolen vehicle",
    Reason.STOLEN_PLATE: "Stolen plate",
    Reason.PROTECTION_ORDER: "Protection order",
    Reason.PROTECTIVE_INTEREST: "Protective interest",
    Reason.SUPERVISED_RELEASE: "Supervised release",
    Reason.SEX_OFFENDER: "Sex offender",
    Reason.IMMIGRATION_VIOLATOR: "Immigration file",
    Reason.MAJOR_CRIME: "Major crime",
    Reason.OTHER: "Other reason",
}
_SURENESS = {
    Sureness.CERTAIN: "Exact",
    Sureness.STATE_UNKNOWN: "State unknown",
    Sureness.PERHAPS_ENDED: "Perhaps ended",
    Sureness.OLD_LIST: "Old list",
    Sureness.OTHER_STATE: "Other state",
    Sureness.DOUBTFUL: "Unclear plate",
    Sureness.CONFUSABLE: "Similar plate",
    Sureness.PARTIAL: "Partial plate",
}
_PARTS = {
    UnitPart.READER: "Plate reader",
    UnitPart.CAMERAS: "Cameras",
    UnitPart.RECEIVER: "Receiver",
    UnitPart.CLOCK: "Clock",
    UnitPart.SOUND: "Sound",
    UnitPart.LISTS: "Hot lists",
    UnitPart.STORE: "Storage",
    UnitPart.DISK: "Disk",
    UnitPart.QUEUE: "Queue",
    UnitPart.LINK: "Link",
    UnitPart.CERTIFICATES: "Certificates",
    UnitPart.ROSTER: "Roster",
    UnitPart.ACCESS_LOG: "Access log",
    UnitPart.PAGE: "Page",
}
FAULTY_PARTS_MAX = 2
"""Most parts that are named after one tone; the page has them all."""
WITHDRAWN_SENTENCE: Sentence = ("Withdrawn",)
"""What is said when the alert before does not hold."""
_WORDS: frozenset[Phrase] = frozenset(
    (_POSSIBLE, *_LEVELS.values(), *_REASONS.values(), *_SURENESS.values(), *_PARTS.values(), *WITHDRAWN_SENTENCE)
)
CAMERA_CHARACTERS_MAX = 18
"""Longest name of a camera that is said; one that is longer is said by its number."""


def camera_phrases(camera_ids: Sequence[str]) -> dict[str, Phrase]:
    """What each camera is called aloud: its name in the settings, cleaned, or its number there, from 1.

    Args:
        camera_ids: the ids of the settings, in their order.
    """
    return {camera_id: _camera_phrase(camera_id, number) for number, camera_id in enumerate(camera_ids, 1)}


def _camera_phrase(camera_id: str, number: int) -> Phrase:
    words = " ".join(re.findall("[a-z]+|[0-9]+", camera_id.lower())).capitalize()
    is_name = re.match("[A-Z]", words) and len(words) <= CAMERA_CHARACTERS_MAX
    # A camera with the name of a level would be heard as that.
    return words if is_name and words not in _WORDS else f"Camera {number}"


def phrases_for(camera_ids: Sequence[str]) -> tuple[Phrase, ...]:
    """Every phrase that a unit with these cameras may say, each once."""
    return tuple(sorted(_WORDS | set(camera_phrases(camera_ids).values())))


def sentence_of(alert: Alert, cameras: Mapping[str, Phrase], *, with_reason: bool) -> Sentence:
    """What is said of an alert.

    Args:
        with_reason: whether somebody who may see the hit is there to hear it.

    Returns:
        The phrases in order; none of an alert that was stored.
    """
    detail = alert.detail
    if detail is None:
        return ()
    level = _LEVELS[alert.level] if detail.sureness in CERTAIN else _POSSIBLE
    reason = (_REASONS[detail.reason],) if with_reason else ()
    camera = (cameras[detail.camera_id],) if detail.camera_id in cameras else ()
    return (level, *reason, _SURENESS[detail.sureness], *camera)


def fault_sentence(parts: Sequence[tuple[UnitPart, str]], cameras: Mapping[str, Phrase]) -> Sentence:
    """What is said of faults that appeared: the parts, each once, the first of many."""
    named = {UnitPart.CAMERAS: cameras}
    phrases = (named.get(part, {}).get(camera_id, _PARTS[part]) for part, camera_id in parts)
    return tuple(dict.fromkeys(phrases))[:FAULTY_PARTS_MAX]
