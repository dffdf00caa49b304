"""Compares the department's holds with its access log, which says which were placed, extended and released.

Nothing else notices that a row of a hold is lost, and its reads would be deleted when they are due (policy 462.5). A
record names the reads of a hold, or the hold where it was there before; where it was not done after all, a later record
says so. The end of a hold is in no record and cannot be compared.
"""

from collections import Counter
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Table, select

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.access_log.log import allowed_records
from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.department.db.statements import is_one_of, list_parameter
from alpr_edge.department.holds.department_holds import EXTENDED, PREFIX
from alpr_edge.domain.access_log.record_notes import NOT_DONE
from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.holds.hold import HoldOrigin

_IS_OWN = holds.c.origin == HoldOrigin.DEPARTMENT.value
_OF_LOGIN = "login:%"
"""Who released a hold without an access, as a login here."""


def differing_holds(connection: Connection, end: int) -> Iterator[str]:
    """What the access log says of holds and the tables do not, or the other way round; a line each, without plates.

    Args:
        end: how many records there were a while ago: what newer ones tell may not be done yet.
    """
    named: set[str] = set()
    for record in _done(connection, Operation.HOLD_READ):
        if record.sequence < end:
            yield from _not_placed(connection, record)
        if not record.shown:  # it names a hold that a longer one took the place of; a canvass shows its holds
            named.update(record.objects)
    for record in _done(connection, Operation.RELEASE_READ):
        named.update(record.objects)
        for hold_id in _lacking(connection, record.objects, hold_releases) if record.sequence < end else ():
            yield f"{hold_id}: {_by(record)} it was released, and here it was not"
    yield from _unknown_ends(connection, named)


def _not_placed(connection: Connection, record: AccessRecord) -> Iterator[str]:
    """What is not here of the hold or the holds that a record is about."""
    hold_ids = [each for each in record.objects if each.startswith(f"{PREFIX}:")]
    for hold_id in _lacking(connection, hold_ids, holds):
        yield f"{hold_id}: {_by(record)} it was placed, and it is not here"
    free = _not_held(connection, [each for each in record.objects if each not in hold_ids], record.case)
    if free:
        more = f" and {len(free) - 1} more" if len(free) > 1 else ""
        yield f"of read {free[0]}{more}: {_by(record)} it was placed, and no hold for that case is here"


def _by(record: AccessRecord) -> str:
    return f"record {record.sequence} of the access log says that"


def _done(connection: Connection, operation: Operation) -> Iterator[AccessRecord]:
    """The records of what was allowed and done, the newest first: what says that it was not comes before."""
    undone = Counter[tuple[object, ...]]()
    for record in allowed_records(connection, operation, is_newest_first=True):
        what = (record.person_id, record.session, record.objects, record.purpose, record.case, record.happened.utc)
        if record.note.startswith(NOT_DONE):
            undone[what] += 1
        elif undone[what]:
            undone[what] -= 1
        else:
            yield record


def _lacking(connection: Connection, hold_ids: Collection[str], table: Table) -> list[str]:
    """Those of some holds of the department that have no row in a table."""
    engine = connection.dialect.name
    query = select(table.c.hold_id).where(is_one_of(engine, table.c.hold_id, "ids"))
    found = set(connection.scalars(query, {"ids": list_parameter(engine, list(hold_ids))}) if hold_ids else ())
    return [hold_id for hold_id in hold_ids if hold_id not in found]


def _not_held(connection: Connection, read_ids: Collection[str], case: str) -> list[str]:
    """Those of some reads that no hold of the department was ever placed on for a case."""
    engine = connection.dialect.name
    same = (held_reads.c.hold_id == holds.c.hold_id) & (held_reads.c.unit_id == holds.c.unit_id)
    query = select(held_reads.c.read_id).join(holds, same).where(_IS_OWN, holds.c.case_number == normal_case(case))
    query = query.where(is_one_of(engine, held_reads.c.read_id, "ids"))
    found = set(connection.scalars(query, {"ids": list_parameter(engine, list(read_ids))}) if read_ids else ())
    return [read_id for read_id in read_ids if read_id not in found]


def _unknown_ends(connection: Connection, named: Collection[str]) -> Iterator[str]:
    """Holds of the department that were ended and no record says so, or by a longer one that is not here."""
    same = (hold_releases.c.hold_id == holds.c.hold_id) & (hold_releases.c.unit_id == holds.c.unit_id)
    query = select(
        holds.c.hold_id, holds.c.unit_id, holds.c.case_number, hold_releases.c.released, hold_releases.c.reason
    )
    query = query.join(hold_releases, same).where(_IS_OWN, hold_releases.c.person_id.not_like(_OF_LOGIN))
    for row in connection.execute(query.order_by(holds.c.hold_id)).all():
        if row.reason == EXTENDED:
            of_case = (holds.c.unit_id == row.unit_id) & (holds.c.case_number == row.case_number)
            of_case &= holds.c.hold_id != row.hold_id
            longer = select(holds.c.hold_id).where(_IS_OWN, of_case, holds.c.made == row.released).limit(1)
            if connection.scalar(longer) is None:
                yield f"{row.hold_id}: {EXTENDED}, and that is not here"
        elif row.hold_id not in named:
            yield f"{row.hold_id}: it was released, and no record of the access log says so"
