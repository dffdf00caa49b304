"""The uplink through a department that misbehaves: nothing lost, nothing doubled."""

import random
from pathlib import Path

import pytest

from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.uploader import Uploader
from tests.uplink.conftest import Faulty, settings_for
from tests.uplink.faulty import FAULTS, Fault, draw_faults
from tests.uplink.items import fill, stored_digests

STEPS_MAX = 300


def digests_of(outbox: Outbox) -> dict[str, str]:
    return {item.item_id: item.sha256 for item in outbox.due(10_000, 10**9)}


def empty(outbox: Outbox, settings: UplinkSettings, restarts: random.Random) -> None:
    """Step until nothing is ready, without the waits; now and then the uplink starts anew."""
    department = HttpsDepartment(settings, "unit-1")
    uploader = Uploader(outbox, department, settings, SystemClock(), restarts.random)
    try:
        for _ in range(STEPS_MAX):
            if not outbox.counts().ready:
                return
            assert uploader.step() >= 0
            if restarts.random() < 0.05:
                department.close()
                department = HttpsDepartment(settings, "unit-1")
                uploader = Uploader(outbox, department, settings, SystemClock(), restarts.random)
        pytest.fail(f"the outbox did not empty: {uploader.state}")
    finally:
        department.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_seeded_schedule_of_every_fault_loses_and_doubles_nothing(
    seed: int, tmp_path: Path, database: Database, images: ImageStore, outbox: Outbox, unit_files: Path, faulty: Faulty
) -> None:
    total = fill(database, images, 75)
    digests = digests_of(outbox)
    assert len(digests) == total == 300
    with faulty(draw_faults(seed, 0.5, 120)) as department:
        settings = settings_for(department.url, unit_files, answer_timeout_s=0.3, digest_attempts_max=100)
        empty(outbox, settings, random.Random(seed))
    assert stored_digests(tmp_path / "department") == digests
    counts = outbox.counts()
    assert (counts.ready, counts.delivered, counts.quarantined) == (0, total, 0)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_delays_and_changes_nothing(
    fault: Fault,
    tmp_path: Path,
    database: Database,
    images: ImageStore,
    outbox: Outbox,
    unit_files: Path,
    faulty: Faulty,
) -> None:
    fill(database, images, 3)
    digests = digests_of(outbox)
    with faulty(iter([fault, fault])) as department:
        settings = settings_for(department.url, unit_files, answer_timeout_s=0.4, batch_items=5)
        empty(outbox, settings, random.Random(0))
        assert department.requests > 2
    assert stored_digests(tmp_path / "department") == digests
    assert outbox.counts().quarantined == 0
