"""The pictures of a read, by its body as its unit sent it."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from alpr_edge.department.db.day_keys.item_bodies import open_body, select_bodies
from alpr_edge.department.db.retention_schema import read_pictures
from alpr_edge.department.db.schema import items
from alpr_edge.domain.errors import LostError
from alpr_edge.domain.protocol.items import ItemKind, ReadPayload
from alpr_edge.domain.reads import EvidenceKind


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture that is kept of a read."""

    kind: EvidenceKind
    sha256: str


def pictures_of(connection: Connection, unit_id: str, read_id: str) -> list[ReadPicture]:
    """The pictures of a read, in the order of its body; none where the read is gone."""
    is_item = (items.c.item_id == read_id) & (items.c.unit_id == unit_id) & (items.c.kind == ItemKind.READ.value)
    body = open_body(connection, connection.execute(select_bodies().where(is_item)).first())
    if body is None:
        return []
    is_of_read = (read_pictures.c.read_id == read_id) & (read_pictures.c.unit_id == unit_id)
    kept = set(connection.scalars(select(read_pictures.c.sha256).where(is_of_read)))
    try:
        evidence = ReadPayload.model_validate_json(body).evidence
    except ValueError:
        raise LostError("the body of this read is damaged; run: alpr-edge department verify") from None
    return [ReadPicture(EvidenceKind(each.kind), each.sha256) for each in evidence if each.sha256 in kept]
