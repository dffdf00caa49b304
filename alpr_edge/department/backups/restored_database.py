"""Compares a restored database with what the backup says that it held, and ends what ran when it was made."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, delete, inspect, update
from sqlalchemy.exc import SQLAlchemyError

from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.manifest import BackupManifest, DatabaseAbout
from alpr_edge.department.backups.survey import PASSING_TABLES, OpenReading, log_faults, picture_digests, survey
from alpr_edge.department.copying.tables import TableDigest
from alpr_edge.department.db.database import give_keys
from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.people_schema import people_sessions
from alpr_edge.department.db.retention_schema import leases
from alpr_edge.department.images.department_images import object_name, open_images
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.integrity_record import PartFaults
from alpr_edge.department.retention.deletion_log import check_log, logged_runs
from alpr_edge.domain.errors import AuditError, StoreError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.sessions.session import SessionEnd


@dataclass(slots=True)
class RestoredContent:
    """What was found in a restored database."""

    rows: int = 0
    tables: int = 0
    tables_written: int = 0
    """Tables that were written while PostgreSQL was backed up: of them the number of rows is known within bounds."""
    logs: int = 0
    deletions: int = 0
    pictures: int = 0
    faults: list[str] = field(default_factory=list)


@contextmanager
def opened_database(engine: DatabaseEngine, directory: Path) -> Iterator[OpenReading]:
    """Open a restored database as the department would, to read it at one moment each time."""
    pool = engine.open(create=False)
    give_keys(pool, directory)

    @contextmanager
    def reading() -> Iterator[Connection]:
        with pool.connect() as connection:
            connection.execution_options(**engine.reading_options)
            yield connection

    try:
        yield reading
    except SQLAlchemyError as error:
        raise StoreError(f"{engine.label}: {engine.describe_error(error)}") from None
    finally:
        pool.dispose()


def end_leases_and_sessions(engine: DatabaseEngine) -> None:
    """End the leases and sessions of a restored database, which an older release may have made.

    The backup itself held leases, so that the next step would be refused for as long as they last. A session that was
    signed out since, or whose person was suspended, would go on.
    """
    pool = engine.open(create=False)
    try:
        with pool.begin() as connection:
            present = inspect(connection)
            if present.has_table(leases.name):
                connection.execute(delete(leases))
            if present.has_table(people_sessions.name):
                live = people_sessions.c.ended.is_(None)
                connection.execute(update(people_sessions).where(live).values(ended=SessionEnd.ADMINISTRATOR.value))
    except SQLAlchemyError as error:
        raise StoreError(f"{engine.label}: {engine.describe_error(error)}") from None
    finally:
        pool.dispose()


def compare(reading: OpenReading, manifest: BackupManifest, key: NoteKey, tick: Tick) -> RestoredContent:
    """Compare a restored database with a manifest, table by table and log by log."""
    about, content = manifest.database, RestoredContent()
    with reading() as connection:
        found = survey(connection, about.settled.before, tick)
        content.rows, content.tables = sum(each.rows for each in found.tables), len(found.tables)
        content.tables_written = sum(state.sha256 is None for state in about.tables)
        if found.version != about.version:
            content.faults.append(f"the tables are of version {found.version}, not {about.version}")
        content.faults += table_faults(found.tables, about)
        if found.settled != about.settled:
            content.faults.append("the items that had arrived before are not all there as they were")
        if found.damaged_bodies > about.damaged_bodies:
            content.faults.append(f"{found.damaged_bodies} bodies do not fit their digests, not {about.damaged_bodies}")
        content.faults += log_faults(connection, about.logs)
        content.logs = len(about.logs)
        content.deletions, fault = _deletions(connection, key)
        content.faults += fault
    return content


def check_pictures(
    reading: OpenReading, manifest: BackupManifest, images: ObjectStore, accepted: Collection[str], tick: Tick
) -> tuple[int, list[str]]:
    """Open every picture that a restored database names; returns how many there are, and what is wrong."""
    count, faults = 0, PartFaults()
    for some in picture_digests(reading):
        with reading() as connection:
            for sha256 in some:
                (image,) = open_images(connection, {sha256: images.read(object_name(sha256))}).values()
                if image is None or image.jpeg is None:
                    faults.note_image(sha256, is_missing=image is None)
        count += len(some)
        tick("pictures", count, max(manifest.pictures.count, count))
    lost, expected = faults.damaged + faults.missing, manifest.pictures.lost_count
    if lost > expected:
        return count, [f"{lost} pictures that the database names are damaged or missing, not {expected}"]
    if unknown := lost - len(faults.known.intersection(accepted)):
        text = "pictures that neither the department nor any of its backups had whole"
        return count, [f"{text}: {unknown}; see: alpr-edge department images restore"]
    return count, []


def table_faults(found: tuple[TableDigest, ...], about: DatabaseAbout) -> Iterator[str]:
    """Compare the tables of a restored database with what they were when it was backed up."""
    tables = {each.name: each for each in found}
    if set(tables) != {state.name for state in about.tables}:
        yield "the tables are those of another release; use that one"
        return
    is_one_moment = about.engine == "sqlite"
    for state in about.tables:
        table = tables[state.name]
        if state.name in PASSING_TABLES and not is_one_moment:
            continue
        if state.sha256 is not None and (table.rows, table.sha256) != (state.rows_min, state.sha256):
            yield f"table {state.name}: not as it was backed up; {table.rows} rows, of {state.rows_min}"
        elif not state.rows_min <= table.rows <= state.rows_max:
            yield f"table {state.name}: {table.rows} rows, not between {state.rows_min} and {state.rows_max}"


def _deletions(connection: Connection, key: NoteKey) -> tuple[int, list[str]]:
    runs = logged_runs(connection)
    try:
        check_log(runs, key)
    except AuditError as error:
        return len(runs), [str(error)]
    return len(runs), []
