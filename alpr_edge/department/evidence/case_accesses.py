"""Finds who looked at the reads of a case: in the department's own log and in those of the units that sent them.

Records about the case go into its package with their proofs. The list for discovery (policy 462.5, 462.6(a)) has those
for other cases as well, by name, date and time, without their numbers: they are other investigations.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import unit_logs
from alpr_edge.department.evidence.case_choice import ReadIdentity
from alpr_edge.department.evidence.hit_choice import ChosenHits, ListRights, names_of, withheld_among
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.unit_logs.trees import LogIdentity, count_waiting_records, record_bodies
from alpr_edge.domain.access_log.case_records import SHOW_COVERT, RecordSubject, record_subject
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.errors import AuditError, EvidenceError

BATCH = 500
ACCESSES_MAX = 50_000
"""Most accesses of one list: they stay in memory while a package is written."""
Tick = Callable[[int, int], None]
"""Receives how many records were looked at, and how many there are."""


@dataclass(frozen=True, slots=True)
class CaseScope:
    """What accesses are looked for."""

    case: str
    """As :func:`~alpr_edge.domain.holds.case_numbers.normal_case` writes it."""
    reads: Sequence[FoundRead]
    hits: ChosenHits
    rights: ListRights


@dataclass(frozen=True, slots=True, eq=False)
class CaseLog:
    """A log, as far as it was looked through."""

    identity: LogIdentity | None
    """None: the department's own."""
    size: int
    """How many records it had."""
    names: dict[str, ReadIdentity]
    """What its records call the reads of the case and their hits; each with unit and read."""
    hits: frozenset[str]
    """Of these, the hits."""
    withheld: frozenset[str]
    """What they call hits of these reads that are withheld from whoever asks."""
    waiting_count: int = 0
    """How many records behind its size waited, as it was read, for one before them."""

    def name_of(self, unit_id: str, name: str) -> str:
        """What its records call something of a unit, by the name that the unit's own have for it."""
        return name if self.identity is not None else f"{unit_id}/{name}"


@dataclass(frozen=True, slots=True, eq=False)
class FoundAccess:
    """A record by which somebody looked at reads of a case."""

    log: CaseLog
    sequence: int
    body: bytes = field(repr=False)
    subject: RecordSubject
    is_of_case: bool
    """Whether it is about the case; else about its reads, for something else."""
    is_shown: bool = True
    """Whether it names nothing that is withheld from whoever asks; else the list has it, and no package."""

    @property
    def record(self) -> AccessRecord:
        return parse_record(self.body)

    @property
    def read_count(self) -> int:
        """How many reads of the case it names, itself or by a hit."""
        return len({self.log.names[each] for each in self.subject.objects if each in self.log.names})


@dataclass(frozen=True, slots=True)
class FoundAccesses:
    """The accesses to the reads of a case."""

    listed: tuple[FoundAccess, ...]
    """The department's own log first, in the order of each log."""
    withheld: int
    """Those that tell of nothing but hits of lists that whoever asks may not see; of covert hits nothing is told."""
    not_looked_through: int
    """Records of these units' logs of which nobody can tell whether they are accesses: they do not open, or one before
    them has not arrived."""


@dataclass(slots=True)
class _Listed:
    """What the list may have of some accesses, and how many it is told that there are besides."""

    found: list[FoundAccess] = field(default_factory=list)
    withheld: int = 0


