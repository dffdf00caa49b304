"""A hold on its whole way: from the car to the department and back, with what the department holds of its own."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.app.department_holds import DepartmentHoldsStage
from alpr_edge.department.backups.backup import BackupRequest, back_up
from alpr_edge.department.backups.restore import RestorePlace, SignedBackup, restore
from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.holds.unknown_holds import confirm_holds
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds
from alpr_edge.services.upload import send_all
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.retention import holds
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.documents.hold_downloader import HoldDownloader
from alpr_edge.uplink.uploader import Uploader
from tests.department.enrolment import enrol_unit
from tests.staff import STOLEN, Staff
from tests.store.records import closed, decided, plate_read
from tests.store.retention.test_holds import purge_all
from tests.units import write_bare_unit
from tests.uplink.conftest import settings_for

CASE, READS = "26-123456", ("unit-1:read-1", "unit-1:read-2")
CHIEF = HoldAuthor("chief", datetime.now(UTC))


@dataclass
class Way:
    """A car and its department."""

    staff: Staff
    store: UnitStore
    uplink: UplinkSettings
    department: Storage

    def send(self) -> None:
        """Send all that waits."""
        link = HttpsDepartment(self.uplink, "unit-1")
        try:
            send_all(
                Uploader(self.store.outbox, link, self.uplink, SystemClock()), self.store.outbox, 60.0, lambda _: None
            )
        finally:
            link.close()
        assert self.store.outbox.counts().ready == self.store.outbox.counts().quarantined == 0

    def fetch(self) -> None:
        """Fetch the department's holds, as the uplink does, and take them in, as the daemon of the cameras does."""
        HoldDownloader(self.uplink, "unit-1", self.store.incoming, self.store.database, lambda _: None).step()
        DepartmentHoldsStage(self.staff.unit, self.store.database, self.store.incoming, SystemClock()).step()


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    files, file = enrol_unit(directory, "unit-1", tmp_path / "tls"), write_bare_unit(tmp_path / "car")
    staff, department = Staff(file), Storage(directory)
    with DepartmentServer(directory) as server, open_store(staff.unit, migrate=True) as store:
        for read_id in READS:
            read = plate_read(read_id)
            store.reads.commit([decided(read), closed(read)])
        yield Way(staff, store, settings_for(f"https://127.0.0.1:{server.port}", files), department)
    department.close()


def test_a_hold_travels_there_and_the_departments_own_comes_and_goes(way: Way) -> None:
    numbers = itertools.count(1)
    of_unit = UnitHolds(way.store.database, "unit-1", lambda: f"unit-1:{next(numbers)}")
    with way.staff.authoriser() as chief:
        own = of_unit.place(chief, STOLEN, HoldRequest(HoldKind.READ, READS[:1], CASE, "evidence"))
    way.send()
    (there,) = way.department.holds.list()
    assert (there.hold_id, there.unit_id, there.reads, there.person) == (own.hold_id, "unit-1", 1, "Chief")
    (placed,) = way.department.holds.place([READS[1]], HoldTerms(HoldKind.READ, "", CASE, "subpoena"), CHIEF)
    way.fetch()
    way.fetch()
    assert purge_all(way.store.database, way.store.reads) == set(READS)
    kept = {each.hold_id: each for each in holds.list_holds(way.store.database)}
    assert set(kept) == {own.hold_id, placed.hold_id}
    assert (kept[placed.hold_id].by.person, kept[placed.hold_id].terms.reason) == ("chief", "subpoena")
    way.department.holds.release(placed.hold_id, CHIEF)
    way.fetch()
    assert purge_all(way.store.database, way.store.reads) == {READS[0]}
    with way.staff.authoriser() as chief:
        of_unit.release(chief, STOLEN, own.hold_id, "case closed")
    way.send()
    assert way.department.holds.list() == []
    assert {each.release_reason for each in way.department.holds.list(with_released=True)} == {"case closed", ""}
    assert purge_all(way.store.database, way.store.reads) == set()


def test_a_car_keeps_what_a_restored_department_does_not_know_until_it_was_placed_again(
    way: Way, tmp_path: Path
) -> None:
    way.send()
    request, show = BackupRequest(tmp_path / "backups", tmp_path / "keys"), lambda *_: None
    backup = back_up(way.department.directory, request, show)
    (placed,) = way.department.holds.place([READS[1]], HoldTerms(HoldKind.READ, "", CASE, "subpoena"), CHIEF)
    way.fetch()
    to = tmp_path / "restored"
    restore(SignedBackup(backup.path, Witness(tmp_path / "keys").key), RestorePlace(to, None, request.keys), show)
    with DepartmentServer(to) as server, closing(Storage(to, create=False)) as restored:
        back = replace(way, uplink=way.uplink.model_copy(update={"url": f"https://127.0.0.1:{server.port}"}))
        for _ in range(2):
            back.fetch()
        assert [each.hold_id for each in holds.list_holds(way.store.database)] == [placed.hold_id]
        (again,) = restored.holds.place([READS[1]], HoldTerms(HoldKind.READ, "", CASE, "subpoena"), CHIEF)
        back.fetch()
        assert [each.hold_id for each in holds.list_holds(way.store.database)] == [placed.hold_id]
        with open_office(to) as office:
            confirm_holds(restored.database, office.authoriser(Caller("ana", is_owner=True)), "the car's list")
        back.fetch()
        assert [each.hold_id for each in holds.list_holds(way.store.database)] == [again.hold_id]
        assert purge_all(way.store.database, way.store.reads) == {READS[1]}
    assert way.department.holds.warnings() == []
