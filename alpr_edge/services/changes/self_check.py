"""Compares what a unit works by with what the access log says of it.

At the start of ``run`` what changed without a record goes on record under a name that says how: settings that somebody
edited by hand, models that came with another release. Later, and for lists, people and keys at the start as well, a
difference is a **drift**: something changed what is in force past the commands that record it. It goes on record with
both values, so that it is told once to whoever reads the log, and it is a fault of the unit until that stops. A list
whose change was begun on record is none: the program was killed, or lost its power, before it could record the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.domain.access_log.changes import COMPARED, NONE, Subject, changes_between, subject_of, value_name
from alpr_edge.domain.access_log.records import DRIFT_FOUND, OBJECTS_MAX, RecordedChange
from alpr_edge.services.changes.list_change_values import change_name, changes_begun
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.settings_values import key_of_setting

FIRST_VALUES = "record_in_force"
EDITED_BY_HAND = "settings_edited_by_hand"
OTHER_RELEASE = "other_release"
FOUND_LATER = "done, and found later: the program ended before it could record it"
NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class LateChange:
    """A change of a list that was begun on record, is in force, and whose end is not on record."""

    action: str
    change: RecordedChange
    """Of the list's live generation."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How what is in force differs from what is on record."""

    changes: tuple[RecordedChange, ...]
    unfounded: tuple[str, ...] = ()
    """Names whose value on record is not that of its record."""
    is_compared: bool = True
    """False: no start of the unit is on record yet, so there was nothing to compare with."""
    late: tuple[LateChange, ...] = ()
    """Changes of lists that were begun on record and whose end is not: no drift."""

    def __bool__(self) -> bool:
        return bool(self.changes or self.unfounded)

    @property
    def text(self) -> str:
        """A sentence that names what differs, without values; empty where nothing does."""
        if not self:
            return ""
        names = [*(change.name for change in self.changes), *self.unfounded]
        more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
        return f"changed without a record: {', '.join(names[:NAMED_MAX])}{more}; see: alpr-edge audit drift"


def find_drift(log: RecordLog, values: Mapping[str, str]) -> Drift:
    """Compare values in force with those on record; before the first start there is nothing to compare with.

    Args:
        values: what is in force; keys that this process may not open are not compared.

    Raises:
        StoreError: the log cannot be read.
    """
    on_record = log.values()
    if not on_record.knows(Subject.RELEASE):
        return Drift((), is_compared=False)
    before = {name: value for name, value in on_record.of(COMPARED).items() if not _is_closed_key(name, values)}
    changes = changes_between(before, values)
    begun = {value_name(Subject.LIST, source): action for source, action in changes_begun(on_record).items()}
    late = tuple(LateChange(begun[change.name], change) for change in changes if change.name in begun)
    unknown = tuple(change for change in changes if change.name not in begun)
    return Drift(unknown, on_record.unfounded, late=late)


def record_start(recorder: ChangeRecorder, values: Mapping[str, str]) -> Drift:
    """Put on record what is in force at a start; returns the drift, which is on record then as well.

    Raises:
        StoreError: the log cannot be read or written.
    """
    if not recorder.log.values().knows(Subject.RELEASE):
        recorder.record_values(FIRST_VALUES, values)
        return Drift(())
    drift = find_drift(recorder.log, values)
    actions = _actions_at_start(drift.changes)
    for action in (OTHER_RELEASE, EDITED_BY_HAND):
        recorder.record_changes(action, tuple(change for change, its in actions.items() if its == action))
    rest = tuple(change for change, its in actions.items() if its == DRIFT_FOUND)
    found = record_drift(recorder, Drift(rest, drift.unfounded, late=drift.late))
    for source, action in changes_begun(recorder.log.values()).items():
        recorder.record_values(action, {change_name(source): NONE})
    return found


def record_drift(recorder: ChangeRecorder, drift: Drift) -> Drift:
    """Put a drift on record, and the ends of changes that are late; returns it.

    Raises:
        StoreError: it is not on record.
    """
    if drift.unfounded:
        note = "the value stored with the log differs from its record"
        recorder.note(DRIFT_FOUND, *drift.unfounded[:OBJECTS_MAX], note=note)
    recorder.record_changes(DRIFT_FOUND, drift.changes)
    for late in drift.late:
        source = late.change.name.partition(":")[2]
        end = RecordedChange(name=change_name(source), before=late.action, after=NONE)
        recorder.record_changes(late.action, (late.change, end), FOUND_LATER)
    return drift


def _actions_at_start(changes: tuple[RecordedChange, ...]) -> dict[RecordedChange, str]:
    """What each change that nobody recorded is called when a start finds it.

    Another release brings other models and other keys of the settings. Settings edited by hand may name other models.
    """
    names = {change.name for change in changes}
    is_update = Subject.RELEASE in names
    is_other_vision = any(name.startswith(value_name(Subject.SETTINGS, "vision.")) for name in names)
    actions: dict[RecordedChange, str] = {}
    for change in changes:
        subject, is_new_or_gone = subject_of(change.name), not (change.before and change.after)
        of_release = {Subject.RELEASE, Subject.MODEL} | ({Subject.SETTINGS} if is_new_or_gone else set())
        by_hand = {Subject.SETTINGS} | ({Subject.MODEL} if is_other_vision else set())
        is_of_release = is_update and subject in of_release
        actions[change] = OTHER_RELEASE if is_of_release else EDITED_BY_HAND if subject in by_hand else DRIFT_FOUND
    return actions


def describe(change: RecordedChange) -> str:
    """A change in plain words, with its values."""
    name = key_of_setting(change.name)
    if not change.before:
        return f"{name}: {change.after}, which was not there before"
    return f"{name}: {change.before}, now {change.after}" if change.after else f"{name}: {change.before}, now gone"


def _is_closed_key(name: str, values: Mapping[str, str]) -> bool:
    return subject_of(name) == Subject.KEY and name not in values
