"""Shows, publishes and withdraws units' settings for those who manage them, each on record (policy 462.3.1, 462.6)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.publishing.settings_changes import (
    SettingChange,
    recorded_changes,
    settings_changes,
    withdrawal_changes,
)
from alpr_edge.department.publishing.settings_holders import UnitSettingsLine, settings_lines
from alpr_edge.department.publishing.settings_register import (
    SettingsAuthor,
    SettingsRegister,
    SettingsToPublish,
    UnitSettingsStep,
)
from alpr_edge.domain.access_log.records import RecordedChange
from alpr_edge.domain.errors import DepartmentError


@dataclass(frozen=True, slots=True)
class SettingsOverview:
    """What was published, and which unit has what."""

    history: tuple[UnitSettingsStep, ...]
    """Every publication and withdrawal, oldest first."""
    units: tuple[UnitSettingsLine, ...]

    @property
    def newest(self) -> int:
        """The serial of the newest step; 0: there is none."""
        return self.history[-1].serial if self.history else 0

    @property
    def withdrawn(self) -> frozenset[int]:
        """The serials of the publications that were withdrawn."""
        return frozenset(each.publication for each in self.history if each.is_withdrawal)

    def changes_of_withdrawal(self, serial: int) -> list[SettingChange]:
        """What the withdrawal of a publication would change; raises DepartmentError where there is none to withdraw."""
        return withdrawal_changes(serial, [each.unit_id for each in self.units], self.history)


class SettingsService:
    """Checks, keeps and publishes the settings of units, and puts on record who did; threads may share it."""

    def __init__(self, directory: Path, database: DepartmentDatabase) -> None:
        self._directory = directory
        self._database = database
        self._register = SettingsRegister(directory, database)

    def overview(self, authoriser: Authoriser) -> SettingsOverview:
        """What was published, and which unit has what."""
        with authoriser.access(Operation.SHOW_UNITS, subject=AccessSubject(note="settings of units")) as access:
            overview = self._overview()
            access.show(tuple(each.unit_id for each in overview.units))
            return overview

    def changes(self, authoriser: Authoriser, new: SettingsToPublish) -> tuple[SettingsOverview, list[SettingChange]]:
        """What is published, and what a publication would change of it."""
        self._register.check(new)
        overview = self.overview(authoriser)
        return overview, _changes(overview, new)

    def publish(self, authoriser: Authoriser, new: SettingsToPublish, reason: str) -> UnitSettingsStep:
        """Publish settings that were checked; old and new values go on record."""
        objects, changes = new.units or ("all units",), recorded_changes(_changes(self._overview(), new))
        subject = AccessSubject(objects, note=reason, changes=changes)
        with authoriser.access(Operation.PUBLISH_SETTINGS, subject=subject) as access:
            return self._register.publish(new, SettingsAuthor(access.actor.name, datetime.now(UTC), reason))

    def withdraw(self, authoriser: Authoriser, serial: int, reason: str) -> UnitSettingsStep:
        """Withdraw a publication; old and new values go on record."""
        subject = AccessSubject((f"settings {serial}",), note=reason, changes=self._changes_of_withdrawal(serial))
        with authoriser.access(Operation.WITHDRAW_SETTINGS, subject=subject) as access:
            return self._register.withdraw(serial, SettingsAuthor(access.actor.name, datetime.now(UTC), reason))

    def _changes_of_withdrawal(self, serial: int) -> tuple[RecordedChange, ...]:
        """For the record; none where there is nothing to withdraw, which is told to who may withdraw."""
        try:
            return recorded_changes(self._overview().changes_of_withdrawal(serial))
        except DepartmentError:
            return ()

    def _overview(self) -> SettingsOverview:
        steps = self._register.steps()
        return SettingsOverview(steps, tuple(settings_lines(self._directory, self._database, steps)))


def _changes(overview: SettingsOverview, new: SettingsToPublish) -> list[SettingChange]:
    return settings_changes(new, [each.unit_id for each in overview.units], overview.history)
