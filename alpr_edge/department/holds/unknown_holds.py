"""Notes that a database was restored from a backup and lacks the holds that were placed since.

As long as that stands nothing is deleted here and no unit is given the holds, since a unit releases whatever is missing
from them (policy 462.5). It ends when somebody says on record that the holds were placed again. The note is a row of
the restored database, so that every server over that database heeds it, whatever lies in its own folder.
"""

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.hold_schema import unknown_holds
from alpr_edge.department.db.statements import insert_once
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.patterns import PLATE_NAMED, names_plate

REASON_CHARACTERS_MAX = 200


def note_unknown_holds(engine: DatabaseEngine, since: str) -> None:
    """Note in a restored database that the holds placed since its backup are not known.

    Where they were not known either when the backup was made, they are not known since that earlier date.

    Args:
        engine: the engine of the database, which an older release may have made.
        since: when the backup was begun, RFC 3339 in UTC, or an earlier date that a file in it says.
    """
    pool = engine.open(create=False)
    try:
        with pool.begin() as connection:
            unknown_holds.create(connection, checkfirst=True)
            insert_once(connection, unknown_holds, [{"since": since}])
    except SQLAlchemyError as error:
        raise StoreError(f"{engine.label}: {engine.describe_error(error)}") from None
    finally:
        pool.dispose()


def unknown_since(connection: Connection) -> str | None:
    """The date since which holds are not known, RFC 3339 in UTC; None: all of them are."""
    since: str | None = connection.scalar(select(func.min(unknown_holds.c.since)))
    return since


def hold_warnings(connection: Connection) -> list[str]:
    """One line where holds of a department are not known, which says what to do."""
    since = unknown_since(connection)
    line = (
        f"a backup was restored, and holds placed since {since} are missing: nothing is deleted, and cars are given no "
        'holds; place them again (config/department-recovery.md, "Restore"), then run: '
        "alpr-edge department purge --holds-checked TEXT"
    )
    return [] if since is None else [line]


def require_known_holds(connection: Connection) -> None:
    """Refuse to go on where holds of a department are not known."""
    for line in hold_warnings(connection):
        raise DepartmentError(line)


def confirm_holds(database: DepartmentDatabase, authoriser: Authoriser, reason: str) -> None:
    """Put on record that the missing holds were placed again; from then on they count like before the restore.

    Raises:
        AccessError: it is refused.
        DepartmentError: no holds are missing, or the reason will not do.
        StoreError: it cannot be put on record or noted: holds are missing as before.
    """
    with database.reading() as connection:
        since = unknown_since(connection)
    reason = reason.strip()
    if since is None:
        raise DepartmentError("no holds are missing here: leave out --holds-checked")
    if not reason or not reason.isprintable() or len(reason) > REASON_CHARACTERS_MAX:
        raise DepartmentError(
            f"--holds-checked: say where you looked for the holds, in at most {REASON_CHARACTERS_MAX} characters"
        )
    if names_plate(reason):
        raise DepartmentError(f"--holds-checked: {PLATE_NAMED}")
    subject = AccessSubject(note=f"holds placed since {since}: {reason}")
    with authoriser.access(Operation.CONFIRM_HOLDS, subject=subject), database.writing() as connection:
        connection.execute(delete(unknown_holds))
