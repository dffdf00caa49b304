"""The form of an encrypted body: a nonce, and AES-256-GCM over what the unit sent.

The column ``key_id`` beside it names the key, and is empty where a body lies as it came. A body is bound to its item,
its unit and its key: put into the row of another it does not open. Receipts speak of the body as it was sent.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, Select, bindparam, select, update

from alpr_edge.department.db.day_keys.day_keys import DayKey, keys_of
from alpr_edge.department.db.day_keys.master_keys import NONCE_BYTES
from alpr_edge.department.db.schema import items

BODY_COLUMNS = (items.c.item_id, items.c.unit_id, items.c.key_id, items.c.body)
"""What a query selects, beside whatever else, to have its bodies opened."""
CLOSED = b""
"""In place of a body whose key is destroyed, or that was changed: it fits no digest, and is no JSON."""


class BodySealer:
    """Encrypts bodies under one key, and opens those that are under it.

    Args:
        key: a key of a day; None: bodies lie as they came.
    """

    def __init__(self, key: DayKey | None) -> None:
        self.key_id = None if key is None else key.key_id
        self._cipher = None if key is None else AESGCM(key.key)
        self._place = f"alpr-edge body 1\n{self.key_id}\n"

    def seal(self, body: bytes, unit_id: str, item_id: str) -> bytes:
        """A body as it is stored."""
        if self._cipher is None:
            return body
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, f"{self._place}{unit_id}\n{item_id}".encode())

    def open(self, sealed: bytes, unit_id: str, item_id: str) -> bytes:
        """A body that is under this key; :data:`CLOSED` for one that does not open."""
        assert self._cipher is not None, "of a key"
        try:
            place = f"{self._place}{unit_id}\n{item_id}".encode()
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
        except (InvalidTag, ValueError):
            return CLOSED


def select_bodies() -> Select[Any]:
    """What asks for bodies, for :func:`open_bodies`."""
    return select(*BODY_COLUMNS)


def open_bodies(
    connection: Connection, rows: Sequence[Row[Any]], known: BodySealer | None = None
) -> list[bytes | None]:
    """The bodies of rows as units sent them, in the order of the rows.

    Args:
        rows: rows with at least :data:`BODY_COLUMNS`.
        known: what has the key of most of them; None: all keys are asked for.

    Returns:
        None for an image, which lies elsewhere; :data:`CLOSED` for a body that does not open.
    """
    sealers = {} if known is None else {known.key_id: known}
    key_ids = {row.key_id for row in rows} - {None, *sealers}
    keys = keys_of(connection).load(connection, key_ids) if key_ids else {}
    sealers |= {key_id: BodySealer(DayKey(key_id, key)) for key_id, key in keys.items()}
    return [_open(row, sealers.get(row.key_id)) for row in rows]


def open_body(connection: Connection, row: Row[Any] | None) -> bytes | None:
    """The body of one row, likewise; None as well where there is no row."""
    return None if row is None else open_bodies(connection, [row])[0]


def replace_bodies(connection: Connection, bodies: Iterable[tuple[str, str, bytes, BodySealer]]) -> None:
    """Store bodies in place of what is stored of them; each changes with the key that it is under.

    Args:
        connection: the connection of a transaction that may write.
    """
    values = [
        {
            "of_item": item_id,
            "of_unit": unit_id,
            "of_key": sealer.key_id,
            "of_body": sealer.seal(body, unit_id, item_id),
        }
        for unit_id, item_id, body, sealer in bodies
    ]
    if values:
        is_it = (items.c.item_id == bindparam("of_item")) & (items.c.unit_id == bindparam("of_unit"))
        change = update(items).where(is_it).values(body=bindparam("of_body"), key_id=bindparam("of_key"))
        connection.execute(change, values)


def _open(row: Row[Any], sealer: BodySealer | None) -> bytes | None:
    body: bytes | None = row.body
    if row.key_id is None or body is None:
        return body
    return CLOSED if sealer is None else sealer.open(body, row.unit_id, row.item_id)
