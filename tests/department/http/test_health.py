"""The health address: what it says, and that it says nothing else."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from alpr_edge.department.http.health import STALL_S, DepartmentHealth
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.errors import DepartmentError, StoreError
from tests.department.enrolment import enrol_unit
from tests.department.server_certificates import set_days_left
from tests.uplink.items import read_item

FIELDS = {
    "status",
    "version",
    "utc",
    "enrolment",
    "free_bytes",
    "troubles",
    "warnings",
    "certificate_until",
    "authority_until",
}


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "department", ["127.0.0.1"])


def health(
    files: TlsFiles,
    check_storage: Callable[[], None] = lambda: None,
    alive_s: Callable[[], float] = time.monotonic,
    enrols: Callable[[], bool | None] = lambda: None,
) -> tuple[bool, dict[str, Any]]:
    return DepartmentHealth(files.directory, check_storage, alive_s, enrols).report()


def test_a_department_that_serves_says_so_and_nothing_of_what_it_stores(files: TlsFiles, tmp_path: Path) -> None:
    enrol_unit(files.directory, "unit-77", tmp_path / "tls")
    storage = Storage(files.directory)
    item = read_item()
    storage.store("unit-77", [Part(item.item_id, item.kind.value, item.body, item.sha256)])
    storage.close()
    with DepartmentServer(files.directory, enrol_port=0, health_port=0) as server:
        answer = httpx.get(f"http://127.0.0.1:{server.health_port}/health", timeout=30, trust_env=False)
        other = httpx.get(f"http://127.0.0.1:{server.health_port}/", timeout=30, trust_env=False)
    assert answer.status_code == 200
    content = answer.json()
    assert set(content) == FIELDS
    assert (content["enrolment"], content["troubles"]) == ("running", [])
    assert "unit-77" not in answer.text
    assert "7ABC123" not in answer.text
    assert other.status_code == 404


def test_a_certificate_that_ends_soon_warns_and_an_ended_one_fails(files: TlsFiles) -> None:
    set_days_left(files, 20)
    serves, content = health(files)
    assert (serves, content["status"]) == (True, "warning")
    assert "department renew" in content["warnings"][0]
    set_days_left(files, -1)
    serves, content = health(files)
    assert (serves, content["status"]) == (False, "failed")
    assert "ended on" in content["troubles"][0]
    files.certificate.unlink()
    assert health(files)[1]["certificate_until"] is None


def test_a_storage_that_does_not_answer_and_a_server_that_stands_fail(files: TlsFiles) -> None:
    def broken() -> None:
        raise StoreError("department.db: the disk refused")

    serves, content = health(files, check_storage=broken)
    assert (serves, content["troubles"]) == (False, ["department.db: the disk refused"])
    serves, content = health(files, alive_s=lambda: time.monotonic() - STALL_S - 1)
    assert (serves, content["status"]) == (False, "failed")
    assert "has not answered" in content["troubles"][0]


def test_an_enrolment_that_stopped_is_a_warning(files: TlsFiles) -> None:
    serves, content = health(files, enrols=lambda: False)
    assert (serves, content["enrolment"]) == (True, "stopped")
    assert any("enrollment" in line for line in content["warnings"])


def test_a_taken_port_is_one_line_and_leaves_the_folder_free(files: TlsFiles, tmp_path: Path) -> None:
    with DepartmentServer(files.directory, health_port=0) as server:
        other = initialise(tmp_path / "other", ["127.0.0.1"]).directory
        with pytest.raises(DepartmentError, match=r"127\.0\.0\.1 port \d+: cannot listen"):
            DepartmentServer(other, health_port=server.health_port)
    with DepartmentServer(other) as free:
        assert free.port
