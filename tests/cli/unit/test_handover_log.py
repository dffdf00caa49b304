"""A unit that is taken out of service hands over its access log to the last record, under a checkpoint of its own."""

from pathlib import Path

from sqlalchemy import select
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.protocol.access_log import CHECKPOINT_PREFIX, RECORD_PREFIX
from alpr_edge.settings import load
from alpr_edge.store.access_log.checkpoints import latest_checkpoint
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.unit_store import open_store
from tests.units import write_bare_unit


def test_every_record_is_queued_and_signed_for_however_often_it_is_asked(tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    with open_store(load(settings), migrate=True):
        pass
    for _ in range(2):
        done = CliRunner().invoke(app, ["unit", "handover", "--json", "--settings", str(settings)])
        assert done.exit_code == 0, done.stderr
    with open_access_log(load(settings), migrate=False) as log:
        size, latest = log.size(), latest_checkpoint(log)
    assert size >= 2
    assert latest is not None
    assert latest.size == size
    with open_store(load(settings), migrate=False) as store, store.database.read() as connection:
        item_ids = list(connection.scalars(select(outbox.c.item_id)))
    assert sum(item_id.startswith(RECORD_PREFIX) for item_id in item_ids) == size
    assert [item_id for item_id in item_ids if item_id.startswith(CHECKPOINT_PREFIX)]
