"""Stores what the department says of the unit's access logs in its answers, for ``alpr-edge run``, which judges it."""

from collections.abc import Mapping

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.access_log import LogStatementPayload
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox.log_items import note_statement

log = structlog.get_logger(__name__)


class LogStatements:
    """Stores a statement when it is another one than before."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, LogStatementPayload] = {}

    def hear(self, statements: Mapping[str, LogStatementPayload]) -> None:
        """Store the statements of the newest answer."""
        stored = {log_id: known for log_id, known in self._known.items() if log_id in statements}
        for log_id, statement in statements.items():
            if stored.get(log_id) == statement:
                continue
            try:
                note_statement(self._database, statement)
            except StoreError as error:
                log.error("uplink.log_statement_not_stored", failure=str(error))
                return
            if statement.finding:
                log.error("uplink.log_finding", log_id=log_id, finding=statement.finding)
            stored[log_id] = statement
        self._known = stored
