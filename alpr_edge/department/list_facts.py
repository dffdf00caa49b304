"""Facts kept beside a published list: the note on it, and what of its size was accepted.

::

    lists/<source>/<serial>.note
    lists/<source>/<serial>.shrink
    lists/<source>/<serial>.growth

An empty ``shrink`` or ``growth`` says that whoever published the list accepted that it is much smaller or larger than
the list before. It stays when its list is replaced: a unit that was away all that time gets a later list in its place.
"""

from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.protocol.items import AcceptedSize, ListChange
from alpr_edge.runtime.durable_files import replace_file


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What is kept beside a list."""

    note: bytes = b""
    """Who published it and what it holds; empty: nothing is kept."""
    accepted_sizes: frozenset[AcceptedSize] = frozenset()
    """What was accepted of its size."""


NO_FACTS = ListFacts()


def note_path(path: Path) -> Path:
    """The file of the note on a list, by the list's file."""
    return path.with_suffix(".note")


def write_accepted(folder: Path, serial: int, change: ListChange, accepted: frozenset[AcceptedSize]) -> None:
    """Write what was accepted of a list's size, before the list itself: a unit may fetch that at once."""
    for size in AcceptedSize:
        before = _serials(folder, size)
        if size in accepted:
            replace_file(_path(folder, serial, size), b"")
        else:
            _path(folder, serial, size).unlink(missing_ok=True)
        if size in accepted and change is ListChange.COMPLETE:
            for each in before:
                if each < serial:
                    _path(folder, each, size).unlink(missing_ok=True)


def accepted_for(folder: Path, serial: int, after: int) -> list[AcceptedSize]:
    """What of a list's size is accepted for a unit: what was accepted of it, or of one that the unit has not had.

    Args:
        after: of the list that the unit had last; 0: it does not say, and what was accepted of others is not for it.
    """
    return [
        size
        for size in AcceptedSize
        if any(each == serial or 0 < after < each < serial for each in _serials(folder, size))
    ]


def _serials(folder: Path, size: AcceptedSize) -> list[int]:
    return [int(path.stem) for path in folder.glob(f"*.{size.value}") if path.stem.isdecimal()]


def _path(folder: Path, serial: int, size: AcceptedSize) -> Path:
    return folder / f"{serial:08d}.{size.value}"
