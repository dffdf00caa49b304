"""What can be read of a database set aside comes over under its ids, twice as well as once, and is queued."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.page_requests.corrections import Correction
from alpr_edge.domain.page_requests.mute import EndOfMute, MuteOrder
from alpr_edge.domain.page_requests.request import Content, PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.domain.retention import DeletionReason, RetentionLimits
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import evidence, images, metadata, outbox, reads
from alpr_edge.store.reads.dispositions import add_disposition, dispositions_of
from alpr_edge.store.recovery.damaged_databases import damaged_databases, set_aside
from alpr_edge.store.recovery.key_check import MARK_NAME
from alpr_edge.store.requests.page_requests import add_request, answer_request, requests_about
from alpr_edge.store.retention.deleted_list import add_deleted
from alpr_edge.store.retention.holds import is_held
from alpr_edge.store.retention.left_images import BATCH, left_images
from alpr_edge.store.retention.purge import Purge, _remove_rows
from alpr_edge.store.sqlite_forensics.btree import node_of
from tests.store.damage import (
    KEY,
    PAGE,
    READS,
    OpenUnit,
    commit,
    copy_open_folder,
    fill,
    overwrite,
    overwrite_page,
    pages_of,
    reads_by_page,
    unit,
)
from tests.store.holds import a_hold, place, release
from tests.store.records import bear_out, decided, disposition, heard, hit, instant, plate_read

WAL = f"{DATABASE_NAME}-wal"
ALL = {f"read-{number}" for number in range(READS)}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "data"
    fill(folder)
    with unit(folder) as store:
        clock_pairs.record(store.database, instant())
        place(store.database, a_hold(), "read-7")
        with store.database.write() as connection:
            long = "[" + ",".join(['"reader@1"'] * 900) + "]"  # a row that goes on on other pages
            connection.execute(text(f"UPDATE reads SET model_ids = '{long}' WHERE read_id = 'read-50'"))
    return folder


@pytest.fixture
def full_data(template: Path, data: Path) -> Path:
    return shutil.copytree(template, data)


def rows(store: OpenUnit) -> dict[str, set[tuple[object, ...]]]:
    """Everything that is kept, but for its order of arrival and whether a pass is over."""
    by_table = {}
    with store.database.read() as connection:
        for table in metadata.sorted_tables:
            columns = [column.name for column in table.columns if column.name not in {"seq", "closed"}]
            query = f"SELECT {', '.join(columns)} FROM {table.name}"
            by_table[table.name] = {tuple(row) for row in connection.exec_driver_sql(query)}
    return by_table


def test_a_whole_database_comes_over_whole(full_data: Path) -> None:
    with unit(full_data) as store:
        before = rows(store)
    set_aside(full_data)
    with unit(full_data) as store:
        done = store.salvage()
        after = rows(store)
        assert {name for name in before if after[name] != before[name]} == {"counts", "outbox"}
        assert after["outbox"] > before["outbox"]
        assert (done.new_rows["reads"], done.new_rows["holds"], done.pages_unreadable, done.hanging.total()) == (
            READS,
            1,
            0,
            0,
        )
        assert done.requeued_items == 2  # the read whose pass was not over, and its image
        assert store.outbox.counts().delivered == 1


def test_saving_twice_changes_nothing(full_data: Path) -> None:
    overwrite_page(full_data, 40)
    with unit(full_data) as store:
        first = store.salvage()
        before = rows(store)
        again = store.salvage()
        assert rows(store) == before
        assert (again.new_rows.total(), again.requeued_items, again.images_adopted) == (0, 0, 0)
        assert again.there == first.new_rows + first.there, "holds are carried over before anything is saved"
        assert store.asides[0].report is not None


@pytest.mark.parametrize("also", ["", "mark"])
def test_page_1_is_not_needed(full_data: Path, also: str) -> None:
    """Without the mark its salt must be there."""
    overwrite(full_data / DATABASE_NAME, 16 if also else 0, PAGE - 16)
    if also:
        (full_data / MARK_NAME).unlink()
    with unit(full_data) as store:
        done = store.salvage()
        assert store.ids() == ALL
        assert done.pages_unreadable == 1
        assert store.queue_ids("read") == ALL
        assert store.outbox.counts().delivered == 1


def test_every_row_of_a_whole_page_is_saved_whichever_page_is_damaged(full_data: Path, tmp_path: Path) -> None:
    where = reads_by_page(full_data)
    total = pages_of(full_data / DATABASE_NAME)
    for page in range(1, total + 1, 16):
        copy = shutil.copytree(full_data, tmp_path / f"page-{page}")
        overwrite_page(copy, page)
        set_aside(copy)
        with unit(copy) as store:
            store.salvage()
            assert store.ids() >= ALL - where.get(page, set()) - {"read-50"}, page
            assert store.queue_ids("read") >= store.ids()
            assert len(store.queue_ids("image")) == READS


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 3 * PAGE)), min_size=1, max_size=6))
def test_whatever_is_overwritten_costs_the_rows_of_its_pages_alone(
    template: Path, tmp_path_factory: pytest.TempPathFactory, wounds: list[tuple[float, int]]
) -> None:
    data = shutil.copytree(template, tmp_path_factory.mktemp("wounded") / "data")
    where, hurt = reads_by_page(data), set[int]()
    size = (data / DATABASE_NAME).stat().st_size
    for share, length in wounds:
        start = int(share * size)
        overwrite(data / DATABASE_NAME, start, length)
        hurt |= set(range(start // PAGE + 1, (start + length - 1) // PAGE + 2))
    set_aside(data)
    with unit(data) as store:
        done = store.salvage()
        lost_ids = set().union(*(ids for page, ids in where.items() if page in hurt), {"read-50"})
        assert store.ids() >= ALL - lost_ids
        assert done.pages_unreadable <= len(hurt)
        assert not store.salvage().new_rows


def test_a_file_cut_short_gives_what_is_left(full_data: Path) -> None:
    where = reads_by_page(full_data)
    pages_left = pages_of(full_data / DATABASE_NAME) // 2
    os.truncate(full_data / DATABASE_NAME, pages_left * PAGE + 77)
    with unit(full_data) as store:
        store.salvage()
        assert store.ids() >= set().union(*(ids for page, ids in where.items() if page <= pages_left)) - {"read-50"}


@pytest.mark.parametrize("frame", [0, 3, 20, -1])
def test_frames_of_the_log_behind_a_damaged_one_are_saved(data: Path, tmp_path: Path, frame: int) -> None:
    fill(data, 20)
    with unit(data) as store:
        commit(store, range(20, 80))
        killed_data = copy_open_folder(data, tmp_path / "killed")
    log = killed_data / WAL
    frames = (log.stat().st_size - 32) // (PAGE + 24)
    overwrite(log, 32 + (frame % frames) * (PAGE + 24), PAGE + 24)
    with unit(killed_data) as store:
        assert len(store.asides) == 1
        store.salvage()
        # The last frames of the log are the newest version of few pages: older ones stand in for the damaged one.
        assert len(store.ids()) >= 60
        assert store.queue_ids("read") >= store.ids()


def test_images_whose_rows_are_lost_are_taken_over_and_none_is_swept_meanwhile(full_data: Path) -> None:
    damaged_file = next((full_data / "images").glob("*/*"))
    damaged_file.write_bytes(damaged_file.read_bytes()[:-1])
    (full_data / DATABASE_NAME).write_bytes(b"")
    with unit(full_data) as store:
        done = store.salvage()
        assert (done.images_adopted, done.images_damaged) == (READS - 1, 1)
        assert len(store.queue_ids("image")) == READS - 1


def test_images_whose_rows_are_lost_go_when_they_are_as_old_as_a_read_may_be(full_data: Path) -> None:
    (full_data / DATABASE_NAME).unlink()
    with unit(full_data) as store:
        adopted = store.salvage().images_adopted
        assert adopted == READS
        refused, *others = store.outbox.due(10_000, 10**9)
        store.outbox.quarantine(refused.item_id, "refused")
        store.outbox.settle([Answer(item.item_id, Outcome.RECEIPT, item.sha256) for item in others], 5)
        limits = RetentionLimits(acknowledged_max=timedelta(days=30), policy_max=timedelta(days=365))
        facts = store.images.facts
        assert left_images(store.database, facts, limits, datetime.now(UTC) + timedelta(days=29)) == []
        late = datetime.now(UTC) + timedelta(days=31)
        digests = left_images(store.database, facts, limits, late)
        assert len(digests) == min(adopted - 1, BATCH)
        bear_out(store.database, Instant("boot-1", 5_000_000_000, late, UtcSource.GNSS, 1.0))
        purge = Purge(store.database, store.reads, limits)
        for _ in range(100):
            if not purge.step(Instant("boot-1", 5_000_000_000, late, UtcSource.GNSS, 1.0), 0):
                break
        assert left_images(store.database, facts, limits, late) == []
        assert facts(digests[0]) is None
        assert facts(refused.item_id) is not None, "the department does not have it"


def test_images_whose_read_is_lost_have_no_date_but_their_file_s(full_data: Path) -> None:
    overwrite_page(full_data, next(iter(reads_by_page(full_data))))
    with unit(full_data) as store:
        assert store.salvage().hanging["evidence"] > 0
        others = images.c.sha256.not_in(select(evidence.c.sha256))
        with store.database.read() as connection:
            assert set(connection.execute(select(images.c.created_utc).where(others)).scalars()) == {None}


def test_an_image_that_is_being_written_is_left_alone(full_data: Path) -> None:
    (full_data / DATABASE_NAME).unlink()
    with unit(full_data) as store:
        young = store.images.put(b"a picture whose row comes in a moment")
        later = store.asides[0].since.timestamp() + 5
        os.utime(full_data / "images" / young[:2] / young, (later, later))
        assert store.salvage().images_adopted == READS


def test_rows_that_hang_on_lost_ones_are_told_and_not_taken(full_data: Path) -> None:
    with unit(full_data) as store, store.database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("DELETE FROM evidence WHERE read_id = 'read-0'")
        connection.execute(update(reads).where(reads.c.read_id == "read-0").values(read_id="read-new"))
        connection.exec_driver_sql("UPDATE hits SET read_id = 'read-new' WHERE read_id = 'read-0'")
    page = next(number for number, ids in reads_by_page(full_data).items() if "read-new" in ids)
    overwrite_page(full_data, page)
    with unit(full_data) as store:
        done = store.salvage()
        assert done.hanging["hits"] > 0
        assert not done.is_complete
        assert "hit-0" in store.queue_ids("hit")  # its item says all that the department needs


def test_a_receipt_is_kept_for_what_was_queued_anew(full_data: Path) -> None:
    overwrite_page(full_data, 1)
    row = {"item_id": "hit-0", "urgency": 1, "kind": "hit", "body": b"", "length": 0, "sha256": "0"}
    with unit(full_data) as store:
        with store.database.write() as connection:
            connection.execute(
                outbox.insert(),
                row,
            )
        store.salvage()
        with store.database.read() as connection:
            item = connection.execute(select(outbox.c.state, outbox.c.sha256).where(outbox.c.item_id == "hit-0")).one()
        assert item == ("ready", "0")  # other content: that receipt is not its own


def test_deleted_rows_do_not_come_back_from_free_pages(full_data: Path) -> None:
    with unit(full_data) as store, store.database.write() as connection:
        for table in ("holds", "evidence", "alerts", "hits", "reads"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    set_aside(full_data)
    with unit(full_data) as store:
        assert "reads" not in store.salvage().new_rows
        assert store.ids() == set()


def test_what_was_deleted_since_a_salvage_does_not_come_back_with_another(full_data: Path) -> None:
    overwrite_page(full_data, 40)
    with unit(full_data) as store:
        store.salvage()
        assert "read-3" in store.ids()
        with store.database.write() as connection:
            _remove_rows(connection, ["read-3"], set())
            add_deleted(connection, [("read-3", DeletionReason.AGE)])
        again = store.salvage()
        assert "read-3" not in store.ids()
        assert again.over["reads"] == 1
        assert (again.new_rows["reads"], again.new_rows["hits"], again.hanging.total()) == (0, 0, 0)


def test_a_hold_released_since_the_damage_keeps_nothing(full_data: Path) -> None:
    set_aside(full_data)
    with unit(full_data) as store:
        store.salvage()
        release(store.database)
        store.salvage()
        assert "read-7" in store.ids()
        with store.database.read() as connection:
            assert connection.scalars(select(reads.c.read_id).where(is_held())).all() == []


def test_an_older_and_a_newer_release_s_rows_are_read(full_data: Path) -> None:
    with unit(full_data) as store, store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE reads ADD COLUMN later TEXT")
        connection.exec_driver_sql("UPDATE reads SET later = 'said by a newer release' WHERE seq % 2 = 0")
    overwrite_page(full_data, 2)
    with unit(full_data) as store:
        set_aside(full_data) if not damaged_databases(full_data) else None
        store.salvage()
        assert len(store.ids()) >= READS - 20


@pytest.mark.review(19)
def test_an_alert_that_lost_its_place_in_the_queue_is_queued_again_as_it_was(data: Path) -> None:
    decision = decided(plate_read("read-1"), hits=(hit(),), alerts=[heard()])
    with unit(data) as store:
        store.reads.commit([decision, decided(plate_read("read-2", supersedes="read-1"))])
        before = [(item.item_id, item.body) for item in store.outbox.due(10, 10**6)]
        with store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM outbox")
    set_aside(data)
    with unit(data) as store:
        store.salvage()
        assert [(item.item_id, item.body) for item in store.outbox.due(3, 10**6)] == before
    assert [item_id for item_id, _ in before] == ["hit-1", "alert:hit-1", "withdrawal:hit-1"]


def test_an_answer_to_a_hit_that_lost_its_place_in_the_queue_is_queued_again_as_it_was(data: Path) -> None:
    said = disposition()
    with unit(data) as store:
        store.reads.commit([decided(plate_read("read-1"), hits=(hit(),))])
        with store.database.write() as connection:
            add_disposition(connection, said, "unit-1")
        before = [(item.item_id, item.body) for item in store.outbox.due(10, 10**6)]
        with store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM outbox")
    set_aside(data)
    with unit(data) as store:
        store.salvage()
        assert [(item.item_id, item.body) for item in store.outbox.due(2, 10**6)] == before
        with store.database.read() as connection:
            assert dispositions_of(connection, ["hit-1"]) == {"hit-1": [said]}
    assert len(before) == 2


def test_what_the_page_asked_for_is_left_behind_and_taken_for_nothing_else(data: Path) -> None:
    """An old version of a page may show a request without its answer: it would be executed twice."""
    asked: list[Content] = [Correction("hit-1", "read-1", "7ABC128", "CA"), MuteOrder(15), EndOfMute()]
    with unit(data) as store:
        store.reads.commit([decided(plate_read("read-1"), hits=(hit(),))])
        with store.database.write() as connection:
            for number, content in enumerate(asked):
                add_request(connection, PageRequest(f"r{number}", content, "ana", "Ana Ruiz", "2f1c", instant()))
                answer_request(connection, f"r{number}", RequestAnswer(RequestOutcome.DONE), instant(5))
    set_aside(data)
    with unit(data) as store:
        done = store.salvage()
        assert dict(done.new_rows) == {"reads": 1, "hits": 1, "outbox": 1}
        assert done.hanging.total() == 0
        with store.database.read() as connection:
            assert requests_about(connection, ["read-1"]) == []


@settings(max_examples=30)
@given(st.binary(min_size=4016, max_size=4016), st.sampled_from([b"", b"\x0d", b"\x0a", b"\x05", b"\x02"]))
def test_any_bytes_are_read_as_a_page_without_harm(page: bytes, start: bytes) -> None:
    page_bytes = start + page[len(start) :]
    node = node_of(2, page_bytes)
    if node is not None:
        list(node.rows(lambda _: page_bytes))


def test_a_row_without_its_image_file_is_shown(full_data: Path) -> None:
    with unit(full_data) as store:
        lost_file = next((full_data / "images").glob("*/*"))
        lost_file.rename(full_data / "elsewhere")
        assert store.outbox.quarantine_lost_images() == 1
        assert store.outbox.quarantine_lost_images() == 0
        (lost_item,) = store.outbox.quarantined_items()
        assert lost_item.item_id == lost_file.name
        (full_data / "elsewhere").rename(lost_file)
        assert store.outbox.requeue([lost_file.name]) == 1
        assert store.outbox.quarantine_lost_images() == 0


def test_nothing_is_taken_from_a_database_of_another_key(full_data: Path, tmp_path: Path) -> None:
    with unit(tmp_path / "other", b"o" * 32):
        pass
    aside = set_aside(tmp_path / "other")
    with unit(full_data) as store:
        done = store.salvage(aside)
        assert not done.new_rows
        assert done.pages_unreadable > 0
    Database.open(full_data, KEY, migrate=False).close()
