"""The URL of a database: where it lies and who asks, and nothing secret."""

import pytest

from alpr_edge.department.db.engines.location import parse_location
from alpr_edge.domain.errors import DepartmentError


@pytest.mark.parametrize(
    ("url", "database", "parameters"),
    [
        ("postgresql:///alpr?host=/run/postgresql", "alpr", {"host": "/run/postgresql"}),
        ("postgresql:///alpr", "alpr", {}),
        ("postgresql://u%2D1@127.0.0.1:5433/al%20pr", "al pr", {"host": "127.0.0.1", "port": "5433", "user": "u-1"}),
        (
            "postgresql://alpr@db.example/alpr?passfile=/etc/pgpass",
            "alpr",
            {"host": "db.example", "user": "alpr", "passfile": "/etc/pgpass", "sslmode": "verify-full"},
        ),
    ],
)
def test_a_url_tells_where_the_database_is(url: str, database: str, parameters: dict[str, str]) -> None:
    location = parse_location(url)
    assert (location.database, dict(location.parameters)) == (database, parameters)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://alpr:hunter2@db.example/alpr", "passfile=FILE"),
        ("postgresql:///alpr?password=hunter2", "passfile=FILE"),
        ("postgresql://db.example/alpr?sslmode=require", "needs sslmode=verify-full"),
        ("postgresql:///alpr?options=-csynchronous_commit%3Doff", "options is not known"),
        ("postgresql:///", "not a database URL"),
        ("postgresql:///a/b", "not a database URL"),
        ("postgresql://host:port/alpr", "not a database URL"),
        ("mysql:///alpr", "not a database URL"),
        ("alpr", "not a database URL"),
    ],
)
def test_what_is_refused_is_told_without_what_was_given(url: str, says: str) -> None:
    with pytest.raises(DepartmentError, match=says) as error_info:
        parse_location(url)
    assert "hunter2" not in str(error_info.value)
