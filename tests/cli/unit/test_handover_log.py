"""A unit that is taken out of service hands over its access log to the last record, under a checkpoint of its own."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.protocol.access_log import CHECKPOINT_PREFIX, RECORD_PREFIX
from alpr_edge.domain.protocol.items import Answer, Outcome
from alpr_edge.settings import load
from alpr_edge.store.access_log.checkpoints import latest_checkpoint
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.unit_store import open_store
from tests.domain.access_log.entries import entry
from tests.store.records import instant
from tests.units import write_bare_unit


def test_every_record_is_queued_and_signed_for_however_often_it_is_asked(tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    with open_store(load(settings), migrate=True):
        pass
    for _ in range(2):
        handover(settings)
    with open_access_log(load(settings), migrate=False) as log:
        size, latest = log.size(), latest_checkpoint(log)
    assert size >= 2
    assert latest is not None
    assert latest.size == size
    with open_store(load(settings), migrate=False) as store, store.database.read() as connection:
        item_ids = list(connection.scalars(select(outbox.c.item_id)))
    assert sum(item_id.startswith(RECORD_PREFIX) for item_id in item_ids) == size
    assert [item_id for item_id in item_ids if item_id.startswith(CHECKPOINT_PREFIX)]


def handover(settings: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["unit", "handover", "--json", "--settings", str(settings)])
    assert done.exit_code == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_records_of_the_handover_itself_are_not_waited_for_and_those_of_people_are(tmp_path: Path) -> None:
    """On media alone each step of a handover would need a medium of its own, and that one receipts, without an end."""
    settings = write_bare_unit(tmp_path)
    unit = load(settings)
    with open_store(unit, migrate=True):
        pass
    with open_access_log(unit, migrate=True) as log:
        log.append(entry(1), instant(1))
    assert handover(settings)["left"] == {}, "what is queued last is counted the next time"
    assert handover(settings)["left"] == {"items_waiting": 1}
    with open_store(unit, migrate=False) as store:
        items = store.outbox.due(100, 10**8)
        assert store.outbox.offload(items, "medium-1", None) == len(items) > 2
    report = handover(settings)
    assert report["left"] == {"items_on_media": 1}
    assert report["items"]["offloaded"] == len(items)
    with open_store(unit, migrate=False) as store:
        on_medium = store.outbox.due(100, 10**8, on_media=True)
        store.outbox.settle([Answer(each.item_id, Outcome.RECEIPT, each.sha256) for each in on_medium], 5)
    report = handover(settings)
    assert report["left"] == {}
    assert report["own_records"]["ready"] == report["items"]["ready"] > 0
