"""Types of columns that tables share, on every engine."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

from alpr_edge.domain.instants import Instant, UtcSource

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of 64 bits; SQLite's INTEGER has as many, and counts its rows by no other type."""


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC, which the database holds without its zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Take the zone away."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class InstantJson(TypeDecorator[Instant]):
    """An instant as a JSON object; nothing is searched by its parts."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Instant | None, dialect: Dialect) -> dict[str, Any] | None:
        """Turn the instant into its object."""
        del dialect
        if value is None:
            return None
        return asdict(value) | {"utc": None if value.utc is None else value.utc.isoformat()}

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> Instant | None:
        """Turn the object into its instant."""
        del dialect
        if value is None:
            return None
        utc = None if value["utc"] is None else datetime.fromisoformat(value["utc"])
        return Instant(**value | {"utc": utc, "utc_source": UtcSource(value["utc_source"])})
