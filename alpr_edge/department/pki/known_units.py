"""Tells the ids of units that are on record from typing errors."""

from collections.abc import Collection

from alpr_edge.department.pki.units import Units
from alpr_edge.domain.errors import DepartmentError


def unknown_units(units: Units, unit_ids: Collection[str]) -> list[str]:
    """Those ids, ascending, whose unit was never invited."""
    return sorted(set(unit_ids) - {each.unit_id for each in units.records()}) if unit_ids else []


def require_units(units: Units, unit_ids: Collection[str]) -> None:
    """Check that units are on record; arguments as above.

    Raises:
        DepartmentError: one was never invited.
    """
    if strangers := unknown_units(units, unit_ids):
        raise DepartmentError(f"{strangers[0]}: there is no such unit; see: alpr-edge department unit list")
