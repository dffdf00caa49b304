"""Packages that wait to be put on a medium: for seven days, so many at a time, and where there is room."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.department.evidence.case_request import DepartmentExportRequest
from alpr_edge.department.inquiries.cases.waiting_evidence import WAITING_MAX, WAITS, WaitingEvidence
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.packages.package_folder import require_room
from alpr_edge.department.serving import PACKAGES_NAME
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.permissions.purposes import Purpose
from tests.department.inquiries.inquirers import Inquirers, StillClock, authoriser_of


def waiting_folder(people: Inquirers, clock: StillClock, name: str, age: timedelta) -> Path:
    """A folder with a package of an age."""
    folder = people.directory / PACKAGES_NAME / name
    folder.mkdir(parents=True)
    (folder / f"{name}.zip").write_bytes(b"encrypted")
    now = clock.now().trusted_utc
    assert now is not None
    made_s = (now - age).timestamp()
    os.utime(folder, (made_s, made_s))
    return folder


def test_what_waited_for_seven_days_is_removed_also_by_several_at_once(
    office: InquiryOffice, people: Inquirers, clock: StillClock
) -> None:
    waiting = WaitingEvidence(office.exports)
    waiting.tidy()
    old = [waiting_folder(people, clock, f"evidence-old{n}", WAITS + timedelta(minutes=1)) for n in range(30)]
    young = waiting_folder(people, clock, "evidence-young", WAITS - timedelta(minutes=1))
    release = waiting_folder(people, clock, "release-1.00", WAITS * 2)
    faults = list[Exception]()

    def tidy() -> None:
        try:
            waiting.tidy()
        except Exception as error:  # noqa: BLE001 - whatever it is
            faults.append(error)

    threads = [threading.Thread(target=tidy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, [folder for folder in old if folder.exists()]) == ([], [])
    assert young.is_dir()
    assert release.is_dir(), "when those are over, their requests tell"


def test_no_more_wait_than_the_disk_bears(office: InquiryOffice, people: Inquirers, clock: StillClock) -> None:
    for number in range(WAITING_MAX):
        waiting_folder(people, clock, f"evidence-full{number}", timedelta())
    clerk, purpose = authoriser_of(office, people.ids["records"]), Purpose("discovery", None, "26-123456")
    with pytest.raises(EvidenceError, match=f"{WAITING_MAX} packages wait here already"):
        WaitingEvidence(office.exports).make(clerk, purpose, DepartmentExportRequest(), lambda _done, _total: None)


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    require_room(tmp_path, EvidenceError, 1)
    with pytest.raises(EvidenceError, match=f"{tmp_path}: has no room; 1099511627776 MiB have to stay free"):
        require_room(tmp_path, EvidenceError, 1 << 60)
    with pytest.raises(EvidenceError, match="cannot be used"):
        require_room(tmp_path / "none", EvidenceError)
