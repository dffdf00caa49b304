"""Items of tests, and what a department holds of them."""

from pathlib import Path

from alpr_edge.domain.protocol.hits import hit_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.reads.repository import ReadStore
from tests.department.engines import query
from tests.store.records import decided, hit, plate_read


def jpeg(text: str) -> bytes:
    return b"\xff\xd8\xff\xe0" + text.encode() * 20


def item(item_id: str, kind: ItemKind, body: bytes) -> OutboxItem:
    return OutboxItem(item_id, kind, body, digest(body))


def read_item(number: int = 1, plate: str = "7ABC123") -> OutboxItem:
    read_id = f"read-{number}"
    return item(read_id, ItemKind.READ, encode(read_payload(plate_read(read_id, plate))))


def hit_item(number: int = 1) -> OutboxItem:
    read = plate_read(f"read-{number}")
    new_hit = hit(f"hit-{number}", read.read_id)
    return item(new_hit.hit_id, ItemKind.HIT, encode(hit_payload(new_hit, read)))


def image_item(number: int = 1) -> OutboxItem:
    body = jpeg(f"picture {number}")
    return item(digest(body), ItemKind.IMAGE, body)


def fill(database: Database, images: ImageStore, reads: int) -> int:
    """Put reads, each with a hit and two images, into a vehicle's outbox; returns how many items that makes."""
    store = ReadStore(database, images)
    batch = []
    for number in range(reads):
        read_id = f"read-{number}"
        pictures = (
            (EvidenceKind.CROP, jpeg(f"crop of {read_id}")),
            (EvidenceKind.SCENE, jpeg(f"scene of {read_id}")),
        )
        hits = (hit(f"hit-{number}", read_id),)
        batch.append(decided(plate_read(read_id), hits=hits, images=pictures))
    store.commit(batch)
    assert store.close_open_reads() == reads
    return reads * 4


def stored_digests(directory: Path) -> dict[str, str]:
    """Digest by id of what lies in a department's storage, looked at without the code that stores."""
    rows = query(directory, "SELECT item_id, kind, sha256, body FROM items")
    counts = [query(directory, f"SELECT count(*) FROM {table}")[0][0] for table in ("reads", "hits")]
    kinds = [kind for _, kind, _, _ in rows]
    assert counts == [kinds.count("read"), kinds.count("hit")]
    assert len({item_id for item_id, *_ in rows}) == len(rows)
    images = directory / "images"
    return {
        item_id: digest((images / sha256[:2] / f"{sha256}.jpg").read_bytes() if kind == "image" else body)
        for item_id, kind, sha256, body in rows
    }
