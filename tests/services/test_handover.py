"""What nobody else has of a unit's reads is queued and counted before anything is destroyed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.cli import app
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.services.handover import Handover, prepare
from alpr_edge.settings import load
from alpr_edge.store.db.schema import reads
from alpr_edge.store.keys import load_key
from alpr_edge.store.recovery.access_log_replacement import PREFIX
from alpr_edge.store.recovery.damaged_databases import damaged_databases, set_aside
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.store.damage import overwrite_page, pages_of
from tests.store.holds import a_hold, place
from tests.store.records import closed, decided_record
from tests.units import write_bare_unit

pytestmark = pytest.mark.review(9)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write_bare_unit(tmp_path)


@contextmanager
def open_unit_store(settings: Path) -> Iterator[UnitStore]:
    with open_store(load(settings), migrate=True, replace_damaged=True) as store:
        yield store


@pytest.fixture
def run_handover(settings: Path, owner: Authoriser) -> Callable[[Path], Handover]:
    def run(settings: Path) -> Handover:
        with open_unit_store(settings) as store:
            return prepare(store, owner, lambda *_: None)

    return run


def test_only_the_owner_of_the_unit_prepares_a_handover(settings: Path, nobody: Authoriser) -> None:
    with open_unit_store(settings) as store, pytest.raises(AccessError, match="only root or the owner"):
        prepare(store, nobody, lambda *_: None)


def read(store: UnitStore, names: list[str], *, is_over: bool) -> None:
    for name in names:
        record = decided_record(name)
        store.reads.commit([record])
        if is_over:
            store.reads.commit([closed(record.read)])


def deliver(store: UnitStore) -> None:
    """Receipts for everything that waits."""
    while items := store.outbox.due(100, 10**8):
        for item in items:
            store.outbox.settle([Answer(item.item_id, Outcome.RECEIPT, item.sha256)], 5)


def test_open_reads_and_databases_set_aside_are_queued(
    settings: Path, run_handover: Callable[[Path], Handover]
) -> None:
    with open_unit_store(settings) as store:
        read(store, [f"old-{n}" for n in range(50)], is_over=True)
    set_aside(settings.parent / "data")
    with open_unit_store(settings) as store:
        read(store, [f"open-{n}" for n in range(3)], is_over=False)
        assert store.outbox.counts().ready == 0
    handover = run_handover(settings)
    assert (handover.reads, handover.open_reads_closed) == (53, 3)
    assert [(one["saved"]["reads"], one["complete"]) for one in handover.databases] == [(50, True)]
    assert handover.items["ready"] == 53 * 3
    assert handover.left == {"items_waiting": 53 * 3, "reads_unacknowledged": 53}
    again = run_handover(settings)
    assert (again.open_reads_closed, again.left, again.databases) == (0, handover.left, handover.databases)


def test_reads_are_counted_however_many_queries_that_takes(
    settings: Path, run_handover: Callable[[Path], Handover]
) -> None:
    with open_unit_store(settings) as store:
        read(store, [f"read-{n}" for n in range(5)], is_over=True)
        with store.database.write() as connection:
            connection.execute(update(reads).values(seq=reads.c.seq * 999))
    assert run_handover(settings).left["reads_unacknowledged"] == 5


def test_once_all_has_a_receipt_nothing_is_left(settings: Path, run_handover: Callable[[Path], Handover]) -> None:
    with open_unit_store(settings) as store:
        read(store, ["one", "two"], is_over=False)
    assert run_handover(settings).left
    with open_unit_store(settings) as store:
        deliver(store)
    assert run_handover(settings).left == {}


def test_a_medium_a_refusal_and_a_hold_are_left(settings: Path, run_handover: Callable[[Path], Handover]) -> None:
    with open_unit_store(settings) as store:
        read(store, ["one", "two", "three"], is_over=True)
        (first, *_) = store.outbox.due(1, 1)
        store.outbox.quarantine(first.item_id, "422")
        there = store.outbox.due(2, 10**8)
        store.outbox.offload(there, "ab" * 16, None)
        deliver(store)
        place(store.database, a_hold(), "three")
    handover = run_handover(settings)
    assert handover.media == [{"medium_id": "ab" * 16, "items": 2, "last": None}]
    assert {name: handover.left[name] for name in ("items_refused", "items_on_media", "reads_held")} == {
        "items_refused": 1,
        "items_on_media": 2,
        "reads_held": 1,
    }
    assert handover.left["reads_unacknowledged"] > 0


def test_a_database_of_which_rows_did_not_come_over_is_left(
    settings: Path, run_handover: Callable[[Path], Handover]
) -> None:
    with open_unit_store(settings) as store:
        read(store, ["one"], is_over=True)
    aside = set_aside(settings.parent / "data")
    aside.keep_report({"complete": False, "saved": {}, "hanging": {"evidence": 1}})
    assert run_handover(settings).left == {"databases_incomplete": 1}


def test_a_damaged_access_log_that_was_set_aside_is_left(
    settings: Path, run_handover: Callable[[Path], Handover]
) -> None:
    with open_unit_store(settings) as store:
        read(store, ["one"], is_over=True)
    (settings.parent / "data" / f"{PREFIX}20260101T000000Z").mkdir()
    assert run_handover(settings).left["access_logs_damaged"] == 1


def test_a_database_damaged_unnoticed_is_set_aside_and_salvaged_as_well(settings: Path) -> None:
    with open_unit_store(settings) as store:
        read(store, [f"read-{n}" for n in range(40)], is_over=True)
    data = settings.parent / "data"
    overwrite_page(data, pages_of(data / "edge.db"))
    done = CliRunner().invoke(app, ["unit", "handover", "--json", "--settings", str(settings)])
    assert done.exit_code == 0, done.stderr
    handover = json.loads(done.stdout)
    assert len(damaged_databases(data)) == len(handover["databases"]) == 1
    assert handover["left"]["reads_unacknowledged"] == handover["reads"] > 10


def test_records_set_aside_are_taken_in_and_queued_and_those_refused_again_are_left(
    settings: Path, run_handover: Callable[[Path], Handover]
) -> None:
    with open_unit_store(settings) as store:
        read(store, ["open"], is_over=False)
        spoilt = decided_record("spoilt")
        spoilt = replace(spoilt, read=replace(spoilt.read, confidence=float("nan")))
        for record in (
            decided_record("aside"),
            closed(replace(decided_record("open").read, vote_count=20)),
            spoilt,
        ):
            store.refused_records.add([record], "the store failed on it")
    (settings.parent / "data" / "refused" / "00000009.record").write_bytes(b"damaged")
    handover = run_handover(settings)
    assert (handover.reads, handover.records_taken_in, handover.records_set_aside) == (2, 2, 2)
    assert handover.left == {"items_waiting": 6, "reads_unacknowledged": 2, "records_set_aside": 2}
    with open_unit_store(settings) as store:
        deliver(store)
        open_read = store.reads.get("open")
        assert open_read is not None
        assert open_read.read.vote_count == 20
    assert run_handover(settings).left == {"records_set_aside": 2}


def test_the_command_tells_people_and_refuses_beside_a_running_unit(settings: Path) -> None:
    command = ["unit", "handover", "--settings", str(settings)]
    with open_unit_store(settings) as store:
        read(store, ["one"], is_over=False)
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.stderr
    assert "1 were still open and are queued now" in result.stdout
    assert "left      3 items wait for the department" in result.stdout
    assert "7ABC" not in result.stdout
    with instance_lock(settings.parent / "data"):
        refusal = CliRunner().invoke(app, command)
    assert (refusal.exit_code, len(refusal.stderr.splitlines())) == (1, 1)
    with open_unit_store(settings) as store:
        deliver(store)
    assert "everything was delivered" in CliRunner().invoke(app, command).stdout
    assert load_key("outbox", settings.parent / "keys")
