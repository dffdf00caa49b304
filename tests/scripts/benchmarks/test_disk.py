"""The benchmark of the disk: what the uplink is set against when it catches up, and that a purge deletes."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import StoreError, UplinkError
from alpr_edge.settings import StoreSettings, UplinkSettings
from scripts.benchmarks.disk import measure
from scripts.benchmarks.disk.catchup import post_seconds
from scripts.benchmarks.disk.device import unit_store
from scripts.benchmarks.disk.reads import ReadGenerator, pictures_of
from tests.department.enrolment import enrol_unit
from tests.uplink.faulty import Fault, FaultyDepartment
from tests.uplink.items import image_item, read_item, stored_digests

BATCHES = [[read_item(number), image_item(number), read_item(number + 10)] for number in (1, 2)]


@pytest.fixture
def department(tmp_path: Path) -> Iterator[FaultyDepartment]:
    """One that knows the unit; from its third request on something before it lets no more than two items through."""
    authority = initialise(tmp_path / "department", ["127.0.0.1"])
    enrol_unit(authority.directory, "unit-1", tmp_path / "tls")
    faults = iter([Fault.NONE, Fault.NONE, Fault.PROXY_413])
    with (
        closing(Storage(authority.directory)) as storage,
        FaultyDepartment(create_app(storage), tls_context(authority), faults) as server,
    ):
        yield server


def test_plain_httpx_posts_each_batch_once_and_has_nothing_of_the_units_client(
    tmp_path: Path, department: FaultyDepartment
) -> None:
    uplink = UplinkSettings(
        url=department.url,
        ca_file=tmp_path / "tls" / "department-ca.pem",
        certificate_file=tmp_path / "tls" / "unit.pem",
        key_file=tmp_path / "tls" / "unit.key",
    )
    assert post_seconds(uplink, BATCHES, "unit-1") > 0
    items = {item.item_id: item.sha256 for batch in BATCHES for item in batch}
    assert stored_digests(tmp_path / "department") == items
    assert department.requests == len(BATCHES)
    # The unit's own client would halve the batch and have receipts for both halves.
    with pytest.raises(UplinkError, match="does not take what httpx posts"):
        post_seconds(uplink, BATCHES[:1], "unit-1")
    assert department.requests == len(BATCHES) + 1


def test_a_purge_that_does_not_delete_every_read_is_no_measurement(tmp_path: Path) -> None:
    settings = StoreSettings()
    street = pictures_of(np.full((720, 1280, 3), 99, np.uint8), settings)
    with unit_store(tmp_path, settings) as store:
        for batch in ReadGenerator([street]).batches(6):
            store.reads.commit(batch)
        with pytest.raises(StoreError, match="the purge deleted 0 of 6 reads"):
            measure._purge(store, 6)
        measure._deliver(store)
        assert measure._purge(store, 6).reads.total() == 6
