"""Where the database of a department lies, as ``department.toml`` says it.

A URL names a PostgreSQL database and nothing secret: ``postgresql:///alpr?host=/run/postgresql`` is reached over the
socket of this machine, where the operating system says who asks (peer authentication);
``postgresql://alpr@db.example/alpr?passfile=/etc/alpr-edge-department/pgpass`` by a password in a file of libpq's
format. Beyond this machine the server's certificate is always verified.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from alpr_edge.domain.errors import DepartmentError

SCHEME = "postgresql"
PARAMETERS = ("host", "port", "user", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey")
"""What may stand behind the question mark: parameters of libpq that tell where, who and by which file."""
VERIFIED = "verify-full"
_NAMED_IN_A_FILE = (
    "a password in a database URL can be read in settings, backups and process lists; put it into a file of mode 0600 "
    "with a line host:port:database:user:password, and name that: ?passfile=FILE"
)


@dataclass(frozen=True, slots=True)
class PostgresqlLocation:
    """A PostgreSQL database."""

    database: str
    parameters: tuple[tuple[str, str], ...]
    """Parameters of libpq beside the database's name."""

    @property
    def label(self) -> str:
        """The database as errors and people name it; it holds no secret."""
        host = dict(self.parameters).get("host", "")
        return f"PostgreSQL database {self.database}" + (f" at {host}" if host else "")


def parse_location(url: str) -> PostgresqlLocation:
    """The database that a URL names."""
    try:
        parts = urlsplit(url)
        port, query = parts.port, parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise DepartmentError(f"not a database URL; write {SCHEME}:///NAME?host=/run/postgresql") from None
    names = [name for name, _ in query]
    if parts.password is not None or "password" in names:
        raise DepartmentError(_NAMED_IN_A_FILE)
    database = unquote(parts.path.removeprefix("/"))
    if parts.scheme != SCHEME or not database or "/" in database:
        raise DepartmentError(f"not a database URL; write {SCHEME}:///NAME?host=/run/postgresql")
    if unknown := sorted({*names} - {*PARAMETERS}):
        raise DepartmentError(f"database URL: {unknown[0]} is not known; one of {', '.join(PARAMETERS)}")
    found = {"host": parts.hostname, "port": None if port is None else str(port), "user": parts.username}
    parameters = {name: unquote(value) for name, value in found.items() if value} | dict(query)
    return PostgresqlLocation(database, tuple(sorted(_with_verification(parameters).items())))


def _with_verification(parameters: dict[str, str]) -> dict[str, str]:
    """The parameters, with the verification of a server on another machine."""
    if _is_local(parameters.get("host", "")):
        return parameters
    if parameters.setdefault("sslmode", VERIFIED) != VERIFIED:
        raise DepartmentError(f"database URL: a server on another machine needs sslmode={VERIFIED}: plates go there")
    return parameters


def _is_local(host: str) -> bool:
    """Whether a host of a URL is this machine: a socket's folder, or a loopback address."""
    try:
        return host in {"", "localhost"} or host.startswith("/") or ip_address(host).is_loopback
    except ValueError:
        return False
