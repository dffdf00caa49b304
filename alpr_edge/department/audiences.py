"""The units that a list is meant for: all of them, or those that are named.

Beside the lists of a source lies a file ``audience`` that names the units, one a line. Without it a list is for all;
with one that cannot be read it is for nobody, since a list sent to the wrong unit cannot be taken back.
"""

from collections.abc import Collection
from pathlib import Path

from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import private_directory, replace_file, sync_directory
from alpr_edge.settings.base import is_name

AUDIENCE_NAME = "audience"
UNITS_MAX = 10_000


def audience_of(folder: Path) -> frozenset[str] | None:
    """The units that the lists in a source's folder are for; None: all of them."""
    try:
        text = (folder / AUDIENCE_NAME).read_text(encoding="ascii")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return frozenset()
    return frozenset(text.split())


def set_audience(folder: Path, units: Collection[str] | None) -> None:
    """Set which units a source's folder is for, durable when this returns.

    Args:
        units: their ids; None: all of them.
    """
    if units is not None:
        _check(units)
    try:
        private_directory(folder.parent)
        private_directory(folder)
        path = folder / AUDIENCE_NAME
        if units is None:
            path.unlink(missing_ok=True)
            sync_directory(folder)
        else:
            content = "".join(f"{unit}\n" for unit in sorted(set(units)))
            replace_file(path, content.encode("ascii"))
    except (OSError, StoreError) as error:
        raise DepartmentError(f"{folder}: cannot be written: {error}") from None


def _check(units: Collection[str]) -> None:
    if not 0 < len(units) <= UNITS_MAX:
        raise DepartmentError(f"name 1 to {UNITS_MAX} units, or all")
    if not all(map(is_name, units)):
        raise DepartmentError("a unit's id is letters, digits and ._- only, at most 64")
