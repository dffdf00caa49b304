"""Hotlists the department publishes: each a file with a serial, handed to units step by step.

::

    lists/<source>/<serial>.<complete | additions | removals>
    lists/<source>/<serial>.withdrawn
    lists/<source>/audience

A unit names the serial that it imported last and gets the next step: the newest complete list when there is a newer
one, else the change that follows. Nothing but the names of the files records what is published; what else is known of a
list lies beside it (:mod:`~alpr_edge.department.list_facts`). An empty ``withdrawn`` file keeps the last serial of a
list that was withdrawn: serials only grow. A unit that a list is not meant for
(:mod:`~alpr_edge.department.hotlists`) gets the same answer as if there were no such list.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.department.list_facts import NO_FACTS, ListFacts, note_path, write_accepted
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.runtime.durable_files import (
    TEMPORARY_PREFIX,
    create_file,
    private_directory,
    replace_file,
    sync_directory,
)
from alpr_edge.runtime.file_lock import exclusive_lock
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings.base import is_name

# The units that a list is meant for: all of them, or those that are named.
#
# Beside the lists of a source lies a file ``audience`` that names the units, one a line. Without it a list is for all;
# with one that cannot be read it is for nobody, since a list sent to the wrong unit cannot be taken back.

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


LIST_BYTES_MAX = 1 << 30
LOCK_S_MAX = 60.0
"""Longest wait for another process that publishes: it writes a list of that size meanwhile."""
CHANGES_MAX = 1000
"""Changes in a row without a complete list; a unit that was away has to fetch them all."""
_WITHDRAWN = re.compile(r"(\d{8})\.withdrawn")
_FILE = re.compile(r"(\d{8})\.(complete|additions|removals)")
LISTS_NAME = "lists"
"""The folder of the published lists in that of the department."""


@dataclass(frozen=True, slots=True)
class PublishedList:
    """One list or change."""

    source: str
    serial: int
    change: ListChange
    path: Path

    @property
    def published_at(self) -> datetime | None:
        """When it was published, UTC; None: it was removed meanwhile."""
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError:
            return None


class ListRepository:
    """The published lists."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def publish(
        self,
        feed: Path,
        source: str,
        change: ListChange,
        audience: Collection[str] | None = None,
        *,
        after: int | None = None,
        facts: ListFacts = NO_FACTS,
    ) -> PublishedList:
        """Copy a feed into the department's folder under the source's next serial, durable when this returns.

        Args:
            audience: the units that the list is meant for from now on; None: those that it was meant for.
            after: the serial that has to be the newest still; None: whatever it is.

        Raises:
            DepartmentError: the name or the file cannot be used, the change follows no complete list, or something was
                published after ``after``.
        """
        folder, content = self._folder(source), _content(feed)
        with self._only_one():
            return self._publish(folder, content, change, audience, after, facts)

    def _publish(
        self,
        folder: Path,
        content: bytes,
        change: ListChange,
        audience: Collection[str] | None,
        after: int | None,
        facts: ListFacts,
    ) -> PublishedList:
        source, steps = folder.name, self._steps(folder, folder.name)
        if change is not ListChange.COMPLETE:
            _require_complete(source, steps)
        _require_newest(source, steps, after)
        serial = max([step.serial for step in steps] + _withdrawn_serials(folder), default=0) + 1
        path = folder / f"{serial:08d}.{change.value}"
        if audience is not None:
            set_audience(folder, audience)
        published = PublishedList(source, serial, change, path)
        self._write(published, content, facts)
        self._remove_old([*steps, published])
        return published

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Let one process at a time give serials: a change and a complete list would else get the same."""
        try:
            private_directory(self._directory)
            descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, StoreError) as error:
            raise DepartmentError(f"{self._directory}: cannot be written: {error}") from None
        with exclusive_lock(descriptor, "somebody else publishes at this moment; try again", wait_s=LOCK_S_MAX):
            yield

    def _write(self, new: PublishedList, content: bytes, facts: ListFacts) -> None:
        """Write a list, then its note: a list that a power cut leaves without a note is still published."""
        try:
            private_directory(self._directory)
            private_directory(new.path.parent)
            write_accepted(new.path.parent, new.serial, new.change, facts.accepted_sizes)
            create_file(new.path, content)
            if facts.note:
                replace_file(note_path(new.path), facts.note)
        except FileExistsError:
            raise DepartmentError(f"{new.source}: somebody else published at the same moment; publish again") from None
        except (OSError, StoreError) as error:
            raise DepartmentError(f"{new.path.parent}: cannot be written: {error}") from None

    def next_after(self, source: str, serial: int, unit_id: str) -> PublishedList | None:
        """The next list after ``serial`` for a unit; None when it has the newest or none is meant for it."""
        steps = self._steps_for(unit_id, self._folder(source))
        since_complete = _since_complete(steps)
        if not since_complete:
            return None
        if serial < since_complete[0].serial or serial > steps[-1].serial:
            return since_complete[0]
        return next((step for step in since_complete if step.serial > serial), None)

    def has(self, source: str, unit_id: str) -> bool:
        """Whether any list of a source was published that is meant for a unit."""
        return bool(self._steps_for(unit_id, self._folder(source)))

    def newest(self, unit_id: str) -> dict[str, int]:
        """The newest serial of each source that is meant for a unit: what its receipts name."""
        steps_by_source = {folder.name: self._steps_for(unit_id, folder) for folder in self._folders()}
        return {source: steps[-1].serial for source, steps in steps_by_source.items() if steps}

    def steps_of(self, source: str) -> list[PublishedList]:
        """Everything published of a source that units can fetch, oldest first."""
        return self._steps(self._folder(source), source)

    def steps_since_complete(self, source: str) -> list[PublishedList]:
        """The newest complete list of a source and the changes to it, oldest first."""
        return _since_complete(self.steps_of(source))

    def note_of(self, published: PublishedList) -> bytes | None:
        """What is kept beside a list; None: nothing."""
        try:
            return note_path(published.path).read_bytes()
        except OSError:
            return None

    def withdraw(self, source: str) -> int:
        """Remove everything published of a source; returns its last serial, which is not given again.

        Raises:
            DepartmentError: the name cannot be used, or the folder cannot be written.
        """
        folder = self._folder(source)
        with self._only_one(), io_errors(f"{folder}: cannot be written", DepartmentError):
            steps = self._steps(folder, source)
            serial = max([step.serial for step in steps] + _withdrawn_serials(folder), default=0)
            if steps:
                replace_file(folder / f"{serial:08d}.withdrawn", b"")
            for step in steps:
                _remove(step)
            sync_directory(folder)
        return serial

    def set_audience(self, source: str, units: Collection[str] | None) -> None:
        """Set which units a list is meant for, also one that is not published yet; None: all.

        Raises:
            DepartmentError: a name cannot be used, or the folder cannot be written.
        """
        set_audience(self._folder(source), units)

    def audiences(self) -> dict[str, frozenset[str] | None]:
        """Which units each list is meant for; None: all."""
        return {folder.name: audience_of(folder) for folder in self._folders()}

    def _folders(self) -> list[Path]:
        return sorted(path for path in self._directory.iterdir() if path.is_dir()) if self._directory.is_dir() else []

    def _steps_for(self, unit_id: str, folder: Path) -> list[PublishedList]:
        """Everything published of a source that is meant for a unit, oldest first."""
        audience = audience_of(folder)
        return self._steps(folder, folder.name) if audience is None or unit_id in audience else []

    def _folder(self, source: str) -> Path:
        if not is_name(source):
            raise DepartmentError("a source's name is letters, digits and ._- only, at most 64")
        return self._directory / source

    def _steps(self, folder: Path, source: str) -> list[PublishedList]:
        """Everything published of a source, oldest first."""
        try:
            names = [path for path in folder.iterdir() if not path.name.startswith(TEMPORARY_PREFIX)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        matches = [(match, path) for path in names if (match := _FILE.fullmatch(path.name))]
        steps = [PublishedList(source, int(match[1]), ListChange(match[2]), path) for match, path in matches]
        return sorted(steps, key=lambda step: step.serial)

    def _remove_old(self, steps: list[PublishedList]) -> None:
        """Keep the newest complete list with its changes, and the complete list before it."""
        complete = [step.serial for step in steps if step.change is ListChange.COMPLETE]
        oldest = complete[-2] if len(complete) > 1 else complete[0]
        for step in steps:
            is_between = step.change is not ListChange.COMPLETE and step.serial < complete[-1]
            if step.serial < oldest or is_between:
                _remove(step)


def _require_newest(source: str, steps: list[PublishedList], after: int | None) -> None:
    """Raise unless a serial is the newest still; None: whatever it is."""
    if after is not None and after != (steps[-1].serial if steps else 0):
        raise DepartmentError(f"{source}: something was published or withdrawn meanwhile; check the feed again")


def _remove(step: PublishedList) -> None:
    step.path.unlink(missing_ok=True)
    note_path(step.path).unlink(missing_ok=True)


def _require_complete(source: str, steps: list[PublishedList]) -> None:
    """Raise unless a change may follow what was published."""
    since_complete = _since_complete(steps)
    if not since_complete:
        raise DepartmentError(f"{source}: a change needs a complete list first; publish one")
    if len(since_complete) > CHANGES_MAX:
        raise DepartmentError(f"{source}: {CHANGES_MAX} changes in a row; publish a complete list")


def _since_complete(steps: list[PublishedList]) -> list[PublishedList]:
    """The newest complete list and the changes to it."""
    places = [place for place, step in enumerate(steps) if step.change is ListChange.COMPLETE]
    return steps[places[-1] :] if places else []


def _withdrawn_serials(folder: Path) -> list[int]:
    """The last serials of the lists that were withdrawn from a source's folder."""
    if not folder.is_dir():
        return []
    return [int(match[1]) for path in folder.iterdir() if (match := _WITHDRAWN.fullmatch(path.name))]


def _content(feed: Path) -> bytes:
    with io_errors(f"{feed}: cannot be read", DepartmentError):
        if feed.stat().st_size > LIST_BYTES_MAX:
            raise DepartmentError(f"{feed}: over {LIST_BYTES_MAX} bytes; split it by source")
        content = feed.read_bytes()
    if not content.strip():
        raise DepartmentError(f"{feed}: is empty; nothing was published")
    return content
