"""Which settings every unit has: what it should have, keeps, works by and refused, each since when.

A unit says so with each request for its settings. A moment is noted only when what it says differs from before: it is
when this server first heard of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.heartbeat_schema import unit_settings
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.units import Units
from alpr_edge.department.publishing.settings_register import UnitSettingsStep, counting_step
from alpr_edge.domain.department_settings.exchange import SettingsStatement


@dataclass(frozen=True, slots=True)
class HeldSettings:
    """What a unit said last of its settings."""

    held: int
    """Serial of the document that it keeps; 0: none."""
    held_since: datetime
    """When it first said so, UTC, by this server's clock; likewise the other moments."""
    in_force: int | None
    """Serial of the one that its daemons work by; 0: none; None: nothing ran."""
    in_force_since: datetime
    refused: int
    """Serial of the one that it refused; 0: none."""
    refusal: str
    """Why, in the unit's words."""
    refused_since: datetime


@dataclass(frozen=True, slots=True)
class UnitSettingsLine:
    """What a unit should have, and what it has."""

    unit_id: str
    serial: int
    """Of the document that is meant for it; 0: none."""
    publication: int
    """Serial of what counts in it; 0: its own file alone."""
    said: HeldSettings | None
    """None: it never said."""

    @property
    def state(self) -> str:
        """How it stands, in a word or a few."""
        said = self.said
        if said is None:
            return "never asked" if self.serial else "nothing is meant for it"
        if said.refused and said.refused >= self.serial:
            return "refused"
        if said.held != self.serial:
            return "not fetched yet" if self.serial else "holds what this department does not know"
        if (said.in_force or 0) != said.held:
            return "in force from the next start"
        return "in force" if self.publication else "its own file counts"


class UnitSettingsRecord:
    """The record of what units say of their settings; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def note(self, unit_id: str, said: SettingsStatement) -> None:
        """Note what a unit says; nothing is written where it says the same as before."""
        mine, now = unit_settings.c.unit_id == unit_id, naive_utc_now()
        with self._database.reading() as connection:
            row = connection.execute(select(unit_settings).where(mine)).first()
        values: dict[str, Any] = {
            "held": said.held,
            "in_force": said.in_force,
            "refused": said.refused,
            "refusal": said.reason,
        }
        changed = {name for name, value in values.items() if row is None or getattr(row, name) != value}
        if not changed:
            return
        moments = {"held_since": {"held"}, "in_force_since": {"in_force"}, "refused_since": {"refused", "refusal"}}
        values |= {moment: now for moment, names in moments.items() if names & changed}
        with self._database.writing(unit_id) as connection:
            if not connection.execute(update(unit_settings).where(mine).values(values)).rowcount:
                since = dict.fromkeys(moments, now)
                connection.execute(insert(unit_settings).values(since | values | {"unit_id": unit_id}))

    def all(self) -> dict[str, HeldSettings]:
        """What each unit said last, by unit."""
        with self._database.reading() as connection:
            return {row.unit_id: _row_settings(row) for row in connection.execute(select(unit_settings))}


def settings_lines(
    directory: Path, database: DepartmentDatabase, steps: tuple[UnitSettingsStep, ...]
) -> list[UnitSettingsLine]:
    """What each unit that is enrolled should have and has, by its id.

    Raises:
        StoreError: the database does not answer.
    """
    said = UnitSettingsRecord(database).all()
    records = Units(database, TlsFiles(directory)).records()
    return [unit_line(each, steps, said.get(each)) for each in sorted(x.unit_id for x in records if x.state == "valid")]


def unit_line(unit_id: str, steps: tuple[UnitSettingsStep, ...], said: HeldSettings | None) -> UnitSettingsLine:
    """What a unit should have and has.

    Args:
        said: what it said last; None: nothing.
    """
    serial, step = counting_step(steps, unit_id)
    return UnitSettingsLine(unit_id, serial, 0 if step is None else step.publication, said)


def _row_settings(row: Row[Any]) -> HeldSettings:
    held, in_force, refused = (
        moment.replace(tzinfo=UTC) for moment in (row.held_since, row.in_force_since, row.refused_since)
    )
    return HeldSettings(row.held, held, row.in_force, in_force, row.refused, row.refusal, refused)