class CaseAccesses:
    """The accesses to the reads of cases; threads may share it. It asks nobody for permission: its callers do."""

    def __init__(self, database: DepartmentDatabase, log: DepartmentAccessLog) -> None:
        self._database = database
        self._log = log

    def find(self, scope: CaseScope, tick: Tick) -> FoundAccesses:
        """The accesses by every log that may have some."""
        logs, done, found = list(self._logs(scope)), 0, list[FoundAccess]()
        total, withheld, not_looked_through = sum(log.size for log in logs), 0, 0
        for log in logs:
            not_looked_through += log.waiting_count
            for start in range(0, log.size, BATCH):
                end = min(start + BATCH, log.size)
                bodies = self._bodies(log, start, end)
                wanted, no_record_count = _find_accesses(log, scope, bodies)
                if log.identity is not None:
                    not_looked_through += end - start - len(bodies) + no_record_count
                listed = self._choose_listed(wanted, scope)
                found += listed.found
                withheld += listed.withheld
                if len(found) > ACCESSES_MAX:
                    raise EvidenceError(f"more than {ACCESSES_MAX:,} accesses: take the case in parts, hold by hold")
                done += end - start
                tick(done, total)
        return FoundAccesses(tuple(found), withheld, not_looked_through)

    def _logs(self, scope: CaseScope) -> Iterator[CaseLog]:
        """The department's own log, and those of the units whose reads they are."""
        of_units = {unit_id: _UnitNames.of(scope, unit_id) for unit_id in sorted({r.unit_id for r in scope.reads})}
        yield _own_log(self._log.size(), of_units)
        query = select(unit_logs.c.unit_id, unit_logs.c.log_id, unit_logs.c.size)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(unit_logs.c.unit_id, unit_logs.c.begun_at)).all()
            found = [(LogIdentity(row.unit_id, row.log_id), row.size) for row in rows if row.unit_id in of_units]
            # In the transaction of the sizes: what arrives from now on waits for nothing.
            waiting = [count_waiting_records(connection, identity, size) for identity, size in found]
        for (identity, size), waiting_count in zip(found, waiting, strict=True):
            names = of_units[identity.unit_id]
            hits, withheld = frozenset(names.hits), frozenset(names.withheld)
            yield CaseLog(identity, size, names.known, hits, withheld, waiting_count)

    def _bodies(self, log: CaseLog, start: int, end: int) -> dict[int, bytes]:
        if log.identity is None:
            return {each.sequence: each.body for each in self._log.read(start, end - start)}
        with self._database.reading() as connection:
            return record_bodies(connection, log.identity, start, end)

    def _choose_listed(self, wanted: Sequence[FoundAccess], scope: CaseScope) -> _Listed:
        """Those that the list may have: one that tells of hits has to name one that is shown."""
        named, listed = defaultdict[str, set[str]](set), _Listed()
        for access in wanted:
            for unit_id, name in _names_in(access):
                named[unit_id].add(name)
        withheld = withheld_among(self._database, named, scope.rights)
        for access in wanted:
            plain = {access.log.name_of(*entry) for entry in withheld.plain_entries}
            is_secret = not scope.rights.sees_covert and access.subject.may_tell_covert(plain)
            names = _names_in(access)
            is_shown = withheld.names.isdisjoint(names) and not is_secret
            names_shown_hit = not access.log.hits.isdisjoint(access.subject.objects)
            if is_shown or (names_shown_hit and access.subject.action != SHOW_COVERT):
                listed.found.append(replace(access, is_shown=is_shown))
            else:
                listed.withheld += not is_secret and withheld.covert.isdisjoint(names)
        return listed


def _find_accesses(log: CaseLog, scope: CaseScope, bodies: Mapping[int, bytes]) -> tuple[list[FoundAccess], int]:
    """The accesses among some records of a log, and how many that a unit's log has there are no records."""
    wanted, no_record_count = list[FoundAccess](), 0
    for sequence, body in sorted(bodies.items()):
        try:
            access = _access_of(log, scope, sequence, body)
        except AuditError:
            if log.identity is None:
                raise
            no_record_count += 1
        else:
            wanted += [] if access is None else [access]
    return wanted, no_record_count


def _access_of(log: CaseLog, scope: CaseScope, sequence: int, body: bytes) -> FoundAccess | None:
    """The access that a record tells of; None: it is about something else."""
    subject = record_subject(body)
    is_of_case = subject.is_of_case(scope.case, log.names)
    if not is_of_case and not any(each in log.names or each in log.withheld for each in subject.objects):
        return None
    parse_record(body)
    return FoundAccess(log, sequence, body, subject, is_of_case)


@dataclass(frozen=True, slots=True)
class _UnitNames:
    """What records of a unit call the reads of the case and their hits."""

    known: dict[str, ReadIdentity]
    hits: set[str]
    withheld: set[str]

    @classmethod
    def of(cls, scope: CaseScope, unit_id: str) -> "_UnitNames":
        names = cls({}, set(), set())
        for read in scope.reads:
            if read.unit_id == unit_id:
                identity = unit_id, read.read_id
                of_read = list(names_of(scope.hits.shown.get(identity, ())))
                names.known.update(dict.fromkeys((read.read_id, *of_read), identity))
                names.hits.update(of_read)
                names.withheld.update(names_of(scope.hits.withheld.get(identity, ())))
        return names


def _own_log(size: int, of_units: Mapping[str, _UnitNames]) -> CaseLog:
    """The department's own log, whose records name the unit with each read and hit; holds name reads alone."""
    named = {f"{unit}/{name}": read for unit, names in of_units.items() for name, read in names.known.items()}
    by_holds = {name: read for names in of_units.values() for name, read in names.known.items() if name == read[1]}
    return CaseLog(
        identity=None,
        size=size,
        names=by_holds | named,
        hits=frozenset(f"{unit}/{name}" for unit, names in of_units.items() for name in names.hits),
        withheld=frozenset(f"{unit}/{name}" for unit, names in of_units.items() for name in names.withheld),
    )


def _names_in(access: FoundAccess) -> list[tuple[str, str]]:
    """What a record names, by unit, but for the reads and hits of the case that are shown."""
    others = [each for each in access.subject.objects if each not in access.log.names]
    if access.log.identity is not None:
        return [(access.log.identity.unit_id, each) for each in others]
    return [(unit_id, name) for unit_id, slash, name in (each.partition("/") for each in others) if slash]
