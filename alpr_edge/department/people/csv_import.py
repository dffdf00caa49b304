"""Reads people from a CSV file, as records management exports them, and finds every faulty line first.

The first line names the columns (:data:`~alpr_edge.department.people.person_fields.COLUMNS`, in any order). A line is
about the person of its ``person_id``, else of its ``badge``; where nobody has that, somebody new is added. Columns that
the file does not have stay as they are, and so does whoever is not in the file.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.person_fields import COLUMNS, Entry, FieldFaultsError, changed_entry, new_entry
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus, Person, sign_in_key
from alpr_edge.domain.people.roster import PEOPLE_MAX

FILE_BYTES_MAX = 16 * 1024 * 1024
Requirement = Callable[[Entry | None, Entry], None]


class PeopleFileError(DepartmentError):
    """A file of people is refused."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"nobody was imported; faulty lines {len(faults)}")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PeopleImport:
    """What an import does, in numbers of people."""

    added: int
    changed: int
    unchanged: int
    not_in_file: int


@dataclass(slots=True)
class ImportPlan:
    """Who is added and who is changed."""

    added: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Entry]] = field(default_factory=list)
    """Before and after."""
    names_of_leavers: list[str] = field(default_factory=list)
    """Badges and addresses that those who left give up to others."""
    kept_out: list[str] = field(default_factory=list)
    """Ids of people whom the file itself calls suspended, or says have left."""
    unchanged: int = 0
    not_in_file: int = 0

    @property
    def result(self) -> PeopleImport:
        """The numbers."""
        return PeopleImport(len(self.added), len(self.changed), self.unchanged, self.not_in_file)


def plan_import(
    text: str, entries: Sequence[Entry], author: Author, requirements: Sequence[Requirement] = ()
) -> ImportPlan:
    """Compare a file with the people there are.

    Args:
        requirements: each raises DepartmentError where somebody may not be added (None before) or changed so.

    Raises:
        PeopleFileError: lines are wrong; it names every one.
    """
    planner = _Planner(entries, author, requirements)
    faults: list[str] = []
    for line, row in _rows(text, faults):
        faults += (f"line {line}: {fault}" for fault in planner.take(line, row))
    if not faults and len(entries) + len(planner.plan.added) > PEOPLE_MAX:
        faults.append(f"more than {PEOPLE_MAX} people")
    if faults:
        raise PeopleFileError(faults)
    planner.plan.not_in_file = sum(entry.person.person_id not in planner.lines for entry in entries)
    return planner.plan


def _rows(text: str, faults: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the lines of a file with their numbers, and add the faults of the file itself as they are met."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        columns = [name.strip().casefold() for name in next(reader, [])]
        faults += (f"line 1: {fault}" for fault in _column_faults(columns))
        if not _names_people(columns):
            return
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                faults.append(f"line {reader.line_num}: {len(row)} cells, the first line has {len(columns)}")
                continue
            known = zip(columns, row, strict=True)
            yield reader.line_num, {column: cell for column, cell in known if column in COLUMNS}
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: not CSV: {error}")


def _column_faults(columns: list[str]) -> Iterator[str]:
    if unknown := [name for name in columns if name not in COLUMNS]:
        names = ", ".join(map(repr, unknown))
        yield f"{names} is no column; columns are {', '.join(COLUMNS)}"
    if len(set(columns)) < len(columns):
        yield "a column is there twice"
    if not _names_people(columns):
        yield "neither badge nor person_id is among the columns"


def _names_people(columns: list[str]) -> bool:
    return "badge" in columns or "person_id" in columns


class _Planner:
    """Takes one line after another, and notices when two of them are about one person."""

    def __init__(self, entries: Sequence[Entry], author: Author, requirements: Sequence[Requirement]) -> None:
        self.plan = ImportPlan()
        self.lines: dict[str, int] = {}
        """The line of each person in the file."""
        self._author = author
        self._requirements = requirements
        self._by_id = {entry.person.person_id: entry for entry in entries}
        leavers = [entry for entry in entries if entry.person.status is AccountStatus.LEFT]
        self._leaver_ids = {entry.person.person_id for entry in leavers}
        stayers = [entry for entry in entries if entry.person.person_id not in self._leaver_ids]
        self._owners = {
            name: entry.person.person_id for entry in (*leavers, *stayers) for name in entry.person.sign_in_names
        }
        """Whose each badge and address is; of somebody who left where nobody else has it."""

    def take(self, line: int, texts: Mapping[str, str]) -> list[str]:
        """Plan what a line asks for; returns every fault of the line."""
        before = self._find(texts)
        author = self._author
        try:
            after = new_entry(texts, author.name, author.at) if before is None else changed_entry(before, texts)
        except FieldFaultsError as error:
            self._claim(line, before, texts)
            return list(error.faults)
        person_id = after.person.person_id
        faults = list(self._faults_of(before, after))
        self.lines.setdefault(person_id, line)
        if faults:
            return faults
        if "status" in texts and after.person.status is not AccountStatus.ACTIVE:
            self.plan.kept_out.append(person_id)
        if before is None:
            self.plan.added.append(after)
        elif after == before:
            self.plan.unchanged += 1
        else:
            self.plan.changed.append((before, after))
        return []

    def _claim(self, line: int, before: Entry | None, texts: Mapping[str, str]) -> None:
        """Note whom a faulty line is about, so that another line about them is told of in the same round."""
        if before is not None:
            self.lines.setdefault(before.person.person_id, line)
            return
        for column in ("badge", "email"):
            if name := sign_in_key(texts.get(column, "")):
                self._owners.setdefault(name, f"line {line}")

    def _faults_of(self, before: Entry | None, after: Entry) -> Iterator[str]:
        """Yield why somebody may not be added or changed so."""
        person = after.person
        for require in self._requirements:
            try:
                require(before, after)
            except DepartmentError as error:
                yield str(error)
        if (other := self.lines.get(person.person_id)) is not None:
            yield f"person_id: the same person as in line {other}"
        elif before is None or person.status is not AccountStatus.LEFT:
            yield from self._take_names(person)

    def _take_names(self, person: Person) -> Iterator[str]:
        """Make badge and address a person's, of somebody who left too; yields names that are somebody else's."""
        others = {name: self._owners.get(name, person.person_id) for name in person.sign_in_names}
        others = {name: owner_id for name, owner_id in others.items() if owner_id != person.person_id}
        taken = [name for name, owner_id in others.items() if owner_id not in self._leaver_ids]
        yield from (f"badge, email: somebody else has {name!r}" for name in sorted(taken))
        if not taken:
            self.plan.names_of_leavers += others
            self._owners |= dict.fromkeys(person.sign_in_names, person.person_id)

    def _find(self, texts: Mapping[str, str]) -> Entry | None:
        person_id = texts.get("person_id", "").strip()
        if person_id:
            return self._by_id.get(person_id)
        return self._by_id.get(self._owners.get(sign_in_key(texts.get("badge", "")), ""))
