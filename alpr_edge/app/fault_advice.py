"""What health says of each fault to people in the car: the part, a few words, and what to do.

The health file holds it beside the fault's own line, so that whatever shows health needs no table of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from alpr_edge.app.unit_faults import Fault, FaultKind, FaultRule
from alpr_edge.app.watches.fault_history import EndedFault
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.diagnostics.unit_parts import PartState, UnitPart
from alpr_edge.domain.instants import rfc3339

WORDS_CHARACTERS_MAX = 25


@dataclass(frozen=True, slots=True)
class FaultAdvice:
    """What is said of a fault."""

    part: UnitPart
    words: str
    """The fault for a glance, at most :data:`WORDS_CHARACTERS_MAX` characters."""
    todo: str
    """What an officer does about it, a sentence or two."""


_TECHNICIAN = "Tell a technician."
_ELSE = "If it persists, tell a technician."
_AGAIN = "It restarts by itself; if it persists, tell a technician."
_TO_LINK = "Bring the car to its link."
_NEWER_LIST = "Bring the car to its link; lists that are imported by hand, import anew."
_ROOM = "Bring the car to its link: delivered reads are then deleted automatically. Delete nothing by hand."
_AIR = "Give the computer shade and air; if it persists, tell a technician."
_ADMINISTRATOR = "Tell the ALPR administrator today."
FAULT_ADVICE = {
    FaultKind.NO_CAMERA: FaultAdvice(UnitPart.CAMERAS, "no pictures", "No plate is read. Check the cameras' cables."),
    FaultKind.CAMERA: FaultAdvice(UnitPart.CAMERAS, "no pictures", "Check its cable; it is reopened automatically."),
    FaultKind.CAMERA_FROZEN: FaultAdvice(
        UnitPart.CAMERAS, "frozen picture", f"It reads no new plate. Switch the camera off and on. {_ELSE}"
    ),
    FaultKind.CAMERA_OPENING: FaultAdvice(UnitPart.CAMERAS, "starting", "Wait 20 seconds."),
    FaultKind.CAMERA_MODE: FaultAdvice(
        UnitPart.CAMERAS, "below the set mode", f"It misses plates. Unplug it and plug it in again. {_ELSE}"
    ),
    FaultKind.CAMERA_CLOCK: FaultAdvice(UnitPart.CAMERAS, "its clock is not used", _TECHNICIAN),
    FaultKind.CAMERA_WORSE: FaultAdvice(UnitPart.CAMERAS, "reads worse than before", f"Clean its glass. {_TECHNICIAN}"),
    FaultKind.CHARACTERS_WORSE: FaultAdvice(
        UnitPart.READER, "confuses more than before", f"Compare each character. {_TECHNICIAN}"
    ),
    FaultKind.CAMERA_COVERED: FaultAdvice(
        UnitPart.CAMERAS, "sees nothing", f"It reads no plate. Remove what covers it. {_ELSE}"
    ),
    FaultKind.CAMERA_WASHED_OUT: FaultAdvice(
        UnitPart.CAMERAS, "overexposed", f"It reads few plates. Wipe its glass. {_ELSE}"
    ),
    FaultKind.CAMERA_OUT_OF_FOCUS: FaultAdvice(
        UnitPart.CAMERAS, "out of focus", f"It reads few plates. Wipe its glass. {_ELSE}"
    ),
    FaultKind.CAMERA_TURNED_AWAY: FaultAdvice(
        UnitPart.CAMERAS, "does not see the road", f"It reads few plates. Check where it points. {_ELSE}"
    ),
    FaultKind.CAMERA_DIRTY: FaultAdvice(UnitPart.CAMERAS, "dirty", f"It misses plates. Wipe its glass. {_ELSE}"),
    FaultKind.FRAME_RATE: FaultAdvice(UnitPart.CAMERAS, "slower", _AIR),
    FaultKind.FRAME_RATE_LEAST: FaultAdvice(UnitPart.CAMERAS, "much slower", _AIR),
    FaultKind.STAGE: FaultAdvice(UnitPart.READER, "failed", f"Plates may be missed. {_AGAIN}"),
    FaultKind.SIDE_STAGE: FaultAdvice(UnitPart.READER, "a task failed", f"Plates are still read. {_AGAIN}"),
    FaultKind.MODEL_DAMAGED: FaultAdvice(
        UnitPart.READER, "a model file is damaged", f"Plates are read until the next restart. {_TECHNICIAN}"
    ),
    FaultKind.MEMORY: FaultAdvice(UnitPart.READER, "needs too much memory", f"Plates are still read. {_TECHNICIAN}"),
    FaultKind.PAGE_MEMORY: FaultAdvice(UnitPart.PAGE, "needs too much memory", f"Plates are still read. {_TECHNICIAN}"),
    FaultKind.UPLINK_MEMORY: FaultAdvice(
        UnitPart.LINK, "needs too much memory", f"Plates are still read. {_TECHNICIAN}"
    ),
    FaultKind.PAGE_DOWN: FaultAdvice(UnitPart.PAGE, "not running", f"Listen for the tones. {_AGAIN}"),
    FaultKind.NO_SOUND: FaultAdvice(UnitPart.SOUND, "no tone sounds", "Watch the page. Check the sound device's plug."),
    FaultKind.SOUND_MUTED: FaultAdvice(UnitPart.SOUND, "muted", f"No tone is heard. Watch the page. {_TECHNICIAN}"),
    FaultKind.SPEECH: FaultAdvice(UnitPart.SOUND, "no spoken words", f"Tones still sound. {_TECHNICIAN}"),
    FaultKind.NOT_STORED: FaultAdvice(UnitPart.STORE, "no read is stored", "Hits still sound. Tell a technician now."),
    FaultKind.STORED_IN_PART: FaultAdvice(UnitPart.STORE, "stored in part", f"Pictures are missing. {_TECHNICIAN}"),
    FaultKind.DISK_FULL: FaultAdvice(UnitPart.DISK, "full", _ROOM),
    FaultKind.DISK_FILLING: FaultAdvice(UnitPart.DISK, "nearly full", _ROOM),
    FaultKind.DISK_READ_ONLY: FaultAdvice(
        UnitPart.DISK, "cannot be written", "No read is stored. Hits still sound. Tell a technician now."
    ),
    FaultKind.DISK_SLOW: FaultAdvice(UnitPart.DISK, "slow", f"Plates are still read. {_ELSE}"),
    FaultKind.DATABASE: FaultAdvice(
        UnitPart.STORE,
        "database was damaged",
        f"Plates are still read. Keep the disk: it is evidence. {_TECHNICIAN}",
    ),
    FaultKind.RECORDS_ASIDE: FaultAdvice(UnitPart.STORE, "records set aside", f"They are kept. {_TECHNICIAN}"),
    FaultKind.NOT_REPAIRED: FaultAdvice(UnitPart.STORE, "not repaired", _TECHNICIAN),
    FaultKind.NOT_KNOWN: FaultAdvice(UnitPart.STORE, "some figures unknown", _AGAIN),
    FaultKind.NO_LIST: FaultAdvice(UnitPart.LISTS, "none", f"There can be no hits. {_NEWER_LIST}"),
    FaultKind.LIST_UNUSABLE: FaultAdvice(UnitPart.LISTS, "cannot be opened", f"It gives no hits. {_TECHNICIAN}"),
    FaultKind.LIST_RED: FaultAdvice(UnitPart.LISTS, "very old", f"Newer entries are missing. {_NEWER_LIST}"),
    FaultKind.LIST_AMBER: FaultAdvice(UnitPart.LISTS, "old", f"Newer entries may be missing. {_NEWER_LIST}"),
    FaultKind.FEED_REFUSED: FaultAdvice(
        UnitPart.LISTS, "a newer one was refused", f"The previous one stays in use. {_TECHNICIAN}"
    ),
    FaultKind.RECEIVER: FaultAdvice(UnitPart.RECEIVER, "not there", "Reads have no location. Check its cable."),
    FaultKind.RECEIVER_STUCK: FaultAdvice(UnitPart.RECEIVER, "stuck", f"Reads have no location. {_ELSE}"),
    FaultKind.RECEIVER_JUMPS: FaultAdvice(
        UnitPart.RECEIVER, "location jumps", f"Reads have no location meanwhile. {_ELSE}"
    ),
    FaultKind.RECEIVER_NO_FIX: FaultAdvice(
        UnitPart.RECEIVER, "no fix", f"Reads have no location. Drive under open sky. {_ELSE}"
    ),
    FaultKind.RECEIVER_NO_SENTENCES: FaultAdvice(
        UnitPart.RECEIVER, "sends no location", f"Reads have no location. {_TECHNICIAN}"
    ),
    FaultKind.POSITION_AWAITED: FaultAdvice(
        UnitPart.RECEIVER, "waiting for a position", "No plate is read until then. Wait 20 seconds."
    ),
    FaultKind.POSITION_UNKNOWN: FaultAdvice(
        UnitPart.RECEIVER, "position unknown", f"No plate is read. Drive under open sky. {_ELSE}"
    ),
    FaultKind.RECEIVER_DATE: FaultAdvice(UnitPart.CLOCK, "receiver's date is wrong", _TECHNICIAN),
    FaultKind.CLOCK: FaultAdvice(
        UnitPart.CLOCK, "not confirmed", "Times and list ages are uncertain. Drive under open sky."
    ),
    FaultKind.DELETION: FaultAdvice(UnitPart.STORE, "deletion paused", _TO_LINK),
    FaultKind.DELETION_OVERDUE: FaultAdvice(UnitPart.STORE, "reads kept for too long", f"{_TO_LINK} {_TECHNICIAN}"),
    FaultKind.ACCESS_LOG: FaultAdvice(
        UnitPart.ACCESS_LOG, "does not work", f"Without it no plate is shown. {_TECHNICIAN}"
    ),
    FaultKind.ACCESS_LOG_CHANGED: FaultAdvice(UnitPart.ACCESS_LOG, "was changed", _ADMINISTRATOR),
    FaultKind.ACCOUNTS: FaultAdvice(UnitPart.ROSTER, "accounts do not work", f"No user can sign in. {_TECHNICIAN}"),
    FaultKind.ROSTER_ENDED: FaultAdvice(UnitPart.ROSTER, "expired", f"No user can sign in. {_TO_LINK}"),
    FaultKind.ROSTER_ENDING: FaultAdvice(UnitPart.ROSTER, "expires soon", f"Then no user can sign in. {_TO_LINK}"),
    FaultKind.ROSTER_REFUSED: FaultAdvice(
        UnitPart.ROSTER, "a newer one was refused", f"The previous one stays in force. {_TECHNICIAN}"
    ),
    FaultKind.TRAINING_ENDING: FaultAdvice(
        UnitPart.ROSTER, "training expires soon", "Renew it in time: without it no plates are shown."
    ),
    FaultKind.LINK_DOWN: FaultAdvice(UnitPart.LINK, "none for too long", f"Reads wait on board. {_TO_LINK}"),
    FaultKind.CERTIFICATE_ENDED: FaultAdvice(UnitPart.CERTIFICATES, "expired", f"Nothing is sent. {_TECHNICIAN}"),
    FaultKind.CERTIFICATE_ENDING: FaultAdvice(UnitPart.CERTIFICATES, "expires soon", f"{_TO_LINK} {_ELSE}"),
    FaultKind.DRIFT: FaultAdvice(UnitPart.ACCESS_LOG, "change without record", _ADMINISTRATOR),
    FaultKind.BREAK_GLASS: FaultAdvice(UnitPart.ACCESS_LOG, "break-glass access used", _ADMINISTRATOR),
}


def told_faults(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults as the health file holds them, each with the part that it belongs to and what to do."""
    return [_fields_of(fault, FAULT_ADVICE[fault.kind]) for fault in faults]


