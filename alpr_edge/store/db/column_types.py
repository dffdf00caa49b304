"""What the tables of the vehicle's databases share: types of columns, and the table of the schema's version."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import REAL, Column, Dialect, Integer, MetaData, Table, Text, TypeDecorator, text


class Utc(TypeDecorator[datetime]):
    """An aware datetime as RFC 3339 text with microseconds, which sorts in time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse a datetime without a zone, which would be taken for local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs its time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A value as compact JSON text; floats come back to the bit."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002
        """Refuse NaN and infinities, which JSON does not have; None is NULL."""
        return None if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Return the value; tuples have become lists."""
        return None if value is None else json.loads(value)


def instant_columns(name: str, *, nullable: bool = False) -> Iterator[Column[Any]]:
    """The five columns of an Instant."""
    yield Column(f"{name}_boot_id", Text, nullable=nullable)
    yield Column(f"{name}_boottime_ns", Integer, nullable=nullable)
    yield Column(f"{name}_utc", Utc)
    yield Column(f"{name}_utc_source", Text, nullable=nullable)
    yield Column(f"{name}_uncertainty_ms", REAL)


def sequence() -> Column[int]:
    """The column of the order in which rows arrived."""
    return Column("seq", Integer, primary_key=True)


def word(name: str) -> Column[str]:
    """A column of text that is empty at first."""
    return Column(name, Text, nullable=False, server_default=text("''"))


def number(name: str) -> Column[int]:
    """A column of a whole number that is 0 at first."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


def meta_table(metadata: MetaData) -> Table:
    """The table by which every database tells its schema, and facts of its own, by name."""
    return Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
