"""The ways by which events go out: posted, or by mail. Each writes the body of an event, and says what became of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.interchange.bodies import Value, write_body
from alpr_edge.department.interchange.delivery import Delivery, DeliveryClient, DeliveryOutcome, DeliveryTimes
from alpr_edge.department.interchange.templates import BodyTemplate, EventKind, load_template
from alpr_edge.department.mail_server import send_mail
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.hits import Reason

_REASONS = {each.value for each in Reason}
_LINES = {
    "list": "list",
    "level": "level",
    "match_kind": "match",
    "unit_id": "unit",
    "camera_id": "camera",
    "seen_utc": "seen",
    "lat_deg": "latitude",
    "lon_deg": "longitude",
    "hit_id": "hit",
}
"""The values of a hit that a mail tells, with their words."""
_PLATE_LINES = {"plate": "read", "state": "state read", "entry_plate": "listed", "entry_state": "state listed"}
VERIFY = "NOT CONFIRMED: a hit is a lead to verify through CLETS, never a reason to act alone."


class EventCarrier(Protocol):
    """A way to one target."""

    def body(self, kind: EventKind, values: Mapping[str, Value]) -> bytes:
        """The body of an event by its values."""

    def deliver(self, event_id: str, body: bytes, now: datetime) -> Delivery:
        """Deliver a body; ``now`` has a zone."""


@contextmanager
def open_carrier(
    table: ExchangeTable, directory: Path, department: str, times: DeliveryTimes | None = None
) -> Iterator[EventCarrier]:
    """The way to a target, open until the block ends.

    Args:
        times: how long a receiver of posts may take.
    """
    if table.mail_to:
        yield MailCarrier(table, load_department_file(directory).alarms, department)
        return
    template = check_target(table)
    with DeliveryClient(table, directory, times) as client:
        yield PostCarrier(template, client)


def check_target(table: ExchangeTable) -> BodyTemplate:
    """Load the template of a target of posts, and compare it with what is to go out."""
    template = load_template(table.format)
    kinds = [EventKind.HIT] if table.rule == "hits" else [EventKind.READ, EventKind.CORRECTION]
    if left_out := [kind.value for kind in kinds if kind not in template.trees]:
        raise DepartmentError(f"exchange.{table.name}: the template {table.format} has no table {left_out[0]}")
    if table.pictures and not template.has_pictures:
        raise DepartmentError(f"exchange.{table.name}: the template {table.format} has no place for pictures")
    return template


class PostCarrier:
    """Posts to an address."""

    def __init__(self, template: BodyTemplate, client: DeliveryClient) -> None:
        self._template = template
        self._client = client

    def body(self, kind: EventKind, values: Mapping[str, Value]) -> bytes:
        """The body by the template."""
        return write_body(self._template, kind, values)

    def deliver(self, event_id: str, body: bytes, now: datetime) -> Delivery:
        """Post it, signed."""
        return self._client.post(event_id, body, self._template.content_type, now)


class MailCarrier:
    """Sends mail: the first line of a body is the subject, in which no plate stands."""

    def __init__(self, table: ExchangeTable, server: AlarmsTable, department: str) -> None:
        self._table = table
        self._server = server
        self._department = department

    def body(self, kind: EventKind, values: Mapping[str, Value]) -> bytes:
        """Subject and text of an event."""
        if kind is EventKind.WITHDRAWAL:
            hit_id = values.get("hit_id") or "none: this is a test"
            return f"hit withdrawn\n\nWITHDRAWN: what was told of this hit does not hold.\nhit: {hit_id}\n".encode()
        reason = values.get("reason") if values.get("reason") in _REASONS else Reason.OTHER.value
        has_plate = self._table.plate_in_mail and self._server.smtp_security != "none"
        lines = {"reason": "reason", **(_PLATE_LINES if has_plate else {}), **_LINES}
        told = [f"{word}: {values[name]}" for name, word in lines.items() if values.get(name) is not None]
        where = [] if has_plate else ["The plate: at the department's page, below Hits."]
        subject = f"hit, {str(reason).replace('_', ' ')}"
        return "\n".join([subject, "", VERIFY, *told, *where, ""]).encode(errors="replace")

    def deliver(self, event_id: str, body: bytes, now: datetime) -> Delivery:
        """Send it to everybody named; a server that takes it for one of them took it."""
        subject, _, text = body.decode().partition("\n\n")
        message = EmailMessage()
        message["Subject"] = f"{self._department}: {subject}"
        message["Date"], message["Message-ID"] = format_datetime(now), f"<{event_id}@alpr-edge.invalid>"
        message.set_content(text)
        recipients = self._table.mail_to
        try:
            refused = send_mail(self._server, message, recipients)
        except DepartmentError as error:
            return Delivery(DeliveryOutcome.PAUSE, str(error))
        words = f"mail taken for {len(recipients) - refused} of {len(recipients)} addresses"
        return Delivery(DeliveryOutcome.TAKEN, words)
