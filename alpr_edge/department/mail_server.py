"""The server that takes the department's mail in, as ``[alarms]`` in ``department.toml`` names it."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.network.name_lookup import NoAnswerError, connect

WAIT_S_MAX = 15.0
"""Longest wait for a server at each step."""


def send_mail(table: AlarmsTable, message: EmailMessage, recipients: Sequence[str]) -> int:
    """Send a mail; returns how many of the recipients the server refused."""
    message["From"], message["To"] = table.mail_from, ", ".join(recipients)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note answers it
    try:
        with _connection(table) as server:
            return len(server.send_message(message))
    except (OSError, smtplib.SMTPException) as error:
        raise DepartmentError(f"mail: {table.smtp_host} did not take it: {_reason(error)}") from None


def tls_context(ca_file: str) -> ssl.SSLContext:
    """What vouches for servers: the system's authorities, or those of a file."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        raise DepartmentError(f"{ca_file}: no certificates of authorities (PEM) there") from None


def secret_of(path: Path, bytes_min: int) -> bytes:
    """The content of a file without the line's end."""
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise DepartmentError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) < bytes_min:
        raise DepartmentError(f"{path}: {bytes_min} bytes or more are needed; make it: openssl rand -hex 32")
    return content


@contextmanager
def _connection(table: AlarmsTable) -> Iterator[smtplib.SMTP]:
    with _open(table) as server:
        if table.smtp_security == "starttls":
            server.starttls(context=tls_context(table.ca_file))
        if table.smtp_user:
            server.login(table.smtp_user, secret_of(Path(table.smtp_password_file), 1).decode())
        yield server


class _MailConnection(smtplib.SMTP):
    """A connection whose name look-up ends in time."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout)


class _EncryptedMailConnection(smtplib.SMTP_SSL, _MailConnection):
    """The same with TLS from the start, which the library lays over the connection of its other base."""


def _open(table: AlarmsTable) -> smtplib.SMTP:
    # Named, as the library else looks up this computer's own name, without a limit.
    name = socket.gethostname() if "." in socket.gethostname() else "[127.0.0.1]"
    if table.smtp_security == "tls":
        context = tls_context(table.ca_file)
        return _EncryptedMailConnection(
            table.smtp_host, table.smtp_port, local_hostname=name, timeout=WAIT_S_MAX, context=context
        )
    return _MailConnection(table.smtp_host, table.smtp_port, local_hostname=name, timeout=WAIT_S_MAX)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, NoAnswerError):
        return str(error)
    if isinstance(error, socket.gaierror):
        return "there is no server of that name"
    return f"{error.strerror}" if isinstance(error, OSError) and error.strerror else type(error).__name__
