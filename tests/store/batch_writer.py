"""A process that commits batches and says so on stdout: the victim of crash tests.

Run as ``python -m tests.store.batch_writer <data folder> <name> <batches>``.
"""

import sys
from pathlib import Path

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import CROP, SCENE, closed, decided, hit, plate_read

KEY = bytes(range(32))
READS = 5
"""Of one batch; the first is closed in it, each has two images and a hit."""


def read_ids(name: str, number: int) -> list[str]:
    return [f"{name}-{number}-{place}" for place in range(READS)]


def batch(name: str, number: int) -> list[ReadUpdate]:
    ids = read_ids(name, number)
    decisions = [
        decided(
            plate_read(read_id),
            hits=(hit(f"hit {read_id}", read_id),),
            images=((CROP, f"crop {read_id}".encode() * 50), (SCENE, f"scene {read_id}".encode() * 500)),
        )
        for read_id in ids
    ]
    return [*decisions, closed(plate_read(ids[0]))]


def main(data: Path, name: str, batches: int) -> None:
    database = Database.open(data, KEY, migrate=True)
    store = ReadStore(database, ImageStore(data / "images", KEY))
    for number in range(batches):
        store.commit(batch(name, number))
        sys.stdout.write(f"acknowledged {number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
