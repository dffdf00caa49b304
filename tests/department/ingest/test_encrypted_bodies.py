"""Bodies under keys of a day: read as they were sent, closed without the key, forgotten once the purge destroyed it."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.copying.body_encryption import BODIES_A_BATCH, encrypt_bodies
from alpr_edge.department.copying.copy import copy_database
from alpr_edge.department.db.day_keys.item_bodies import CLOSED
from alpr_edge.department.db.day_keys.master_keys import make_master_key
from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import verify
from alpr_edge.department.search.read_pictures import pictures_of as stored_pictures
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from alpr_edge.domain.protocol.items import OutboxItem, digest
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.seaweedfs import set_images
from tests.department.engines import EngineUnderTest, query
from tests.department.people.office import make_department
from tests.department.retention.office import TODAY, UNIT, Office, hit_items, pictures_of, read_item
from tests.department.unit_logs.car import Car
from tests.store.holds import CASE

TO_THE_PAST = f"UPDATE image_keys SET day = '{(TODAY - timedelta(days=400)).date()}'"
BODIES = "SELECT item_id, key_id, body FROM items WHERE body IS NOT NULL ORDER BY item_id"
NIGHT = timedelta(days=1)


def use_key(directory: Path) -> None:
    """Have a department encrypt what comes from now on."""
    path = directory.parent / "images.key"
    make_master_key(path, directory)
    set_images(directory, key=str(path))


@pytest.fixture
def open_office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    """A department without a master key."""
    office = Office(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    directory = engine.use(tmp_path / "department")
    use_key(directory)
    office = Office(directory)
    yield office
    office.storage.close()


def items_of(*read_ids: str) -> list[OutboxItem]:
    return [each for read_id in read_ids for each in (read_item(read_id), *hit_items(read_id))]


def bodies(office: Office) -> dict[str, bytes | None]:
    """What is read of bodies."""
    return {digest(each.body) if each.body else each.sha256: each.body for each in office.storage.stored_items()}


def damaged_count(office: Office) -> int:
    return verify(office.storage, lambda done, total: None).damaged_bodies


def keys_of(office: Office) -> list[tuple[int, int, bool]]:
    """Generation, bodies and whether it is destroyed, of each key."""
    return [(each.generation, each.bodies, each.destroyed_at is not None) for each in office.storage.image_keys()]


def test_a_body_lies_encrypted_and_is_read_as_it_was_sent(office: Office) -> None:
    items = items_of("a", "b")
    for _ in range(2):  # what is there already is receipted by the digest of what it opens to
        parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items]
        answers = office.storage.store(UNIT, parts)
        assert [answer.sha256 for answer in answers] == [each.sha256 for each in items]
    lying = {item_id: (key_id, bytes(body)) for item_id, key_id, body in query(office.directory, BODIES)}
    assert {key_id for key_id, _ in lying.values()} == {office.storage.image_keys()[0].key_id}
    assert not [each.item_id for each in items if each.body[:12] in lying[each.item_id][1]]
    assert len(lying["a"][1]) == len(items[0].body) + 28
    assert bodies(office) == {each.sha256: each.body for each in items}
    assert keys_of(office) == [(0, len(items), False)]
    office.deliver(*pictures_of("a"), days_ago=0)
    with office.storage.database.reading() as connection:
        found = [each.sha256 for each in stored_pictures(connection, UNIT, "a")]
    assert found == [each.sha256 for each in pictures_of("a")]
    car = Car(office.directory.parent / "car")
    with closing(car.log):
        car.look(3)
        office.storage.store(UNIT, [*car.records(), car.checkpoint()])
    assert [state.cosigned for state in office.storage.logs.states()] == [car.log.size()]


def test_a_body_that_was_changed_or_lies_in_the_row_of_another_is_told_and_repaired(office: Office) -> None:
    office.deliver(*items_of("a", "b", "c"), days_ago=0)
    other = "(SELECT body FROM (SELECT * FROM items) AS o WHERE o.item_id = 'b')"
    office.execute(f"UPDATE items SET body = {other} WHERE item_id = 'a'")
    office.execute("UPDATE items SET key_id = NULL WHERE item_id = 'c'")
    assert damaged_count(office) == 2
    office.deliver(*items_of("a", "c"), days_ago=0)
    assert damaged_count(office) == 0


def test_the_purge_closes_every_copy_of_what_it_deleted_and_keeps_what_is_held_open(office: Office) -> None:
    office.deliver(*items_of("held", "old"), days_ago=900)
    office.execute(TO_THE_PAST)
    terms = HoldTerms(HoldKind.READ, "", CASE, "a subpoena", None)
    office.storage.holds.place(["held"], terms, HoldAuthor("chief", TODAY))
    office.execute("CREATE TABLE backup AS SELECT * FROM items")
    count = len(items_of("held"))
    office.purge()
    assert keys_of(office) == [(0, count, False), (1, 0, False)]  # the next key gets into a backup first
    office.purge(TODAY + NIGHT)
    assert keys_of(office) == [(0, 0, True), (1, count, False)]
    assert bodies(office) == {each.sha256: each.body for each in items_of("held")}
    office.execute("INSERT INTO items SELECT * FROM backup WHERE item_id = 'old'")
    assert [each.body for each in office.storage.stored_items() if each.sha256 == read_item("old").sha256] == [CLOSED]
    office.execute("UPDATE items SET body = (SELECT body FROM backup WHERE item_id = 'old') WHERE item_id = 'held'")
    assert damaged_count(office) == 2
    office.execute("DROP TABLE backup")


def test_a_key_stays_as_long_as_a_body_under_it_is_damaged(office: Office) -> None:
    office.deliver(*items_of("held", "old"), days_ago=900)
    office.execute(TO_THE_PAST)
    terms = HoldTerms(HoldKind.READ, "", CASE, "a subpoena", None)
    office.storage.holds.place(["held"], terms, HoldAuthor("chief", TODAY))
    office.execute("UPDATE items SET body = substr(body, 2) WHERE item_id = 'held'")
    for night in range(2):
        office.purge(TODAY + night * NIGHT)
    assert keys_of(office) == [(0, 1, False), (1, len(items_of("held")) - 1, False)]


def test_bodies_of_before_are_encrypted_by_migrate_which_goes_on_where_it_broke_off(open_office: Office) -> None:
    office, count = open_office, BODIES_A_BATCH + 5
    office.deliver(*(read_item(f"read-{number:03}") for number in range(count)), days_ago=3)
    office.deliver(read_item("later"), days_ago=1)
    office.execute("UPDATE items SET sha256 = 'x' WHERE item_id = 'read-001'")
    assert encrypt_bodies(office.directory, lambda done, total: None) is None
    use_key(office.directory)

    def break_off(done: int, total: int) -> None:
        assert (done, total) == (BODIES_A_BATCH, count + 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encrypt_bodies(office.directory, break_off)
    office.execute("DELETE FROM leases")
    status = CliRunner().invoke(app, ["department", "status", "--json", "--directory", str(office.directory)])
    assert json.loads(status.stdout)["images"]["bodies_not_encrypted"] == count + 2 - BODIES_A_BATCH
    done = CliRunner().invoke(app, ["department", "migrate", "--json", "--directory", str(office.directory)])
    left = {"encrypted": count + 1 - BODIES_A_BATCH, "damaged": 1}
    assert json.loads(done.stdout)["bodies"] == left
    days = [str((TODAY - timedelta(days=days_ago)).date()) for days_ago in (3, 1)]
    assert [(each.day, each.bodies) for each in office.storage.image_keys()] == [(days[0], count - 1), (days[1], 1)]
    again = CliRunner().invoke(app, ["department", "migrate", "--directory", str(office.directory)])
    assert "encrypted: 0 bodies" in again.output
    assert "do not fit their digests" in " ".join(again.output.split())
    set_images(office.directory, key="")
    with pytest.raises(DepartmentError, match="names no key"):
        encrypt_bodies(office.directory, lambda done, total: None)


def test_encrypted_bodies_move_to_postgresql_as_they_lie(tmp_path: Path, postgresql: PostgresqlServer) -> None:
    directory = make_department(tmp_path / "department")
    use_key(directory)
    with closing(Storage(directory)) as storage:
        storage.store(
            UNIT, [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items_of("a", "b")]
        )
    query(directory, "UPDATE items SET body = substr(body, 2) WHERE item_id = 'b'")
    before = [(item_id, key_id, bytes(body)) for item_id, key_id, body in query(directory, BODIES)]
    result = copy_database(directory, postgresql.url(postgresql.new_database()), lambda done, total: None)
    assert result.damaged_bodies == 1
    assert [(item_id, key_id, bytes(body)) for item_id, key_id, body in query(directory, BODIES)] == before
    with closing(Storage(directory)) as storage:
        assert verify(storage, lambda done, total: None).damaged_bodies == 1
