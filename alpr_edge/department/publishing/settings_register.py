"""Publishes and withdraws settings for units, and makes each unit's signed document (policy 462.3.1).

Each publication and each withdrawal is a step with a serial of its own, which stays on file. What counts in a unit is
the newest publication that is meant for it and was not withdrawn; the serial of its document is that of the newest step
that concerns it, so that a withdrawal is newer than what it takes away and no unit has to go back.
"""

import json
import threading
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.permanent_tables.settings_schema import settings_steps
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.known_units import require_units
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.pki.units import Units
from alpr_edge.domain.department_settings.document import (
    UnitSettingsPayload,
    Values,
    sign_settings,
)
from alpr_edge.domain.department_settings.exchange import SERIAL_MAX
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.domain.protocol.items import digest
from alpr_edge.settings.layers.remote_keys import check_remote_values
from alpr_edge.settings.loader import NO_SETTINGS, read_values, toml_values

VALUES_BYTES_MAX = 16_384
"""Of what is published, as JSON; every key of the list with a short value takes some 2,000."""
NAME_CHARACTERS_MAX = 100
REASON_CHARACTERS_MAX = 200
PUBLICATIONS_MAX = 10_000
"""Most publications of a department; some each day for a decade are fewer. Each of them can be withdrawn."""


@dataclass(frozen=True, slots=True)
class SettingsAuthor:
    """Who publishes or withdraws, and when."""

    name: str
    at: datetime
    """UTC."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SettingsToPublish:
    """Settings that are about to be published."""

    values: Values
    """What was checked (:func:`read_remote_file`), by table and key."""
    units: tuple[str, ...] = ()
    """The units that it is meant for; none: all of them."""
    after: int = 0
    """A serial that units hold already; the new one is higher, also where this database was set back."""
    seen: int | None = None
    """The serial that was the newest when its changes were shown to who publishes, 0: there was none; None: any."""


@dataclass(frozen=True, slots=True)
class UnitSettingsStep:
    """A publication of settings, or the withdrawal of one."""

    serial: int
    publication: int
    """Its own serial, or that of the publication that it withdraws."""
    values: Values
    """By table and key; empty: it is a withdrawal."""
    units: tuple[str, ...]
    """The units that it is meant for; none: all of them."""
    at: datetime
    by: str
    reason: str

    @property
    def is_withdrawal(self) -> bool:
        """Whether it takes a publication away."""
        return self.serial != self.publication

    def concerns(self, unit_id: str) -> bool:
        """Whether a unit is meant."""
        return not self.units or unit_id in self.units


@dataclass(frozen=True, slots=True, eq=False)
class SignedSettings:
    """A signed document for a unit."""

    serial: int
    sha256: str
    content: bytes


def read_remote_file(path: Path) -> Values:
    """Read a file with settings for units, and check it as the units will.

    Raises:
        SettingsError: with every fault found, each by its key.
    """
    values = read_values(path)
    check_remote_values(values)
    return values


def read_remote_text(text: str) -> Values:
    """Read settings for units from the text of a file; raises as :func:`read_remote_file`."""
    try:
        values = toml_values(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"not valid TOML: {error}"]) from None
    except (ValueError, RecursionError):
        raise SettingsError([NO_SETTINGS]) from None
    check_remote_values(values)
    return values


class SettingsRegister:
    """The register of units' settings; threads may share it."""

    def __init__(self, directory: Path, database: DepartmentDatabase) -> None:
        self._directory = directory
        self._database = database
        self._lock = threading.Lock()
        self._steps: tuple[UnitSettingsStep, ...] = ()

    def publish(self, new: SettingsToPublish, author: SettingsAuthor) -> UnitSettingsStep:
        self.check(new)
        return self._add(0, new, author)

    def check(self, new: SettingsToPublish) -> None:
        """Check settings before they are published; raises as :meth:`publish`."""
        check_remote_values(new.values)
        if len(json.dumps(new.values)) > VALUES_BYTES_MAX:
            raise SettingsError([f"longer than {VALUES_BYTES_MAX} bytes as JSON; name fewer or shorter values"])
        require_units(Units(self._database, TlsFiles(self._directory)), new.units)

    def withdraw(self, serial: int, author: SettingsAuthor) -> UnitSettingsStep:
        """Withdraw a publication: the one before it counts again, or each unit's own file alone."""
        published = counting_publication(self.steps(), serial)
        return self._add(serial, SettingsToPublish({}, published.units), author)

    def steps(self) -> tuple[UnitSettingsStep, ...]:
        """Every publication and withdrawal, oldest first."""
        with self._lock, self._database.reading() as connection:
            newest = connection.scalar(select(func.max(settings_steps.c.serial))) or 0
            if newest != (self._steps[-1].serial if self._steps else 0):
                rows = connection.execute(select(settings_steps).order_by(settings_steps.c.serial))
                self._steps = tuple(map(_step, rows))
            return self._steps

    def counting(self, unit_id: str) -> tuple[int, UnitSettingsStep | None]:
        """The serial of a unit's document, 0 where nothing ever concerned it; and what counts there, None: nothing."""
        steps = self.steps()
        return counting_step(steps, unit_id)

    def file_for(self, unit_id: str) -> SignedSettings | None:
        """The signed document of a unit; None: nothing was ever published for it."""
        serial, step = self.counting(unit_id)
        if not serial:
            return None
        signer = load_roster_signer(self._directory)
        publication, values = (0, {}) if step is None else (step.publication, step.values)
        payload = UnitSettingsPayload(
            department_id=signer.department_id, unit_id=unit_id, serial=serial, publication=publication, values=values
        )
        content = sign_settings(payload, signer.key)
        return SignedSettings(serial, digest(content), content)

    def _add(self, publication: int, new: SettingsToPublish, author: SettingsAuthor) -> UnitSettingsStep:
        with self._database.writing() as connection:
            _check_room(connection, publication)
            newest = connection.scalar(select(func.max(settings_steps.c.serial))) or 0
            if new.seen not in {None, newest}:
                raise DepartmentError("something else was published meanwhile; look at the changes again")
            serial = max(new.after, newest) + 1
            if serial > SERIAL_MAX:
                raise DepartmentError(f"{serial - 1} is the last serial that units know: there is no room for another")
            step = UnitSettingsStep(
                serial,
                publication or serial,
                new.values,
                tuple(sorted(set(new.units))),
                author.at,
                _line(author.name, NAME_CHARACTERS_MAX),
                _line(author.reason, REASON_CHARACTERS_MAX),
            )
            row = {name: getattr(step, name) for name in ("serial", "publication", "at", "by", "reason")}
            connection.execute(insert(settings_steps).values(**row, body=step.values, units=list(step.units)))
        return step


