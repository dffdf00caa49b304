"""Delivers to the department over HTTPS with this unit's client certificate: one POST a batch, one answer an item.

The connection is made on the first batch and kept; after any failure, and when a certificate was renewed, it is closed
and certificates are read again. Redirects are not followed and no proxy is taken from the environment: reads
go to the address in the settings or nowhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import httpx
import structlog

from alpr_edge.domain.errors import SettingsError, UplinkError
from alpr_edge.domain.protocol.access_log import LOGS_MAX, LogStatementPayload
from alpr_edge.domain.protocol.items import (
    DIGEST_HEADER,
    ITEMS_PATH,
    Answer,
    ItemKind,
    OutboxItem,
    Outcome,
)
from alpr_edge.runtime.network.bounded_transport import Deadline, no_beat
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.delivery_responses import (
    ANSWER_BYTES_MAX,
    BatchRefusedError,
    Reply,
    department_utc_in,
    match_answers,
    parse_answers,
    roster_serial_in,
)
from alpr_edge.uplink.department_client import open_client
from alpr_edge.uplink.tls import Mark, context_of, explain, mark_of, peer_until

log = structlog.get_logger(__name__)

_Part = tuple[str, tuple[str, bytes, str, Mapping[str, str]]]


class HttpsDepartment:
    """Implements :class:`~alpr_edge.domain.ports.Department`; for one thread.

    Args:
        beat: a function that is called every second or more often while a delivery goes on; may raise to end it.

    Raises:
        SettingsError: ``settings.url`` is no address.
    """

    def __init__(self, settings: UplinkSettings, unit_id: str, beat: Callable[[], None] = no_beat) -> None:
        self._settings = settings
        self._unit_id = unit_id
        self._client: httpx.Client | None = None
        self._deadline = Deadline(beat)
        self._mark: Mark = ()
        try:
            self._url = httpx.URL(settings.url.rstrip("/") + ITEMS_PATH)
        except httpx.InvalidURL:
            raise SettingsError(["uplink.url: not an address; it looks like https://department.example:8443"]) from None
        self.list_serials: dict[str, int] = {}
        """Newest serial of each hotlist source that the department reported; one newer than here is due at once."""
        self.department_until: datetime | None = None
        """When the department's certificate ends, in UTC; None before the first answer."""
        self.log_statements: dict[str, LogStatementPayload] = {}
        """What the department said last of each access log of this unit."""
        self.department_utc: datetime | None = None
        """The department's time by its last answer that stated one."""
        self.roster_serial = 0
        """Serial of the newest roster that the department named; 0: none."""

    def deliver(self, items: Sequence[OutboxItem]) -> list[Answer]:
        """Send a batch; a batch refused as a whole is halved until the item that causes it is alone.

        Raises:
            UplinkError: nothing is known of any item; send them again later.
            UnauthorisedError: this unit is not accepted.
        """
        # One limit for the batch and its halves, below the watchdog's.
        self._deadline.begin(self._settings.delivery_timeout_s, self._settings.answer_timeout_s)
        answers: list[Answer] = []
        batches = [list(items)] if items else []
        while batches:
            batch = batches.pop()
            try:
                answers += self._post(batch)
            except BatchRefusedError as refusal:
                if len(batch) == 1:
                    detail = f"{refusal.status} refused alone"
                    answers.append(Answer(batch[0].item_id, Outcome.REFUSED, detail=detail))
                else:
                    half = len(batch) // 2
                    batches += [batch[half:], batch[:half]]
            except UplinkError:
                if not answers:
                    raise
                # The answers that came must not be lost because the link broke in the middle.
                unsent = [item for rest in (batch, *reversed(batches)) for item in rest]
                return answers + [Answer(item.item_id, Outcome.UNSENT) for item in unsent]
        return answers

    def ping(self) -> None:
        """Deliver an empty batch, to see whether the department is reached and accepts this unit.

        Raises:
            UplinkError: it is not reached.
            UnauthorisedError: this unit is not accepted.
        """
        self._deadline.begin(self._settings.delivery_timeout_s, self._settings.answer_timeout_s)
        try:
            self._post([])
        except BatchRefusedError as refusal:
            self.close()
            raise UplinkError(f"{self._settings.url}: it refuses even an empty delivery ({refusal.status})") from None

    def has_new_certificate(self) -> bool:
        """Whether a certificate file changed since the last connection was made; the next batch makes a new one."""
        return bool(self._mark) and self._mark != mark_of(self._settings)

    def close(self) -> None:
        """Close the connection; the next batch opens one again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _post(self, batch: list[OutboxItem]) -> list[Answer]:
        try:
            payload = parse_answers(self._exchange(batch), self._settings.url)
        except UplinkError:
            self.close()
            raise
        self.list_serials.update(payload.lists)
        self.log_statements = {statement.log_id: statement for statement in payload.logs[:LOGS_MAX]}
        self.department_utc = department_utc_in(payload) or self.department_utc
        return match_answers(payload, batch)

    def _exchange(self, batch: list[OutboxItem]) -> Reply:
        """Send and read one whole answer, bounded in bytes and in time."""
        client = self._connect()
        try:
            with client.stream("POST", self._url, files=[_part(item) for item in batch]) as response:
                self.department_until = peer_until(response.extensions["network_stream"])
                body = b"".join(self._read_bounded(response))
                self.roster_serial = roster_serial_in(response.headers) or self.roster_serial
                return Reply(response.status_code, response.headers, body)
        except httpx.HTTPError as error:
            raise explain(error, self._settings) from None

    def _read_bounded(self, response: httpx.Response) -> Iterator[bytes]:
        """Read the body as it comes, up to a limit: the request asks for no compression, so nothing is decompressed."""
        size = 0
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > ANSWER_BYTES_MAX:
                raise UplinkError(f"{self._settings.url}: its answer is longer than {ANSWER_BYTES_MAX} bytes")
            yield chunk

    def _connect(self) -> httpx.Client:
        settings = self._settings
        if self.has_new_certificate():
            self.close()
        if self._client is None:
            self._mark = mark_of(settings)
            self._client = open_client(settings, self._unit_id, context_of(settings), self._deadline)
            self._client.headers["Accept"] = "application/json"
        return self._client


def _part(item: OutboxItem) -> _Part:
    content_type = "image/jpeg" if item.kind is ItemKind.IMAGE else "application/json"
    return item.item_id, (item.kind.value, item.body, content_type, {DIGEST_HEADER: item.sha256})