def told_ended_faults(ended: Iterable[EndedFault]) -> list[dict[str, Any]]:
    """Faults that are over as the health file holds them; a moment is None where the clock was not set."""
    return [
        {name: told[name] for name in ("kind", "subject", "name", "words")}
        | {name: moment.utc and rfc3339(moment.utc) for name, moment in (("since", each.since), ("until", each.until))}
        | {"lasted_s": round(each.lasted_ms / 1000), "times": each.times}
        for each in ended
        for told in told_faults([each.fault])
    ]


def state_of(rule: FaultRule) -> PartState:
    """How grave a fault is: what horns, or sounds and leaves no ready note, keeps the unit from its work."""
    is_grave = rule.tone in {Tone.TROUBLE, Tone.DAMAGED} or (rule.tone is not None and not rule.is_ready)
    return PartState.FAULT if is_grave else PartState.ATTENTION


def _fields_of(fault: Fault, advice: FaultAdvice) -> dict[str, Any]:
    return {
        "kind": fault.kind.value,
        "subject": fault.subject,
        "part": advice.part.value,
        "name": _name_of(fault, advice.part),
        "state": state_of(fault.rule).value,
        "is_ready": fault.rule.is_ready,
        "words": advice.words,
        "text": fault.text,
        "todo": advice.todo,
    }


def _name_of(fault: Fault, part: UnitPart) -> str:
    """The part as people call it: of one camera or list its own name."""
    if part is UnitPart.CAMERAS and fault.subject.startswith("camera "):
        return fault.subject
    if part is UnitPart.LISTS and fault.kind is not FaultKind.NO_LIST:
        return f"list {fault.subject.removeprefix('list ')}"
    return part.value
