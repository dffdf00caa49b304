"""The ways by which a department's alarms are told, as ``[alarms]`` in ``department.toml`` says."""

import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

import httpx

from alpr_edge.department.alarms.alarm_record import AlarmNotice
from alpr_edge.department.settings import AlarmsTable
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import rfc3339

WAIT_S_MAX = 15.0
"""Longest wait for a server at each step."""
KEY_BYTES_MIN = 32
SIGNATURE_HEADER = "Alpr-Edge-Signature"
"""``t=UNIX SECONDS,v1=HEX``: HMAC-SHA256 under the key of ``t``, a dot and the body."""


class AlarmChannel(Protocol):
    """A way to tell people."""

    @property
    def name(self) -> str:
        """Its name in the record and in errors."""

    def tell(self, notice: AlarmNotice, department: str, now: datetime) -> None:
        """Tell a notice.

        Args:
            notice: what to tell.
            department: the name of the department's server.
            now: the present moment.

        Raises:
            DepartmentError: it could not be told; it says why.
        """


def alarm_channels(table: AlarmsTable) -> list[AlarmChannel]:
    """The channels that the settings name; none where they name none."""
    channels: list[AlarmChannel] = []
    if table.mail_to:
        channels.append(MailChannel(table))
    if table.webhook_url:
        channels.append(WebhookChannel(table))
    return channels


def require_secrets(table: AlarmsTable) -> None:
    """Read what the channels of the settings need besides them.

    Raises:
        DepartmentError: a file of a password, key or authority cannot be used.
    """
    _tls(table)
    if table.mail_to and table.smtp_user:
        _secret(Path(table.smtp_password_file), 1)
    if table.webhook_url:
        _secret(Path(table.webhook_key_file), KEY_BYTES_MIN)


class WebhookChannel:
    """Posts JSON to an address, signed with a key that both sides have.

    Args:
        table: the settings.
    """

    name = "webhook"

    def __init__(self, table: AlarmsTable) -> None:
        self._table = table

    def tell(self, notice: AlarmNotice, department: str, now: datetime) -> None:
        """Post a notice; what answers with 200 to 299 was told."""
        parts = {"begun": notice.begun, "standing": notice.standing, "over": notice.over}
        body = json.dumps({"version": 1, "department": department, "utc": rfc3339(now), **parts}).encode()
        url, seconds = self._table.webhook_url, str(int(time.time()))
        key = _secret(Path(self._table.webhook_key_file), KEY_BYTES_MIN)
        signature = hmac.new(key, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: f"t={seconds},v1={signature}"}
        try:
            with httpx.Client(timeout=WAIT_S_MAX, trust_env=False, verify=_tls(self._table)) as client:
                status = client.post(url, content=body, headers=headers).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DepartmentError(f"webhook: {_place(url)} does not answer ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise DepartmentError(f"webhook: {_place(url)} refused it with status {status}")


class MailChannel:
    """Sends mail through a server that takes it in.

    Args:
        table: the settings.
    """

    name = "mail"

    def __init__(self, table: AlarmsTable) -> None:
        self._table = table

    def tell(self, notice: AlarmNotice, department: str, now: datetime) -> None:
        """Send a notice to everybody named."""
        table = self._table
        message = EmailMessage()
        message["Subject"] = f"{department}: {_summary(notice)}"
        message["From"], message["To"] = table.mail_from, ", ".join(table.mail_to)
        message["Date"], message["Message-ID"] = format_datetime(now), make_msgid(domain="alpr-edge.invalid")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note answers it
        message.set_content(_mail_text(notice))
        try:
            with self._connection() as server:
                refused = server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise DepartmentError(f"mail: {table.smtp_host} did not take it: {_reason(error)}") from None
        if refused:
            raise DepartmentError(f"mail: {table.smtp_host} refused {len(refused)} of {len(table.mail_to)} addresses")

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        table = self._table
        with self._open() as server:
            if table.smtp_security == "starttls":
                server.starttls(context=_tls(table))
            if table.smtp_user:
                server.login(table.smtp_user, _secret(Path(table.smtp_password_file), 1).decode())
            yield server

    def _open(self) -> smtplib.SMTP:
        table = self._table
        if table.smtp_security == "tls":
            return smtplib.SMTP_SSL(table.smtp_host, table.smtp_port, timeout=WAIT_S_MAX, context=_tls(table))
        return smtplib.SMTP(table.smtp_host, table.smtp_port, timeout=WAIT_S_MAX)


def _tls(table: AlarmsTable) -> ssl.SSLContext:
    """What vouches for the servers: the system's authorities, or those of a file."""
    try:
        return ssl.create_default_context(cafile=table.ca_file or None)
    except (OSError, ssl.SSLError):
        raise DepartmentError(f"{table.ca_file}: no certificates of authorities (PEM) there") from None


def _secret(path: Path, bytes_min: int) -> bytes:
    """The content of a file without the line's end."""
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise DepartmentError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) < bytes_min:
        raise DepartmentError(f"{path}: {bytes_min} bytes or more are needed; make it: openssl rand -hex 32")
    return content


def _place(url: str) -> str:
    """The server of a URL: what follows may be a secret."""
    return httpx.URL(url).host


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    if isinstance(error, socket.gaierror):
        return "there is no server of that name"
    return f"{error.strerror}" if isinstance(error, OSError) and error.strerror else type(error).__name__


def _summary(notice: AlarmNotice) -> str:
    counts = {"new": len(notice.begun), "still there": len(notice.standing), "over": len(notice.over)}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _mail_text(notice: AlarmNotice) -> str:
    parts: Sequence[tuple[str, tuple[str, ...]]] = (
        ("New:", notice.begun),
        ("Still there:", notice.standing),
        ("Over:", notice.over),
    )
    blocks = ["\n".join([title, *(f"- {line}" for line in lines)]) for title, lines in parts if lines]
    return "\n\n".join([*blocks, "More: alpr-edge department status\n"])
