"""Replaces the settings file of a unit by another one, checked first and on record; it counts from the next start."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.changes import NONE, Subject, changes_between, value_name
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.errors import SettingsError
from alpr_edge.domain.ports import Clock
from alpr_edge.runtime import no_follow
from alpr_edge.services.changes.department_settings import department_values, record_department_settings
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import EDITED_BY_HAND
from alpr_edge.services.changes.settings_values import Digest, settings_values
from alpr_edge.services.changes.values_in_force import model_values
from alpr_edge.settings import Settings, load
from alpr_edge.settings.layers.department_layer import lay_over
from alpr_edge.settings.loader import ENCODING

_VISION = value_name(Subject.SETTINGS, "vision.")


@dataclass(frozen=True, slots=True)
class NewSettings:
    """A settings file that may take the place of another, as it would be read there."""

    settings: Settings
    content: bytes
    fault: str = ""
    """Why what the department set would not count with it; empty: it would, or there is nothing."""


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """How a settings file is about to change."""

    before: dict[str, str]
    """The values of the file as it is; empty: there is none, or it cannot be used."""
    after: dict[str, str]

    @property
    def changes(self) -> tuple[RecordedChange, ...]:
        """What differs, by key."""
        return changes_between(self.before, self.after)


def read_new_settings(file: Path, target: Path) -> NewSettings:
    """Read a settings file as it would count in the place of another: relative paths are taken from there.

    What the department set lies over it, as over the file that it replaces.

    Raises:
        SettingsError: with every fault of its content.
    """
    load(file)
    content = file.read_bytes()
    layers = lay_over(tomllib.loads(content.decode(ENCODING)), target.parent)
    return NewSettings(layers.settings, content, layers.fault)


def compare_settings(new: NewSettings, target: Path, digest: Digest) -> SettingsChange:
    """Compare new settings with the file that they are to replace; secrets stand as digests."""
    try:
        settings = load(target)
        before = settings_values(settings, digest) | department_values(settings)
    except SettingsError:
        before = {}
    return SettingsChange(before, settings_values(new.settings, digest) | department_values(new.settings))


def apply_settings(
    new: NewSettings, target: Path, change: SettingsChange, authoriser: Authoriser | None, reason: str
) -> None:
    """Write new settings in the place of the old ones, at once and durable, with the old ones' owner and mode.

    Args:
        authoriser: allows it and puts it on record; None: the unit has no log yet, and its first start records all.

    Raises:
        AccessError: it is refused.
        SettingsError: the file cannot be written; it is as it was.
        StoreError: it is not on record, and nothing was changed.
    """
    if authoriser is None:
        _write(target, new.content)
        return
    _record_edits(authoriser, change.before, authoriser.clock)
    subject = AccessSubject((f"file:{target.name[:100]}",), note=reason)
    with authoriser.access(Operation.CHANGE_SETTINGS, subject=subject) as access:
        _write(target, new.content)
        values = {name: change.after.get(name, NONE) for name in change.before.keys() | change.after.keys()}
        if any(each.name.startswith(_VISION) for each in change.changes):
            gone = dict.fromkeys(authoriser.log.values().of([Subject.MODEL]), NONE)
            values |= gone | model_values(new.settings)
        access.changes = authoriser.changes_to(values)


def _record_edits(authoriser: Authoriser, before: dict[str, str], clock: Clock) -> None:
    """Record what somebody edited by hand before: it is not the work of whoever applies a file now."""
    if before and authoriser.log.values().knows(Subject.SETTINGS):
        recorder = ChangeRecorder(authoriser.log, authoriser.caller.component, clock)
        record_department_settings(recorder, before)
        recorder.record_values(EDITED_BY_HAND, before)


def _write(target: Path, content: bytes) -> None:
    try:
        with no_follow.opened_folder(target.parent) as folder:
            no_follow.write_file(folder, target.name, content, mode=0o644, like=_status(folder, target.name))
    except OSError as error:
        raise SettingsError([f"{target}: cannot be written: {error.strerror}; nothing was changed"]) from None


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        descriptor = no_follow.open_file(folder, name)
    except FileNotFoundError:
        return None
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)
