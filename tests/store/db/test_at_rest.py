"""Nothing that tells of a plate lies on the disk in the clear, while the store is open or after."""

from pathlib import Path

from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import CROP, SCENE, closed, decided, heard, hit, plate_read

PLATE = "5SOW350"
JPEG = b"\xff\xd8\xff\xe0 the picture of a car"
SECRETS = (
    PLATE,
    "unit-1",
    "front",
    "doj-svs",
    "YAMA",
    "approach",
    "CLETS",
    "CREATE TABLE",
    "SQLite format",
    "the picture",
)


def found_on_disk(data: Path) -> set[str]:
    content = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    names = b"".join(str(path.relative_to(data)).encode() for path in data.rglob("*"))
    encodings = [
        (secret, secret.encode(coding)) for secret in SECRETS for coding in ("utf-8", "utf-16-le", "utf-16-be")
    ]
    return {secret for secret, text in encodings if text in content or text in names}


def test_no_plain_text_on_disk(store: ReadStore, database: Database, data: Path) -> None:
    for number in range(30):
        name = f"read-{number}"
        pictures = ((CROP, JPEG), (SCENE, JPEG * 9))
        hits = (hit(f"hit-{number}", name, PLATE),)
        read = plate_read(name, PLATE)
        store.commit([decided(read, hits, [heard(f"hit-{number}", name)], pictures), closed(read)])
    assert (data / "edge.db-wal").stat().st_size > 0
    assert found_on_disk(data) == set()
    database.close()
    assert (data / "edge.db").stat().st_size > 50_000
    assert found_on_disk(data) == set()


def test_the_search_itself_finds_plain_text(data: Path) -> None:
    data.mkdir()
    (data / "plain").write_bytes(b"..." + PLATE.encode("utf-16-le"))
    assert found_on_disk(data) == {PLATE}
