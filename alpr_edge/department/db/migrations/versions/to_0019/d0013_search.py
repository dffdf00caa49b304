"""Search: when and where a read was, by what it is looked up; every plate once, on PostgreSQL with its trigrams.

What there is of reads is filled in a few rows at a time, all in the one transaction of the migration: one that breaks
off leaves everything as it was, and begins anew.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from alpr_edge.domain.errors import DepartmentError

revision = "0013"
down_revision = "0012"

ROWS_AT_ONCE = 500
CELLS_A_DEGREE = 200
CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
KEY = ("read_id", "unit_id")
READS = sa.table(
    "reads",
    *(sa.column(name, sa.String) for name in (*KEY, "plate", "first_seen", "utc_source")),
    *(sa.column(name, sa.Float) for name in ("lat_deg", "lon_deg")),
    sa.column("seen_at", sa.DateTime),
    sa.column("cell", sa.BigInteger),
)
TIMES = sa.table("read_times", *(sa.column(name, sa.String) for name in (*KEY, "first_seen")), sa.column("sure"))


def upgrade() -> None:
    """Make the columns, the table and the indexes, and fill them."""
    for name in ("plate", "first_seen"):
        op.drop_index(f"ix_reads_{name}", "reads")
    op.add_column("reads", sa.Column("seen_at", sa.DateTime))
    op.add_column("reads", sa.Column("cell", sa.BigInteger().with_variant(sa.Integer, "sqlite")))
    _fill_reads()
    for name in ("plate", "cell", "unit_id"):
        op.create_index(f"ix_reads_{name}_seen_at", "reads", [name, "seen_at"])
    op.create_table("plates", sa.Column("plate", sa.String, primary_key=True), sqlite_with_rowid=False)
    _fill_plates()
    if op.get_bind().dialect.name == "postgresql":
        _require_trigrams()
        op.execute("CREATE INDEX plate_trigrams ON plates USING gin (plate gin_trgm_ops)")


def _fill_plates() -> None:
    op.execute("INSERT INTO plates (plate) SELECT DISTINCT plate FROM reads WHERE plate <> ''")


def _require_trigrams() -> None:
    """Have PostgreSQL's extension for parts of words, which an owner of a database may add."""
    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")):
        return
    if not connection.scalar(sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")):
        raise DepartmentError("the PostgreSQL server lacks pg_trgm; install the package of its contributed extensions")
    if not connection.scalar(sa.text("SELECT has_database_privilege(current_database(), 'CREATE')")):
        raise DepartmentError(
            "the database lacks pg_trgm; let its administrator run in it: CREATE EXTENSION pg_trgm, then run this again"
        )
    op.execute("CREATE EXTENSION pg_trgm")


def _fill_reads() -> None:
    """Fill the new columns of the reads that are here, and make their plates canonical where they are not."""
    connection, after = op.get_bind(), ("", "")
    place = sa.tuple_(READS.c.read_id, READS.c.unit_id)
    query = sa.select(*READS.c).order_by(READS.c.read_id, READS.c.unit_id).limit(ROWS_AT_ONCE)
    change = sa.update(READS).where(*(READS.c[name] == sa.bindparam(f"of_{name}") for name in KEY))
    change = change.values({name: sa.bindparam(f"new_{name}") for name in ("plate", "seen_at", "cell")})
    while rows := connection.execute(query.where(place > sa.tuple_(*after))).mappings().all():
        last = rows[-1]["read_id"], rows[-1]["unit_id"]
        times = _times(connection, after, last)
        connection.execute(change, [_values(row, times.get((row["read_id"], row["unit_id"]), [])) for row in rows])
        after = last


def _times(
    connection: sa.Connection, after: tuple[str, str], last: tuple[str, str]
) -> dict[tuple[str, str], list[sa.RowMapping]]:
    """What was said of the times of some reads."""
    place = sa.tuple_(TIMES.c.read_id, TIMES.c.unit_id)
    query = sa.select(*TIMES.c).where(place > sa.tuple_(*after), place <= sa.tuple_(*last))
    of_reads = dict[tuple[str, str], list[sa.RowMapping]]()
    for row in connection.execute(query).mappings():
        of_reads.setdefault((row["read_id"], row["unit_id"]), []).append(row)
    return of_reads


def _values(row: sa.RowMapping, times: Sequence[sa.RowMapping]) -> dict[str, object]:
    seen_at = _moment(row["first_seen"]) if row["utc_source"] in {"gnss", "ntp"} else None
    if times:
        seen_at = _moment(times[0]["first_seen"]) if all(each["sure"] for each in times) else None
    return {
        "of_read_id": row["read_id"],
        "of_unit_id": row["unit_id"],
        "new_plate": _canonical(row["plate"]),
        "new_seen_at": seen_at,
        "new_cell": _cell(row["lat_deg"], row["lon_deg"]),
    }


def _canonical(plate: str) -> str:
    return "".join(each for each in plate if each in CHARACTERS).upper().replace("O", "0")


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
        return None if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _cell(lat_deg: float | None, lon_deg: float | None) -> int | None:
    if lat_deg is None or lon_deg is None:
        return None
    row = min(180 * CELLS_A_DEGREE - 1, math.floor((lat_deg + 90) * CELLS_A_DEGREE))
    return row * 360 * CELLS_A_DEGREE + math.floor((lon_deg + 180) * CELLS_A_DEGREE) % (360 * CELLS_A_DEGREE)
