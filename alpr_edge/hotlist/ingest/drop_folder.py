"""The drop folder of a source: which of its files are new, whole and next.

The folder belongs to somebody else: nothing in it is renamed or removed. A file is identified by its name, time of
change and size. A file that changes between two checks is left for later. A name that begins with a dot or ends with
.part or .tmp says that the file is still being written. A signature beside it (NAME.sig) is part of it.
"""

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.store.hotlists.sync_state import REFUSED_CHANGE, REFUSED_LIST, Marks

FILES_MAX = 1000
"""Most files of one folder that are looked at, the newest."""
OLDER = ""
"""The name, no file's, under which the marks have the time up to which files count as dealt with: older ones than are
looked at, which must not come back as new when newer ones are removed."""
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", "~")
_SIGNATURE = ".sig"
_CHANGES = {".add": ListChange.ADDITIONS, ".remove": ListChange.REMOVALS}


@dataclass(frozen=True, slots=True, order=True)
class DroppedFile:
    """A file of the folder, in the order they were made."""

    changed_ns: int
    name: str
    size: int

    @property
    def change(self) -> ListChange:
        """Its effect on the list: ``NAME.add.EXT`` adds, ``NAME.remove.EXT`` removes, any other replaces."""
        kinds = (_CHANGES.get(suffix.lower()) for suffix in Path(self.name).suffixes)
        return next((kind for kind in kinds if kind), ListChange.COMPLETE)


SETTLED_S = 2.0
"""How long a file of a drop folder must not have changed before it counts as complete."""
Listing = tuple[DroppedFile, ...]


def listing(folder: Path) -> Listing:
    """The newest finished files of a folder, oldest first; nothing when it is not there (a medium not mounted)."""
    files = []
    try:
        paths = [path for path in folder.iterdir() if _is_named_whole(path.name)]
    except OSError:
        return ()
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_size:
            files.append(DroppedFile(max(status.st_mtime_ns, _signed_ns(path)), path.name, status.st_size))
    return tuple(sorted(files)[-FILES_MAX:])


def _signed_ns(path: Path) -> int:
    """The time at which the signature of a file changed; 0 when it has none."""
    try:
        return path.with_name(f"{path.name}{_SIGNATURE}").stat().st_mtime_ns
    except OSError:
        return 0


def due(before: Listing, now: Listing, marks: Marks) -> Listing:
    """The files to import, in order; none while the newest of them still grows.

    Args:
        before: the folder some seconds ago.
    """
    dealt_with_ns = _dealt_with_ns(marks)
    fresh = [file for file in now if list(marks.get(file.name, ())) != [file.changed_ns, file.size]]
    fresh = [file for file in fresh if file.changed_ns > dealt_with_ns]
    complete = [place for place, file in enumerate(fresh) if file.change is ListChange.COMPLETE]
    # Changes older than a complete list are part of it.
    due_files = tuple(fresh[complete[-1] :] if complete else fresh)
    return due_files if set(due_files) <= set(before) else ()


def updated_marks(now: Listing, marks: Marks, up_to: DroppedFile) -> dict[str, list[int]]:
    """The marks after a file was imported: those of the folder's files, and of all not newer than it.

    A complete list ends the refusal of one before it.
    """
    new_marks = _marks_with(now, marks, (file for file in now if file <= up_to))
    if up_to.change is ListChange.COMPLETE and up_to.changed_ns > _refused_place(marks):
        new_marks.pop(REFUSED_LIST, None)
    return new_marks


def marks_of_refusal(now: Listing, marks: Marks, refused: DroppedFile) -> dict[str, list[int]]:
    """The marks after a file was refused: that one is dealt with, and changes before it are still to be imported.

    Where it is a complete list, changes after it are refused with it.
    """
    new_marks = _marks_with(now, marks, [refused])
    if refused.change is ListChange.COMPLETE and refused.changed_ns > _refused_place(marks):
        new_marks[REFUSED_LIST] = [refused.changed_ns, refused.size]
    return new_marks


def _marks_with(now: Listing, marks: Marks, dealt_with: Iterable[DroppedFile]) -> dict[str, list[int]]:
    present = {REFUSED_LIST, REFUSED_CHANGE, *(file.name for file in now)}
    present_marks = {name: list(mark) for name, mark in marks.items() if name in present}
    dealt_with_ns = max(_dealt_with_ns(marks), now[0].changed_ns - 1 if len(now) == FILES_MAX else 0)
    if dealt_with_ns:
        present_marks[OLDER] = [dealt_with_ns, 0]
    return present_marks | {file.name: [file.changed_ns, file.size] for file in dealt_with}


def _dealt_with_ns(marks: Marks) -> int:
    return next(iter(marks.get(OLDER, ())), 0)


def _refused_place(marks: Marks) -> int:
    return next(iter(marks.get(REFUSED_LIST, ())), 0)


def _is_named_whole(name: str) -> bool:
    return not name.startswith(".") and not name.lower().endswith((*_UNFINISHED, _SIGNATURE))
