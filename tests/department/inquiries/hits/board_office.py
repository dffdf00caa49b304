"""What cars deliver to a board of hits now, and people who look at it."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.protocol.dispositions import disposition_item_id, disposition_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, encode
from tests.department.interchange.exchange_office import LIST, UNIT, hit_item_of, read_item_of, read_now
from tests.store.records import disposition
from tests.uplink.items import item

FEDERAL = "ncic"
STOLEN, HIDDEN, FAR, WANTED = "7STO462", "7COV462", "7FED462", "7WAN462"
HITS = {STOLEN: "b1", WANTED: "b2", FAR: "b3", HIDDEN: "b4"}
"""The reads whose plates are listed: as stolen, as wanted, by a federal list, and covertly."""


def name_lists(directory: Path) -> None:
    """Say whose data the lists are; one is left out."""
    with (directory / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(f'\n[hits]\nstate_lists = ["{LIST}"]\n')


def deliver(directory: Path, *items: OutboxItem) -> None:
    """Store what a car sends."""
    parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items]
    with closing(Storage(directory, create=False)) as storage:
        answers = storage.store(UNIT, parts)
    assert {answer.status for answer in answers} == {200}, answers


def deliver_hits(directory: Path, *pictures: bytes) -> None:
    """Store the hits of :data:`HITS`; the first has pictures."""
    reads = {plate: read_now(read_id, plate) for plate, read_id in HITS.items()}
    deliver(
        directory,
        read_item_of(reads[STOLEN], pictures),
        *(read_item_of(reads[plate]) for plate in (WANTED, FAR, HIDDEN)),
        hit_item_of(reads[STOLEN]),
        hit_item_of(reads[WANTED], reason=Reason.WANTED_PERSON, match=MatchKind.CONFUSABLE),
        hit_item_of(reads[FAR], source=FEDERAL),
        hit_item_of(reads[HIDDEN], covert=True),
    )


def said_of(plate: str, number: int, part: DispositionPart, answer: str) -> OutboxItem:
    """An officer's answer to a hit."""
    return answer_item(HITS[plate], number, part, answer)


def answer_item(read_id: str, number: int, part: DispositionPart, answer: str) -> OutboxItem:
    """An officer's answer to the hit of any read."""
    about = {"hit_id": f"hit-of-{read_id}", "part": part, "answer": answer}
    made = disposition(number, disposition_id=f"{UNIT}:{read_id}-{number}", **about)
    body = encode(disposition_payload(made, read_id, UNIT))
    return item(disposition_item_id(made.disposition_id), ItemKind.DISPOSITION, body)


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
