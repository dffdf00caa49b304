"""The ways by which a department's alarms are told, as ``[alarms]`` in ``department.toml`` says."""

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

import httpx

from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.department.alarms.alarm_record import AlarmNotice
from alpr_edge.department.mail_server import WAIT_S_MAX, secret_of, send_mail, tls_context
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline

KEY_BYTES_MIN = 32
TOTAL_S_MAX = 60.0
"""Longest exchange with the server of a webhook, from its name to its answer."""
SIGNATURE_HEADER = "Alpr-Edge-Signature"
"""``t=UNIX SECONDS,v1=HEX``: HMAC-SHA256 under the key of ``t``, a dot and the body."""


class AlarmChannel(Protocol):
    """A way to tell people."""

    @property
    def name(self) -> str:
        """Its name in the record and in errors."""

    def tell(self, notice: AlarmNotice, department: str, now: datetime) -> None:
        """Tell a notice.

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
    """Read what the channels of the settings need besides them."""
    tls_context(table.ca_file)
    if table.mail_to and table.smtp_user:
        secret_of(Path(table.smtp_password_file), 1)
    if table.webhook_url:
        secret_of(Path(table.webhook_key_file), KEY_BYTES_MIN)


class WebhookChannel:
    """Posts JSON to an address, signed with a key that both sides have."""

    name = "webhook"

    def __init__(self, table: AlarmsTable) -> None:
        self._table = table

    def tell(self, notice: AlarmNotice, department: str, now: datetime) -> None:
        """Post a notice; what answers with 200 to 299 was told."""
        parts = {"begun": notice.begun, "standing": notice.standing, "over": notice.over}
        body = json.dumps({"version": 1, "department": department, "utc": rfc3339(now), **parts}).encode()
        url, seconds = self._table.webhook_url, str(int(time.time()))
        key = secret_of(Path(self._table.webhook_key_file), KEY_BYTES_MIN)
        signature = hmac.new(key, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: f"t={seconds},v1={signature}"}
        deadline = Deadline()
        deadline.begin(TOTAL_S_MAX)
        transport = BoundedTransport(tls_context(self._table.ca_file), deadline)
        try:
            with httpx.Client(transport=transport, timeout=WAIT_S_MAX, trust_env=False) as client:
                status = client.post(url, content=body, headers=headers).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DepartmentError(f"webhook: {_place(url)} does not answer ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise DepartmentError(f"webhook: {_place(url)} refused it with status {status}")


class MailChannel:
    """Sends mail through a server that takes it in."""

    name = "mail"

    def __init__(self, table: AlarmsTable) -> None:
        self._table = table

    def tell(self, notice: AlarmNotice, department: str, now: datetime) -> None:
        """Send a notice to everybody named."""
        table = self._table
        message = EmailMessage()
        message["Subject"] = f"{department}: {_summary(notice)}"
        message["Date"], message["Message-ID"] = format_datetime(now), make_msgid(domain="alpr-edge.invalid")
        message.set_content(_mail_text(notice))
        refused = send_mail(table, message, table.mail_to)
        if refused:
            raise DepartmentError(f"mail: {table.smtp_host} refused {refused} of {len(table.mail_to)} addresses")


def _place(url: str) -> str:
    """The server of a URL: what follows may be a secret."""
    return httpx.URL(url).host


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
