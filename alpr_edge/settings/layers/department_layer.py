"""Lays the settings that the department gave a unit over those of the unit's own file.

The uplink checks a document by the department's key, as the unit pinned it, before it keeps it. The key stands before
the document, since only the uplink reads the folder where it is pinned: what is checked here at each start is that the
file is whole, and is this unit's. Who can write the unit's data folder is the unit; whatever changes its settings goes
on record with both values (:mod:`alpr_edge.services.changes.self_check`).

A document that is damaged, or no longer fits the file, never keeps a unit from starting: then the file counts alone,
and health tells why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alpr_edge.domain.department_settings.exchange import DOCUMENT_BYTES_MAX
from alpr_edge.domain.errors import DepartmentSettingsError, RosterError, SettingsError
from alpr_edge.settings.layers.remote_keys import remote_faults
from alpr_edge.settings.loader import parse, read_values
from alpr_edge.settings.schema import Settings

if TYPE_CHECKING:
    # It loads cryptography, which a start needs only where a department set something.
    from alpr_edge.domain.department_settings.document import UnitSettingsPayload, Values

FILE_NAME = "department-settings"
IN_FORCE_FIGURE = "settings_serial"
"""The figure of the health of ``run`` that says which document it works by; 0: none."""
_KEPT_BYTES_MAX = DOCUMENT_BYTES_MAX + 1024
"""Of a document and the line of the key before it."""


class UnreadableSettingsError(DepartmentSettingsError):
    """This process may not read the department's document: its login is not that of the daemons."""


@dataclass(frozen=True, slots=True)
class LayeredSettings:
    """A unit's settings, and which of them its department set."""

    settings: Settings
    """What counts."""
    own: dict[str, Any]
    """The values of the unit's own file, as TOML has them."""
    kept: "UnitSettingsPayload | None" = None
    """The department's document that the unit keeps; None: there is none, or none that can be read."""
    fault: str = ""
    """Why the document that the unit keeps does not count; empty: it does, or there is none."""

    @property
    def document(self) -> "UnitSettingsPayload | None":
        """The department's document that lies over the file; None: none does."""
        return None if self.fault else self.kept

    @property
    def held_serial(self) -> int:
        """Serial of the document that the unit keeps; 0: none, or one that cannot be read."""
        return 0 if self.kept is None else self.kept.serial

    @property
    def in_force(self) -> int:
        """Serial of the document that counts; 0: none."""
        return 0 if self.document is None else self.document.serial


def load(path: Path) -> Settings:
    """Read a settings file, and lay over it what the department set."""
    return load_layers(path).settings


def load_layers(path: Path) -> LayeredSettings:
    """Read a settings file and what the department set, and say which is which; raises as :func:`load`."""
    return lay_over(read_values(path), path.parent)


def lay_over(own: dict[str, Any], base: Path) -> LayeredSettings:
    """Lay what the department set over the values of a unit's file.

    Raises:
        SettingsError: with every fault found in the file's own values.
    """
    settings = parse(own, base)
    try:
        document = kept_document(settings)
    except UnreadableSettingsError as error:
        return LayeredSettings(settings, own, fault=str(error))
    except DepartmentSettingsError as error:
        return LayeredSettings(settings, own, fault=f"the department's settings do not count: {error}")
    if document is None:
        return LayeredSettings(settings, own)
    try:
        laid = lay_values(own, document.values, base)
    except SettingsError as error:
        fault = f"the department's settings {document.serial} do not count: {error.faults[0]}"
        return LayeredSettings(settings, own, document, fault)
    return LayeredSettings(laid, own, document)


def lay_values(own: Mapping[str, Any], values: "Values", base: Path) -> Settings:
    """The settings of a file with a department's values in place of its own.

    Raises:
        SettingsError: a key may not be set from afar, or the whole does not hold.
    """
    if faults := remote_faults(values):
        raise SettingsError(faults)
    laid = dict(own)
    for section, table in values.items():
        laid[section] = {**own.get(section, {}), **table}
    return parse(laid, base)


def kept_document(settings: Settings) -> "UnitSettingsPayload | None":
    """The department's document that a unit keeps; None: it has none.

    Raises:
        DepartmentSettingsError: it cannot be read, is damaged, or is another unit's.
    """
    path = kept_file(settings)
    try:
        with path.open("rb") as file:
            kept = file.read(_KEPT_BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise UnreadableSettingsError(
            f"the department's settings are left out here: this login may not read {path}; in the daemons they count"
        ) from None
    except OSError as error:
        raise DepartmentSettingsError(f"{path}: they cannot be read: {error.strerror}") from None
    return _open_document(kept, path, settings.unit.id)


def _open_document(kept: bytes, path: Path, unit_id: str) -> "UnitSettingsPayload":
    from alpr_edge.domain.department_settings.document import open_settings, split_key  # noqa: PLC0415 - cryptography
    from alpr_edge.domain.people.signed_roster import RosterKey  # noqa: PLC0415 - likewise, for nothing else

    line, content = split_key(kept)
    try:
        key = RosterKey.parse(line)
    except RosterError:
        raise DepartmentSettingsError(f"{path}: they are no signed document") from None
    return open_settings(content, key, unit_id)


def kept_file(settings: Settings) -> Path:
    """Where a unit keeps the department's document."""
    return settings.unit.data_directory / FILE_NAME