def counting_publication(steps: Sequence[UnitSettingsStep], serial: int) -> UnitSettingsStep:
    """The publication of a serial that was not withdrawn."""
    published = next((each for each in steps if each.serial == serial and not each.is_withdrawal), None)
    if published is None:
        raise DepartmentError(f"{serial}: was not published; see: alpr-edge department settings list")
    if serial in _withdrawn(steps):
        raise _was_withdrawn(serial)
    return published


def counting_step(steps: Sequence[UnitSettingsStep], unit_id: str) -> tuple[int, UnitSettingsStep | None]:
    """The serial of a unit's document and what counts there, by all steps; as :meth:`SettingsRegister.counting`."""
    mine, withdrawn = [each for each in steps if each.concerns(unit_id)], _withdrawn(steps)
    serial = mine[-1].serial if mine else 0
    counting = (each for each in reversed(mine) if not each.is_withdrawal and each.serial not in withdrawn)
    return serial, next(counting, None)


def _check_room(connection: Connection, publication: int) -> None:
    """Check that a publication can be withdrawn, as somebody else may have done meanwhile, or that one has room.

    Args:
        publication: the serial that is to be withdrawn; 0: a new one is published.
    """
    is_publication = settings_steps.c.serial == settings_steps.c.publication
    which = is_publication if not publication else and_(~is_publication, settings_steps.c.publication == publication)
    count = connection.scalar(select(func.count()).select_from(settings_steps).where(which)) or 0
    if publication and count:
        raise _was_withdrawn(publication)
    if count >= PUBLICATIONS_MAX:
        raise DepartmentError(f"{count} publications are on file: there is no room for another")


def _was_withdrawn(serial: int) -> DepartmentError:
    return DepartmentError(f"{serial}: was withdrawn before; see: alpr-edge department settings list")


def _withdrawn(steps: Sequence[UnitSettingsStep]) -> set[int]:
    return {each.publication for each in steps if each.is_withdrawal}


def _line(text: str, characters: int) -> str:
    return "".join(filter(str.isprintable, " ".join(text.split())))[:characters]


def _step(row: Row[Any]) -> UnitSettingsStep:
    return UnitSettingsStep(row.serial, row.publication, row.body, tuple(row.units), row.at, row.by, row.reason)
